import { nodeTransport } from '../src/node/transport.js'
import { transportSuite } from '../src/testing/transport-suite.js'

transportSuite('the node transport', nodeTransport)
