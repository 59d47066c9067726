import { type LoadReport, type LoadResult, latenciesOf, type TargetReport } from './report.js'
import { type Counts, type FailedOutcome, type Histograms, histogram } from './results.js'

/** Adds up histograms of several loads. */
export function mergeHistograms(all: readonly Histograms[]): Histograms {
  const sum = (name: keyof Histograms) => {
    const merged = histogram(name)
    for (const one of all) merged.add(one[name])
    return merged
  }
  return { connect: sum('connect'), reply: sum('reply'), total: sum('total') }
}

/**
 * One result of several loads that ran at the same time, on this machine or on many: counts and rates are added up, times
 * are those of all handshakes together.
 *
 * @param results - At least one.
 */
export function mergeResults(results: readonly LoadResult[]): LoadResult {
  const reports = results.map(({ report }) => report)
  const [first] = reports as [LoadReport]
  const histograms = mergeHistograms(results.map((result) => result.histograms))
  const sum = (of: (report: LoadReport) => number | undefined) =>
    reports.reduce((total, report) => total + (of(report) ?? 0), 0)
  const slowest = reports.reduce((one, other) => (one.slowLatency.max > other.slowLatency.max ? one : other))
  const { concurrency: _c, rate: _r, stages: _s, ...common } = first
  return {
    histograms,
    report: {
      ...common,
      ...addCounts(reports),
      targets: mergeTargets(reports.flatMap(({ targets }) => targets)),
      ...(first.concurrency !== undefined && { concurrency: sum(({ concurrency }) => concurrency) }),
      ...(first.rate !== undefined && { rate: sum(({ rate }) => rate) }),
      durationMs: Math.max(...reports.map(({ durationMs }) => durationMs)),
      interrupted: reports.some(({ interrupted }) => interrupted),
      perSecond: sum(({ perSecond }) => perSecond),
      latency: latenciesOf(histograms),
      // Percentiles of slow clients cannot be added up; the worst load stands for all.
      slowLatency: { ...slowest.slowLatency, count: sum(({ slowLatency }) => slowLatency.count) },
      latestStartMs: Math.max(...reports.map(({ latestStartMs }) => latestStartMs)),
      examples: Object.assign({}, ...reports.map(({ examples }) => examples).reverse()),
      intervals: [],
    },
  }
}

function mergeTargets(targets: readonly TargetReport[]): TargetReport[] {
  const names = new Set(targets.map(({ target }) => target))
  return [...names].map((target) => ({ target, ...addCounts(targets.filter((one) => one.target === target)) }))
}

function addCounts(all: readonly Readonly<Counts>[]): Counts {
  const total: Counts = { started: 0, opened: 0, established: 0, played: 0, unfinished: 0, failed: {} }
  for (const counts of all) {
    for (const name of ['started', 'opened', 'established', 'played', 'unfinished'] as const) {
      total[name] += counts[name]
    }
    for (const [outcome, count] of Object.entries(counts.failed) as [FailedOutcome, number][]) {
      total.failed[outcome] = (total.failed[outcome] ?? 0) + count
    }
  }
  return total
}
