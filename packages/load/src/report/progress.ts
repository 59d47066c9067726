import { errorsOf } from '../measure/report.js'
import type { Counts, Interval } from '../measure/results.js'
import { formatCount, formatLeft, formatMs } from './format.js'
import { overwriting } from './terminal.js'

/** How long and how much a load is meant to be, as far as that is known. */
export interface Goal {
  readonly durationMs: number | undefined
  readonly count: number | undefined
}

/**
 * Shows the progress of a load: one line that is overwritten in a terminal, and elsewhere a line of its own for each
 * interval.
 */
export class Progress {
  readonly #write: (text: string) => void
  readonly #width: () => number | undefined
  readonly #goal: Goal
  #shown = false

  /** @param width - Of the line that is overwritten; undefined if stderr is not a terminal. */
  constructor(write: (text: string) => void, width: () => number | undefined, goal: Goal) {
    this.#write = write
    this.#width = width
    this.#goal = goal
  }

  /** Nothing is counted yet, so intervals do not exist either. */
  warmUp(ms: number): void {
    this.#show(`warming up for ${formatMs(ms)}`)
  }

  interval(interval: Interval, counts: Readonly<Counts>): void {
    this.#show(this.#line(interval, counts))
  }

  /** Takes the line away, for what comes after it. */
  end(): void {
    const width = this.#width()
    if (width !== undefined && this.#shown) this.#write(overwriting('', width))
  }

  #show(line: string): void {
    const width = this.#width()
    this.#write(width === undefined ? `${line}\n` : overwriting(line, width))
    this.#shown = true
  }

  #line({ atMs, lengthMs, established, p50, p99 }: Interval, counts: Readonly<Counts>): string {
    const elapsed = atMs + lengthMs
    const errors = errorsOf(counts)
    const left = this.#leftMs(elapsed, counts)
    return [
      `${(elapsed / 1000).toFixed(0)} s`,
      `${formatCount((established * 1000) / lengthMs)}/s`,
      // Nothing was done at all: that is not the same as at once.
      `p50 ${established > 0 ? formatMs(p50) : '-'}`,
      `p99 ${established > 0 ? formatMs(p99) : '-'}`,
      `${formatCount(errors)} ${errors === 1 ? 'error' : 'errors'}`,
      ...(left === undefined ? [] : [left > 0 ? formatLeft(left) : `${formatCount(underWay(counts))} under way`]),
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

/** What is waited for when the time is over. */
function underWay(counts: Readonly<Counts>): number {
  return counts.started - counts.established - counts.played - counts.unfinished - errorsOf(counts)
}
