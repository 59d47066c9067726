import { describeTransport } from '../../transport/test/transport-suite.js'
import { linuxTransport } from '../src/transport.js'

describeTransport('the Linux transport', linuxTransport, { waiting: 'kernel' })
