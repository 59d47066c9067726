export { type EndpointOptions, type MetricsEndpoint, serveMetrics } from './endpoint.js'
export { HandshakeMeter } from './meter.js'
export { metrics } from './metrics.js'
