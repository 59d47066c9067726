/** For tests of an own transport or strategy. The suites are tests of vitest. */
export type { MemoryConnection } from './memory-connection.js'
export { memoryPeers } from './memory-peers.js'
export { type MemoryTransport, type MemoryTransportOptions, memoryTransport } from './memory-transport.js'
export { type Peer, type PeerServer, type Peers, socketPeers } from './peers.js'
export { type TransportSuiteOptions, transportSuite } from './transport-suite.js'
