export { DEFAULT_HEADER_MS, type GateOptions, gated } from './gate/gate.js'
export type { PeerLimits } from './gate/peer-limits.js'
export { MAX_BINARY_BYTES, MAX_LINE_BYTES, type ProxyHeader, parseProxyHeader } from './gate/proxy-header.js'
