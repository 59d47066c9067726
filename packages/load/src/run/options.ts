import type { ProtocolOptions } from '@hs/protocol'
import {
  DEFAULT_PREFIX_MS,
  DEFAULT_QUIET_MS,
  type Endpoint,
  type Patience,
  type Transport,
  type TransportName,
} from '@hs/transport'
import type { Counts, HandshakeTrace, Interval } from '../measure/results.js'
import { chooser, type Mix } from './mix.js'
import { constantRate, type Schedule, type Stage, stagedRate } from './schedule.js'

/** Enough to keep a server on one core busy, and few enough that each gets its answer soon. */
export const DEFAULT_CONCURRENCY = 64

/** Long enough for a p99 that means something, short enough to wait for. */
export const DEFAULT_DURATION_MS = 10_000

/** As long as the client's own. */
export const DEFAULT_TIMEOUT_MS = 5_000

/** A round trip to the other side of the earth, about. */
export const DEFAULT_SLOW_MS = 250

/** How long a silent client stays: shorter than any server's deadline, so that it is the client who goes. */
export const DEFAULT_SILENT_MS = 1_000

const DEFAULT_INTERVAL_MS = 1_000

export interface LoadOptions extends ProtocolOptions, Partial<Patience> {
  /** They take turns. */
  readonly targets: readonly Endpoint[]
  /** Closed loop: so many clients, each of which begins a new handshake when its last one is over. Default 64. */
  readonly concurrency?: number
  /**
   * Open loop: so many handshakes per second, evenly spaced, however long they take. Times count from when each had to
   * begin, so that a stall is not hidden by the clients that wait for it. Excludes `concurrency`.
   */
  readonly rate?: number
  /** Open loop whose rate changes: the load lasts as long as its stages. Excludes `concurrency`, `rate`, `durationMs`. */
  readonly stages?: readonly Stage[]
  /** How long handshakes are begun, after `warmupMs`. Default 10 s, or, with `count`, without end. */
  readonly durationMs?: number
  /** How many are begun, those of the warm-up not counted. */
  readonly count?: number
  /** How long at first nothing is counted. Default 0. */
  readonly warmupMs?: number
  /** Default: all are normal. */
  readonly mix?: Mix
  /** Of the numbers sent and of the order of kinds. Default: a random one, to be read from the report. */
  readonly seed?: number
  /** The pause of a slow client before each message. Default 250. */
  readonly slowMs?: number
  /** How long a silent client stays. Default 1000. */
  readonly silentMs?: number
  /** Addresses of this machine to connect from. Default: the system's choice, on loopback others when its ports run out. */
  readonly sources?: readonly string[]
  /** Default `'auto'`. */
  readonly transport?: TransportName | Transport
  /** Looks first whether `sources` are this machine's, and does one handshake with each target. Default true. */
  readonly check?: boolean
  /** Stops the load; the report of what was measured so far still comes. */
  readonly signal?: AbortSignal
  /** How long an interval of the report is, and how often `onInterval` is called. Default 1000. */
  readonly intervalMs?: number
  readonly onInterval?: (interval: Interval, counts: Readonly<Counts>) => void
  /** Sees each handshake when it is over. Costs a little time for each. */
  readonly onHandshake?: (trace: HandshakeTrace) => void
}

/** The options with their defaults, and what follows from them. */
export type Settings = ReturnType<typeof settingsOf>

/** @throws {RangeError} For an option that makes no sense. */
export function settingsOf(options: LoadOptions) {
  const { targets, concurrency, count, mix = { normal: 1 }, warmupMs = 0 } = options
  if (targets.length === 0) throw new RangeError('targets must name at least one server')
  const schedule = scheduleOf(options)
  const endless = count === undefined ? DEFAULT_DURATION_MS : Number.POSITIVE_INFINITY
  const staged = schedule && Number.isFinite(schedule.lengthMs) ? schedule.lengthMs - warmupMs : undefined
  return {
    ...options,
    schedule,
    concurrency: wholeNumber('concurrency', concurrency ?? DEFAULT_CONCURRENCY),
    count: count === undefined ? Number.POSITIVE_INFINITY : wholeNumber('count', count),
    durationMs: positive('durationMs', options.durationMs ?? staged ?? endless),
    warmupMs,
    slowMs: options.slowMs ?? DEFAULT_SLOW_MS,
    silentMs: options.silentMs ?? DEFAULT_SILENT_MS,
    intervalMs: positive('intervalMs', options.intervalMs ?? DEFAULT_INTERVAL_MS),
    seed: options.seed ?? Math.floor(Math.random() * 2 ** 32),
    choose: chooser(mix),
    patience: {
      timeoutMs: positive('timeoutMs', options.timeoutMs ?? DEFAULT_TIMEOUT_MS),
      quietMs: options.quietMs ?? DEFAULT_QUIET_MS,
      prefixMs: options.prefixMs ?? DEFAULT_PREFIX_MS,
    },
  }
}

/** @returns undefined for a closed loop. */
function scheduleOf({ rate, stages, concurrency, durationMs, warmupMs = 0 }: LoadOptions): Schedule | undefined {
  const given = Object.entries({ concurrency, rate, stages }).filter(([, value]) => value !== undefined)
  if (given.length > 1) throw new RangeError(`${given.map(([name]) => name).join(' and ')} exclude each other`)
  if (rate !== undefined) return constantRate(positive('rate', rate))
  if (!stages) return undefined
  if (durationMs !== undefined) throw new RangeError('stages and durationMs exclude each other')
  for (const { durationMs, perSecond } of stages) {
    if (!(durationMs >= 0 && perSecond >= 0)) {
      throw new RangeError(`stages must have durations and rates of at least 0, got ${durationMs} ms and ${perSecond}`)
    }
  }
  const schedule = stagedRate(stages)
  if (!stages.some(({ perSecond }) => perSecond > 0) || schedule.dueMs(0) >= schedule.lengthMs) {
    throw new RangeError('stages must begin at least one handshake')
  }
  if (warmupMs >= schedule.lengthMs) throw new RangeError('warmupMs must be shorter than the stages')
  return schedule
}

function positive(name: string, value: number): number {
  if (value > 0) return value
  throw new RangeError(`${name} must be more than 0, got ${value}`)
}

function wholeNumber(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new RangeError(`${name} must be an integer of at least 1, got ${value}`)
}
