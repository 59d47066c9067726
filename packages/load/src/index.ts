export type { TransportName } from '@hs/transport'
export { type LoadReport, type LoadResult, REPORT_SCHEMA, REPORT_VERSION, type TargetReport } from './measure/report.js'
export {
  type Counts,
  type FailedOutcome,
  failedOutcomes,
  type HandshakeTrace,
  type Histograms,
  type Interval,
  type Latency,
  type LoadOutcome,
} from './measure/results.js'
export { load } from './run/load.js'
export { type ClientKind, clientKinds, type Mix } from './run/mix.js'
export {
  DEFAULT_CONCURRENCY,
  DEFAULT_DURATION_MS,
  DEFAULT_SILENT_MS,
  DEFAULT_SLOW_MS,
  DEFAULT_TIMEOUT_MS,
  type LoadOptions,
} from './run/options.js'
export type { Stage } from './run/schedule.js'
