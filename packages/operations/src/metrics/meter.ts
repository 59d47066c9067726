import { deadline } from '@hs/options'
import type { ServerEvent } from '@hs/server-core'
import { Histogram, type Registry } from './prom.js'

/** Seconds: from a handshake on one machine to the default deadline. */
const DURATION_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Shares of the deadline: what comes near 1 would fail if it took a little longer. */
const DEADLINE_BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 1]

/**
 * Counts how long connections took. It is given to `serve` as `onEvent`, since what was not observed cannot be counted
 * later, and to `metrics` afterwards.
 */
export class HandshakeMeter {
  readonly #durations = new Histogram({
    name: 'hs_handshake_duration_seconds',
    help: 'Time of connections by phase: x until HELLO X, z from there until HELLO Z, total until the close.',
    labelNames: ['phase'],
    buckets: DURATION_BUCKETS,
    registers: [],
  })
  readonly #deadline = new Histogram({
    name: 'hs_handshake_deadline_ratio',
    help: 'Which share of the deadline connections took.',
    buckets: DEADLINE_BUCKETS,
    registers: [],
  })
  readonly #timeoutMs: number
  /** Threads that died and have not served since. */
  readonly #missing = new Set<number>()

  /** @param timeoutMs - The deadline of the server. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = deadline.read('timeoutMs', timeoutMs)
  }

  get missingThreads(): number {
    return this.#missing.size
  }

  /** @param registry - A `Registry` of prom-client. */
  registerIn(registry: unknown): void {
    for (const histogram of [this.#durations, this.#deadline]) (registry as Registry).registerMetric(histogram as never)
  }

  readonly onEvent = (event: ServerEvent): void => {
    if (event.type === 'closed') this.#closed(event)
    else if (event.type === 'thread-died') this.#missing.add(event.thread)
    else if (event.type === 'connection') this.#missing.delete(event.thread)
  }

  #closed({ durationMs, xMs, zMs }: Extract<ServerEvent, { type: 'closed' }>): void {
    // A thread that died has recorded no times.
    if (!(durationMs >= 0)) return
    this.#durations.observe({ phase: 'total' }, durationMs / 1000)
    this.#deadline.observe(durationMs / this.#timeoutMs)
    if (xMs === undefined) return
    this.#durations.observe({ phase: 'x' }, xMs / 1000)
    if (zMs !== undefined) this.#durations.observe({ phase: 'z' }, (zMs - xMs) / 1000)
  }
}
