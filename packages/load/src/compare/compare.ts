import { arch, cpus, platform, release } from 'node:os'
import { load } from '../run/load.js'
import { random } from '../run/random.js'
import { clientTransport } from '../run/transport.js'
import { type Bench, type Scenario, scenarios } from './scenarios.js'
import { type Measurement, reportOf, type ServerReport } from './server-report.js'
import { type Candidate, startServer } from './servers.js'
import { type Timeline, timelineOf } from './timeline.js'

export interface CompareOptions {
  /** The first one is what the others are compared with. */
  readonly candidates: readonly Candidate[]
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

/** At first a server is slow: its code is compiled while it runs. */
const WARM_UP_MS = 300
const WARM_UP_CLIENTS = 8

/**
 * Measures servers against each other: every round every scenario with every server, each freshly started, in an order
 * that changes, so that a machine that is busy for a while is equally unfair to all.
 *
 * A server that ends meanwhile, or does not start again, is left out of the scenario from then on.
 *
 * @throws If a server does not do its first handshake right: nothing is lost yet, and it is likely a wrong command.
 */
export async function compare(options: CompareOptions): Promise<CompareReport> {
  const { candidates, rounds, durationMs, seed, signal, onProgress } = options
  const chosen = options.scenarios.map((name) => scenarios.find((scenario) => scenario.name === name)!)
  const transport = await clientTransport()
  const chance = random(seed)
  const measured = new Map<string, Measurement[]>()
  const timelines: Timeline[] = []
  const problems: string[] = []
  const left = new Set<string>()
  const of = candidates.length * (1 + rounds * chosen.length)
  let done = 0
  try {
    for (const candidate of candidates) {
      onProgress({ what: `timeline of ${candidate.name}`, done: done++, of })
      const timeline = await timelineOf(candidate, signal)
      if (!signal.aborted) timelines.push(timeline)
    }
    for (let round = 1; round <= rounds; round++) {
      for (const scenario of chosen) {
        for (const candidate of shuffled(candidates, chance)) {
          signal.throwIfAborted()
          const where = `round ${round} of ${rounds}, ${scenario.name}`
          onProgress({ what: `${where}, ${candidate.name}`, done: done++, of })
          const key = keyOf(scenario, candidate.name)
          if (left.has(key)) continue
          try {
            const measurement = await measure(scenario, candidate, { transport, durationMs, signal })
            // Half a measurement is none.
            if (!signal.aborted) entry(measured, scenario, candidate.name).push(measurement)
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
  const baseline = candidates[0]!.name
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
    servers: candidates.map(({ name, strategy, transport }) => ({
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
        servers: candidates.flatMap(({ name }) => {
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
  candidate: Candidate,
  { transport, durationMs, signal }: Omit<Bench, 'options'>,
): Promise<Measurement> {
  const server = await startServer(candidate, signal)
  try {
    const options = { targets: [server.endpoint], transport, check: false, signal }
    await load({ ...options, concurrency: WARM_UP_CLIENTS, durationMs: WARM_UP_MS })
    const before = server.usage()
    const steps = await scenario.run({ options, transport, durationMs, signal })
    const after = server.usage()
    const end = await server.end()
    // Numbers of a server that was not there are none of a server.
    if (end !== undefined && !signal.aborted) throw new Error(`the server ${candidate.name} ${end}`)
    return { steps, before, after }
  } finally {
    await server.stop()
  }
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
