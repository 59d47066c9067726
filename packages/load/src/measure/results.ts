import { build, type Histogram } from 'hdr-histogram-js'
import type { ClientKind } from '../run/mix.js'

/** Why a connection was never there, and then how a handshake failed on one that was. */
export const failedOutcomes = Object.freeze([
  'refused',
  'unreachable',
  'connectTimedOut',
  'noPorts',
  'noDescriptors',
  'wrong',
  'closedEarly',
  'reset',
  'timedOut',
] as const)

/**
 * `refused`: nothing listens. `unreachable`: no route, or no such name. `noPorts`, `noDescriptors`: this machine has
 * none left. `wrong`: the server's bytes broke the protocol. `timedOut`: the deadline passed on an open connection.
 */
export type FailedOutcome = (typeof failedOutcomes)[number]

/** `played`: a client that is not to finish (`silent`, `reset`) did its part. `unfinished`: the load was stopped first. */
export type LoadOutcome = 'established' | 'played' | 'unfinished' | FailedOutcome

/** One handshake, from first to last. Times are in milliseconds of `performance.timeOrigin` plus `performance.now()`. */
export interface HandshakeTrace {
  readonly kind: ClientKind
  readonly target: string
  /** When it had to begin; `started` is later if the load itself was busy. */
  readonly intended: number
  readonly started: number
  readonly connected?: number
  readonly replied?: number
  readonly ended: number
  /** The port that the server sees, where the connection was open. */
  readonly localPort?: number
  readonly outcome: LoadOutcome
}

/** A distribution of times, in milliseconds. All are 0 if nothing was counted. */
export interface Latency {
  readonly count: number
  readonly min: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** What happened in one interval of the load. */
export interface Interval {
  /** Its beginning, from that of the measurement. */
  readonly atMs: number
  readonly lengthMs: number
  readonly established: number
  readonly failed: number
  readonly p50: number
  readonly p99: number
}

export interface Histograms {
  /** From the intended start until the connection was open. In microseconds, as the others. */
  readonly connect: Histogram
  /** From sending X until Y had come. */
  readonly reply: Histogram
  /** From the intended start until Z was sent and the connection closed. */
  readonly total: Histogram
}

export interface Counts {
  /** Handshakes that were begun; each of the others is some of them. */
  started: number
  /** Connections that were open. */
  opened: number
  established: number
  played: number
  unfinished: number
  readonly failed: Partial<Record<FailedOutcome, number>>
}

/** The histograms keep 3 digits, up to ten minutes: longer than any deadline that makes sense. */
const MOST_US = 600_000_000
const DIGITS = 3

export function histogram(tag: string): Histogram {
  const made = build({ highestTrackableValue: MOST_US, numberOfSignificantValueDigits: DIGITS })
  made.tag = tag
  return made
}

/** Times of handshakes are counted in whole microseconds. */
function record(into: Histogram, ms: number): void {
  into.recordValue(Math.min(MOST_US, Math.max(0, Math.round(ms * 1000))))
}

function noCounts(): Counts {
  return { started: 0, opened: 0, established: 0, played: 0, unfinished: 0, failed: {} }
}

/** Everything that is counted and timed while a load runs. */
export class Results {
  readonly counts = noCounts()
  readonly byTarget: readonly Counts[]
  /** Of clients that are not slow on purpose. */
  readonly histograms: Histograms = {
    connect: histogram('connect'),
    reply: histogram('reply'),
    total: histogram('total'),
  }
  /** `total` of those that are. */
  readonly slow = histogram('slow')
  /** The first message for each way to fail. */
  readonly examples: Partial<Record<FailedOutcome, string>> = {}
  readonly intervals: Interval[] = []
  /** How late handshakes were begun, at most: what the load itself adds to its times. */
  latestStartMs = 0
  readonly #recent = histogram('recent')
  #established = 0
  #failed = 0

  constructor(targets: number) {
    this.byTarget = Array.from({ length: targets }, noCounts)
  }

  started(target: number, lateMs: number): void {
    this.#add(target, 'started')
    this.latestStartMs = Math.max(this.latestStartMs, lateMs)
  }

  connected(target: number, kind: ClientKind, ms: number): void {
    this.#add(target, 'opened')
    if (kind === 'normal') record(this.histograms.connect, ms)
  }

  established(target: number, kind: ClientKind, ms: { readonly reply: number; readonly total: number }): void {
    this.#add(target, 'established')
    this.#established++
    if (kind === 'slow') {
      record(this.slow, ms.total)
      return
    }
    record(this.histograms.reply, ms.reply)
    record(this.#recent, ms.total)
  }

  ended(target: number, outcome: 'played' | 'unfinished'): void {
    this.#add(target, outcome)
  }

  failed(target: number, outcome: FailedOutcome, message: string): void {
    for (const { failed } of [this.counts, this.byTarget[target]!]) failed[outcome] = (failed[outcome] ?? 0) + 1
    this.examples[outcome] ??= message
    this.#failed++
  }

  #add(target: number, count: Exclude<keyof Counts, 'failed'>): void {
    this.counts[count]++
    this.byTarget[target]![count]++
  }

  /** Whether anything was counted since the last interval ended. */
  get hasRecent(): boolean {
    return this.#established + this.#failed > 0
  }

  /** Ends an interval, of which the next one follows. Only then are its times in `histograms.total`, too. */
  cut(atMs: number, lengthMs: number): Interval {
    const { p50, p99 } = latencyOf(this.#recent)
    const interval = { atMs, lengthMs, established: this.#established, failed: this.#failed, p50, p99 }
    this.intervals.push(interval)
    this.histograms.total.add(this.#recent)
    this.#recent.reset()
    this.#established = 0
    this.#failed = 0
    return interval
  }
}

export function latencyOf(histogram: Histogram): Latency {
  const count = histogram.totalCount
  // A percentile is the end of its bucket, which may lie beyond the largest value.
  const at = (percentile: number) =>
    count === 0 ? 0 : Math.min(histogram.getValueAtPercentile(percentile), histogram.maxValue) / 1000
  return {
    count,
    min: at(0),
    mean: count === 0 ? 0 : Math.round(histogram.mean) / 1000,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: count === 0 ? 0 : histogram.maxValue / 1000,
  }
}
