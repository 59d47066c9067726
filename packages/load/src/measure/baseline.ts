import type { LoadReport } from './report.js'
import type { Interval } from './results.js'
import { type Estimate, ratioOfMeans } from './statistics.js'

/** How much worse something may be before it counts as a regression: less than that is noise on most machines. */
export const DEFAULT_TOLERANCE = 0.05

/** Fewer intervals than this tell nothing of how much intervals differ. */
const LEAST_INTERVALS = 5

/** One figure of a load, relative to the same figure of an earlier load. */
export interface Comparison {
  readonly figure: 'rate' | 'p50' | 'p99'
  /** Now divided by then, with the 95 % confidence interval; undefined: not known, which is not a pass. */
  readonly ratio: Estimate | undefined
  /** The whole interval is worse than the tolerance. */
  readonly isRegression: boolean
}

/** Why a load and an earlier one cannot be compared, as a sentence without a full stop; undefined: they can. */
export function incomparable(
  now: Pick<LoadReport, 'concurrency' | 'rate' | 'stages'>,
  earlier: LoadReport,
): string | undefined {
  for (const name of ['concurrency', 'rate', 'stages'] as const) {
    const [ours, theirs] = [JSON.stringify(now[name]), JSON.stringify(earlier[name])]
    if (ours !== theirs) return `the earlier load has ${name} ${theirs ?? 'none'}, this one ${ours ?? 'none'}`
  }
  const { length } = wholeIntervals(earlier)
  if (length < LEAST_INTERVALS)
    return `the earlier load has ${length} whole intervals, and ${LEAST_INTERVALS} are needed`
  return undefined
}

/**
 * Compares a load with an earlier one, interval by interval: the bootstrap draws intervals of both, with repetition, and
 * tells how far the ratio of their means may be from the true one.
 *
 * @param tolerance - A share: 0.05 is 5 %.
 */
export function compareWithBaseline(now: LoadReport, earlier: LoadReport, tolerance: number): Comparison[] {
  const [ours, theirs] = [wholeIntervals(now), wholeIntervals(earlier)]
  const ratio = (of: (interval: Interval) => number, counts: (interval: Interval) => boolean = () => true) => {
    const [one, other] = [ours.filter(counts).map(of), theirs.filter(counts).map(of)]
    return Math.min(one.length, other.length) < LEAST_INTERVALS ? undefined : ratioOfMeans(one, other)
  }
  const hasTimes = ({ established }: Interval) => established > 0
  const rate = ratio(({ established, lengthMs }) => established / lengthMs)
  const times = (figure: 'p50' | 'p99'): Comparison => {
    const found = ratio((interval) => interval[figure], hasTimes)
    return { figure, ratio: found, isRegression: !found || (found.low ?? found.value) > 1 + tolerance }
  }
  return [
    { figure: 'rate', ratio: rate, isRegression: !rate || (rate.high ?? rate.value) < 1 - tolerance },
    times('p50'),
    times('p99'),
  ]
}

/** The last one is shorter, or came after the load was over. */
function wholeIntervals({ intervals, durationMs }: LoadReport): readonly Interval[] {
  const lengthMs = intervals[0]?.lengthMs
  return intervals.filter((interval) => interval.lengthMs === lengthMs && interval.atMs + lengthMs <= durationMs + 1)
}
