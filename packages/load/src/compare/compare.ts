import { arch, cpus, platform, release } from 'node:os'
import { errorsOf } from '../measure/report.js'
import { histogram, type Latency, latencyOf } from '../measure/results.js'
import { type Estimate, median, ratioOf } from '../measure/statistics.js'
import { load } from '../run/load.js'
import { random } from '../run/random.js'
import { clientTransport } from '../run/transport.js'
import { type Bench, type Scenario, type Step, scenarios } from './scenarios.js'
import { type Contestant, startServer } from './servers.js'
import { type Timeline, timelineOf } from './timeline.js'
import type { Usage } from './usage.js'

export interface CompareOptions {
  /** The first one is what the others are compared with. */
  readonly contestants: readonly Contestant[]
  /** Names of scenarios, in their order. */
  readonly scenarios: readonly string[]
  readonly rounds: number
  /** How long one server is measured in one scenario of one round. */
  readonly durationMs: number
  readonly seed: number
  /** What is measured so far is still reported. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: CompareProgress) => void
}

export interface CompareProgress {
  /** What is measured next. */
  readonly what: string
  readonly done: number
  readonly of: number
}

/** Everything that was found out, as plain data. */
export interface CompareReport {
  readonly made: string
  readonly machine: { readonly cpu: string; readonly cores: number; readonly system: string; readonly node: string }
  readonly baseline: string
  readonly rounds: number
  readonly durationMs: number
  readonly seed: number
  /** It was stopped before it was over; some measurements are missing. */
  readonly interrupted: boolean
  readonly servers: readonly { readonly name: string; readonly strategy?: string; readonly transport?: string }[]
  readonly scenarios: readonly ScenarioReport[]
  readonly timelines: readonly Timeline[]
  /** Why some measurements are missing, one sentence each. */
  readonly problems: readonly string[]
}

export interface ScenarioReport {
  readonly name: string
  readonly title: string
  readonly about: string
  readonly by: 'rate' | 'p99'
  readonly servers: readonly ServerReport[]
}

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
interface Measurement {
  readonly steps: readonly Step[]
  readonly before: Usage | undefined
  readonly after: Usage | undefined
}

/** At first a server is slow: its code is compiled while it runs. */
const WARM_UP_MS = 300
const WARM_UP_CLIENTS = 8

/** The kernel counts processor time in steps of 10 ms: with less than this, a ratio of it says nothing. */
const LEAST_CPU_MS = 100

const PERCENTILES = [0, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.9]

/**
 * Measures servers against each other: every round every scenario with every server, each freshly started, in an order
 * that changes, so that a machine that is busy for a while is equally unfair to all.
 *
 * A server that ends meanwhile, or does not start again, is left out of the scenario from then on.
 *
 * @throws If a server does not do its first handshake right: nothing is lost yet, and it is likely a wrong command.
 */
export async function compare(options: CompareOptions): Promise<CompareReport> {
  const { contestants, rounds, durationMs, seed, signal, onProgress } = options
  const chosen = options.scenarios.map((name) => scenarios.find((scenario) => scenario.name === name)!)
  const transport = await clientTransport()
  const chance = random(seed)
  const measured = new Map<string, Measurement[]>()
  const timelines: Timeline[] = []
  const problems: string[] = []
  const left = new Set<string>()
  const of = contestants.length * (1 + rounds * chosen.length)
  let done = 0
  try {
    for (const contestant of contestants) {
      onProgress({ what: `timeline of ${contestant.name}`, done: done++, of })
      const timeline = await timelineOf(contestant, signal)
      if (!signal.aborted) timelines.push(timeline)
    }
    for (let round = 1; round <= rounds; round++) {
      for (const scenario of chosen) {
        for (const contestant of shuffled(contestants, chance)) {
          signal.throwIfAborted()
          const where = `round ${round} of ${rounds}, ${scenario.name}`
          onProgress({ what: `${where}, ${contestant.name}`, done: done++, of })
          const key = keyOf(scenario, contestant.name)
          if (left.has(key)) continue
          try {
            const measurement = await measure(scenario, contestant, transport, durationMs, signal)
            // Half a measurement is none.
            if (!signal.aborted) entry(measured, scenario, contestant.name).push(measurement)
          } catch (error) {
            if (signal.aborted) throw error
            left.add(key)
            problems.push(`${where}: ${(error as Error).message}`)
          }
        }
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  onProgress({ what: 'report', done: of, of })
  const baseline = contestants[0]!.name
  return {
    made: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model ?? arch(),
      cores: cpus().length,
      system: `${platform()} ${release()}`,
      node: process.versions.node,
    },
    baseline,
    rounds,
    durationMs,
    seed,
    interrupted: signal.aborted,
    servers: contestants.map(({ name, strategy, transport }) => ({
      name,
      ...(strategy && { strategy }),
      ...(transport && { transport }),
    })),
    scenarios: chosen
      .map((scenario) => ({
        name: scenario.name,
        title: scenario.title,
        about: scenario.about,
        by: scenario.by,
        servers: contestants.flatMap(({ name }) => {
          const own = entry(measured, scenario, name)
          return own.length === 0 ? [] : [reportOf(name, scenario, own, entry(measured, scenario, baseline))]
        }),
      }))
      .filter(({ servers }) => servers.length > 0),
    timelines,
    problems,
  }
}

function keyOf(scenario: Scenario, server: string): string {
  return `${scenario.name} ${server}`
}

function entry(measured: Map<string, Measurement[]>, scenario: Scenario, server: string): Measurement[] {
  const key = keyOf(scenario, server)
  const found = measured.get(key) ?? []
  measured.set(key, found)
  return found
}

async function measure(
  scenario: Scenario,
  contestant: Contestant,
  transport: Bench['transport'],
  durationMs: number,
  signal: AbortSignal,
): Promise<Measurement> {
  const server = await startServer(contestant, signal)
  try {
    const options = { targets: [server.endpoint], transport, check: false, signal }
    await load({ ...options, concurrency: WARM_UP_CLIENTS, durationMs: WARM_UP_MS })
    const before = server.usage()
    const steps = await scenario.run({ options, transport, durationMs, signal })
    const after = server.usage()
    const end = await server.end()
    // Numbers of a server that was not there are none of a server.
    if (end !== undefined && !signal.aborted) throw new Error(`the server ${contestant.name} ${end}`)
    return { steps, before, after }
  } finally {
    await server.stop()
  }
}

function reportOf(
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

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], chance: () => number): T[] {
  const mixed = [...items]
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = Math.floor(chance() * (at + 1))
    ;[mixed[at], mixed[other]] = [mixed[other]!, mixed[at]!]
  }
  return mixed
}
