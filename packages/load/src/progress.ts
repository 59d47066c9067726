import { formatCount, formatMs } from './format.js'
import type { Counts, Interval } from './results.js'
import { errorsOf } from './thresholds.js'

/** How long and how much a load is meant to be, as far as that is known. */
export interface Goal {
  readonly durationMs: number | undefined
  readonly count: number | undefined
}

/**
 * Shows how a load goes on: one line that is written over in a terminal, and a line of its own for each interval where
 * nobody could write over anything.
 */
export class Progress {
  readonly #write: (text: string) => void
  readonly #terminal: boolean
  readonly #goal: Goal
  #shown = false

  constructor(write: (text: string) => void, terminal: boolean, goal: Goal) {
    this.#write = write
    this.#terminal = terminal
    this.#goal = goal
  }

  interval(interval: Interval, counts: Readonly<Counts>): void {
    const line = this.#line(interval, counts)
    this.#write(this.#terminal ? `\r\x1b[K${line}` : `${line}\n`)
    this.#shown = true
  }

  /** Takes the line away, for what comes after it. */
  end(): void {
    if (this.#terminal && this.#shown) this.#write('\r\x1b[K')
  }

  #line({ atMs, lengthMs, established, p50, p99 }: Interval, counts: Readonly<Counts>): string {
    const elapsed = atMs + lengthMs
    const errors = errorsOf(counts)
    const left = this.#leftMs(elapsed, counts)
    return [
      `${(elapsed / 1000).toFixed(0)} s`,
      `${formatCount((established * 1000) / lengthMs)}/s`,
      `p50 ${formatMs(p50)}`,
      `p99 ${formatMs(p99)}`,
      `${formatCount(errors)} ${errors === 1 ? 'error' : 'errors'}`,
      ...(left === undefined ? [] : [`${Math.ceil(left / 1000)} s left`]),
    ].join('  ')
  }

  #leftMs(elapsed: number, { started }: Readonly<Counts>): number | undefined {
    const { durationMs, count } = this.#goal
    const byTime = durationMs === undefined ? Number.POSITIVE_INFINITY : Math.max(0, durationMs - elapsed)
    const byCount =
      count === undefined || started === 0 ? Number.POSITIVE_INFINITY : (elapsed * (count - started)) / started
    const left = Math.min(byTime, byCount)
    return left === Number.POSITIVE_INFINITY ? undefined : left
  }
}
