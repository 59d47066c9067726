import { errorsOf } from '../measure/report.js'
import { histogram, type Latency, latencyOf } from '../measure/results.js'
import { type Estimate, median, ratioOf } from '../measure/statistics.js'
import type { Scenario, Step } from './scenarios.js'
import type { Usage } from './servers.js'

/** One server in one scenario. Times are in milliseconds. */
export interface ServerReport {
  readonly name: string
  readonly rounds: number
  /** How often it is as fast as the baseline. */
  readonly relative: Estimate | undefined
  /** Handshakes per second: the mean of the rounds, of which `relative` is the ratio. */
  readonly perSecond: number
  /** Of all rounds together, but those of clients that are slow on purpose. */
  readonly latency: Latency
  readonly started: number
  readonly opened: number
  readonly established: number
  readonly failed: number
  /** Undefined where the system tells nothing of it, or too little was used to say. */
  readonly cpuUsPerHandshake: number | undefined
  readonly peakBytes: number | undefined
  /** How much the server's memory grew; it may shrink. */
  readonly bytesPerHandshake: number | undefined
  /** Share of handshakes in percent, and how long they took at most. */
  readonly curve: readonly { readonly percentile: number; readonly ms: number }[]
  /** Handshakes per second over time: the mean of the rounds. */
  readonly series: readonly { readonly atMs: number; readonly perSecond: number }[]
  /** `growing` only: by number of clients, the median of the rounds. */
  readonly steps: readonly { readonly clients: number; readonly perSecond: number; readonly p99: number }[]
}

/** One server in one scenario of one round. */
export interface Measurement {
  readonly steps: readonly Step[]
  readonly before: Usage | undefined
  readonly after: Usage | undefined
}

/** The kernel counts processor time in steps of 10 ms: with less than this, a ratio of it says nothing. */
const LEAST_CPU_MS = 100

const PERCENTILES = [0, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.9]

/** What the rounds of one server in one scenario say, relative to those of the baseline. */
export function reportOf(
  name: string,
  scenario: Scenario,
  own: readonly Measurement[],
  baseline: readonly Measurement[],
): ServerReport {
  const results = own.flatMap(({ steps }) => steps.map(({ result }) => result))
  const sum = (of: (report: (typeof results)[number]['report']) => number) =>
    results.reduce((total, { report }) => total + of(report), 0)
  const all = histogram('all')
  for (const { histograms } of results) all.add(histograms.total)
  const established = sum((report) => report.established)
  const cpuMs = used(own, ({ cpuMs }) => cpuMs)
  const grown = used(own, ({ residentBytes }) => residentBytes)
  const peaks = own.flatMap(({ after }) => (after ? [after.peakBytes] : []))
  // A round that was interrupted has no partner.
  const pairs = own.slice(0, baseline.length).map((measurement, round) => {
    const [ours, theirs] = [figure(scenario, measurement), figure(scenario, baseline[round]!)]
    return (scenario.by === 'rate' ? [ours, theirs] : [theirs, ours]) as [number, number]
  })
  return {
    name,
    rounds: own.length,
    relative: ratioOf(pairs),
    perSecond: mean(own.map(rateOf)),
    latency: latencyOf(all),
    started: sum(({ started }) => started),
    opened: sum(({ opened }) => opened),
    established,
    failed: sum(errorsOf),
    cpuUsPerHandshake:
      cpuMs !== undefined && cpuMs >= LEAST_CPU_MS && established > 0 ? (cpuMs * 1000) / established : undefined,
    peakBytes: peaks.length > 0 ? Math.max(...peaks) : undefined,
    bytesPerHandshake: grown !== undefined && established > 0 ? grown / established : undefined,
    curve:
      all.totalCount === 0
        ? []
        : PERCENTILES.map((percentile) => ({ percentile, ms: all.getValueAtPercentile(percentile) / 1000 })),
    series: scenario.name === 'growing' ? [] : seriesOf(own),
    steps: scenario.name === 'growing' ? stepsOf(own) : [],
  }
}

/** What servers are compared by. */
function figure({ by }: Scenario, measurement: Measurement): number {
  if (by === 'rate') return rateOf(measurement)
  return Math.max(...measurement.steps.map(({ result }) => result.report.latency.total.p99))
}

function rateOf({ steps }: Measurement): number {
  const sum = (of: (step: Step) => number) => steps.reduce((total, step) => total + of(step), 0)
  const seconds = sum(({ result }) => result.report.durationMs) / 1000
  return seconds === 0 ? 0 : sum(({ result: { report } }) => (report.perSecond * report.durationMs) / 1000) / seconds
}

/** How much more there was afterwards, over all rounds. */
function used(own: readonly Measurement[], of: (usage: Usage) => number): number | undefined {
  let total = 0
  for (const { before, after } of own) {
    if (!before || !after) return undefined
    total += of(after) - of(before)
  }
  return total
}

function seriesOf(own: readonly Measurement[]): ServerReport['series'] {
  const sums = new Map<number, { perSecond: number; rounds: number }>()
  for (const { steps } of own) {
    const { intervals, durationMs } = steps[0]!.result.report
    for (const { atMs, lengthMs, established } of intervals) {
      // Afterwards, what was under way is waited for.
      if (atMs >= durationMs - 1) continue
      const at = Math.round(atMs)
      const sum = sums.get(at) ?? { perSecond: 0, rounds: 0 }
      sums.set(at, { perSecond: sum.perSecond + (established * 1000) / lengthMs, rounds: sum.rounds + 1 })
    }
  }
  return [...sums]
    .sort(([a], [b]) => a - b)
    .map(([atMs, { perSecond, rounds }]) => ({ atMs, perSecond: perSecond / rounds }))
}

function stepsOf(own: readonly Measurement[]): ServerReport['steps'] {
  return own[0]!.steps.map(({ clients }, at) => {
    const reports = own.flatMap(({ steps }) => (steps[at] ? [steps[at].result.report] : []))
    return {
      clients: clients!,
      perSecond: median(reports.map(({ perSecond }) => perSecond)),
      p99: median(reports.map(({ latency }) => latency.total.p99)),
    }
  })
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
