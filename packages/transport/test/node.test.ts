import { nodeTransport } from '../src/node/transport.js'
import { describeTransport } from './transport-suite.js'

describeTransport('the node transport', nodeTransport)
