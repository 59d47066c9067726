/** What each option of `load` may be. No declaration that is published reaches it: `@hs/options` is private. */
import {
  aFunction,
  atLeast,
  boolean,
  type Check,
  count,
  deadline,
  host,
  integer,
  listOf,
  moreThan,
  optional,
  pause,
  port,
  protocolOptions,
  record,
  required,
  signal,
  type Table,
  transport,
  wrongValue,
} from '@hs/options'
import { DEFAULT_PREFIX_MS, DEFAULT_QUIET_MS, type Endpoint, type Transport } from '@hs/transport'
import type { Mix } from './run/mix.js'
import {
  DEFAULT_INTERVAL_MS,
  DEFAULT_SILENT_MS,
  DEFAULT_SLOW_MS,
  DEFAULT_TIMEOUT_MS,
  type LoadOptions,
} from './run/options.js'
import type { Stage } from './run/schedule.js'

const endpoint = record<Endpoint>('an object with host and port', { host: required(host), port: required(port) })

const stage = record<Stage>('an object with durationMs and perSecond', {
  durationMs: required(pause),
  perSecond: required(atLeast(0)),
})

const share = optional(atLeast(0))
const shares = record<Mix>('an object with shares of normal, slow, silent and reset', {
  normal: share,
  slow: share,
  silent: share,
  reset: share,
})
const mix: Check<Mix> = {
  expected: `${shares.expected}, one of them more than 0`,
  read(name, value) {
    const read = shares.read(name, value)
    if (Object.values(read).every((each) => each === 0)) throw wrongValue(name, mix.expected, value)
    return read
  },
}

export const LOAD_OPTIONS = {
  targets: required(listOf(endpoint, 'targets, each with host and port', 1)),
  concurrency: optional(integer(1, 1_000_000)),
  rate: optional(moreThan(0)),
  stages: optional(listOf(stage, 'stages, each with durationMs and perSecond', 1)),
  durationMs: optional(deadline),
  count: optional(count),
  warmupMs: optional(pause, 0),
  mix: optional(mix, { normal: 1 }),
  seed: optional(integer(0, 2 ** 32 - 1)),
  slowMs: optional(pause, DEFAULT_SLOW_MS),
  silentMs: optional(pause, DEFAULT_SILENT_MS),
  sources: optional(listOf(host, 'addresses of this machine')),
  timeoutMs: optional(deadline, DEFAULT_TIMEOUT_MS),
  ...protocolOptions,
  quietMs: optional(pause, DEFAULT_QUIET_MS),
  prefixMs: optional(pause, DEFAULT_PREFIX_MS),
  transport: optional(transport<Transport>(), 'auto'),
  check: optional(boolean(), true),
  signal: optional(signal),
  intervalMs: optional(deadline, DEFAULT_INTERVAL_MS),
  onInterval: optional(aFunction()),
  onHandshake: optional(aFunction()),
} satisfies Table<LoadOptions>
