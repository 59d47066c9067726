export { linuxTransport } from './transport.js'
