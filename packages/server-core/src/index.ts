export type { TransportName } from '@hs/transport'
export type { Counters } from './counters.js'
export type { ConnectionEvent, ConnectionOrigin, ServerEvent } from './events.js'
export {
  type CloseOptions,
  DEFAULT_GRACE_MS,
  DEFAULT_MAX_CONNECTIONS,
  DEFAULT_TIMEOUT_MS,
  type ServeOptions,
  STRATEGIES,
  type StrategyName,
} from './options.js'
export type { PrintOptions, WhenBlocked } from './print.js'
export { type HelloServer, type StopReport, serve } from './server.js'
export { type EventsOptions, events } from './strategies/events.js'
export { sequential } from './strategies/sequential.js'
export { type ThreadsOptions, threads } from './strategies/threads.js'
export type { ConcurrencyStrategy, Work } from './strategy.js'
