export type { TransportName } from '@hs/transport'
export { type LoadReport, type LoadResult, load } from './load.js'
export { type ClientKind, clientKinds, type Mix } from './mix.js'
export {
  DEFAULT_CONCURRENCY,
  DEFAULT_DURATION_MS,
  DEFAULT_SILENT_MS,
  DEFAULT_SLOW_MS,
  DEFAULT_TIMEOUT_MS,
  type LoadOptions,
} from './options.js'
export {
  type Counts,
  type FailedOutcome,
  failedOutcomes,
  type HandshakeTrace,
  type Histograms,
  type Interval,
  type Latency,
  type LoadOutcome,
} from './results.js'
