export { type LinuxTransportOptions, linuxTransport } from './transport.js'
