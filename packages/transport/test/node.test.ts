import { nodeTransport } from '../src/node.js'
import { describeTransport } from './transport-suite.js'

describeTransport('the node transport', nodeTransport)
