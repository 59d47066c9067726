/** What each option of `serve` and `close` may be. No declaration that is published reaches it: `@hs/options` is private. */
import {
  aFunction,
  boolean,
  count,
  deadline,
  either,
  host,
  integer,
  listeningPort,
  MOST_THREADS,
  objectLike,
  oneOf,
  optional,
  pause,
  protocolOptions,
  record,
  required,
  type Table,
  text,
  transport,
  transportObject,
} from '@hs/options'
import { DEFAULT_PREFIX_MS, DEFAULT_QUIET_MS, type Transport } from '@hs/transport'
import {
  type CloseOptions,
  DEFAULT_GRACE_MS,
  DEFAULT_MAX_CONNECTIONS,
  DEFAULT_TIMEOUT_MS,
  type ServeOptions,
  STRATEGIES,
  type StrategyName,
} from './options.js'
import type { PrintOptions } from './print.js'
import type { ConcurrencyStrategy } from './strategy.js'

/** @param wanted - Of an option that may be absent. */
const isAbsentOr = (wanted: (value: number) => boolean) => (value: unknown) =>
  value === undefined || (typeof value === 'number' && wanted(value))
const canBeThreads = isAbsentOr((value) => Number.isInteger(value) && value >= 0 && value <= MOST_THREADS)
const canBeAtOnce = isAbsentOr((value) => value >= 1)

const strategy = either(
  oneOf(...(Object.keys(STRATEGIES) as StrategyName[])),
  objectLike<ConcurrencyStrategy>(
    `a strategy (an object with name and run; threads, if any, from 0 to ${MOST_THREADS}, and atOnce at least 1)`,
    ({ name, run, threads, atOnce }) =>
      typeof name === 'string' && typeof run === 'function' && canBeThreads(threads) && canBeAtOnce(atOnce),
  ),
)

/** What `wrapTransport` must return. */
export const WRAPPED = transportObject<Transport>()

export const SERVE_OPTIONS = {
  port: required(listeningPort),
  host: optional(host, '127.0.0.1'),
  strategy: optional(strategy, 'events'),
  timeoutMs: optional(deadline, DEFAULT_TIMEOUT_MS),
  maxConnections: optional(count, DEFAULT_MAX_CONNECTIONS),
  onEvent: optional(aFunction()),
  print: optional(
    record<PrintOptions>('an object with program, format and errors', {
      program: required(text()),
      format: required(oneOf('plain', 'json')),
      errors: required(oneOf('stdout', 'stderr')),
      whenBlocked: optional(oneOf('wait', 'drop', 'stop'), 'wait'),
    }),
  ),
  ...protocolOptions,
  quietMs: optional(pause, DEFAULT_QUIET_MS),
  prefixMs: optional(pause, DEFAULT_PREFIX_MS),
  transport: optional(transport<Transport>(), 'auto'),
  wrapTransport: optional(aFunction()),
  fd: optional(integer(0, 2 ** 31 - 1)),
  reusePort: optional(boolean(), false),
} satisfies Table<ServeOptions>

export const CLOSE_OPTIONS = { graceMs: optional(pause, DEFAULT_GRACE_MS) } satisfies Table<CloseOptions>
