import { memoryPeers } from '../src/testing/memory-peers.js'
import { memoryTransport } from '../src/testing/memory-transport.js'
import { transportSuite } from '../src/testing/transport-suite.js'

const network = memoryTransport()

// All but IPv6: addresses in memory are those of 127.0.0.0/8.
transportSuite('the memory transport', () => network, { ipv6: false, peers: memoryPeers(network) })
