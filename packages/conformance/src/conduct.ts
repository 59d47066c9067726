/** Observes a program live, as far as the wanted cases need it. */
import { StartError } from '@hs/supervise'
import { closure, runProbes } from './engine/run.js'
import type { Bench, Kind } from './kinds.js'
import { Exchanges } from './observe/exchange.js'
import type { Observation, Recording, Settings } from './observe/observation.js'
import type { Probe } from './observe/probe.js'
import { Sessions } from './observe/program.js'
import { Recorder } from './observe/recorder.js'
import type { ServerTarget } from './observe/target.js'
import { judge, seenIn, undecided } from './verdicts.js'

export interface Conduct {
  readonly target: ServerTarget
  readonly settings: Settings
  readonly seed: number
  readonly totalMs: number
  /** Ids of the cases that are wanted. */
  readonly ids: readonly string[]
  /** What was observed before: only what is missing is observed. */
  readonly before?: readonly Observation[]
  /** A probe has been made: the `at`th. */
  readonly onProbe?: (name: string, at: number) => void
}

/** How often a probe is made in all, if the machine was late. */
const TRIES = 2

type Seen = ReadonlyMap<string, Observation>

/** What was observed, and why not all of it could be. */
export async function conduct<Facts, B extends Bench<Facts>>(
  kind: Kind<Facts, B>,
  options: Conduct,
): Promise<Pick<Recording, 'observations' | 'notStarted' | 'stoppedBy'>> {
  const { target, totalMs } = options
  const sessions = new Sessions(target.cwd)
  const until = performance.now() + totalMs
  const tries = new Map<string, number>()
  let done: Seen = new Map((options.before ?? []).map((one) => [one.probe, one]))
  try {
    for (;;) {
      const probes = nextProbes(kind, done, options, tries)
      if (probes.length === 0) return { observations: [...done.values()] }
      const ran = await round(kind, probes, { ...options, sessions, until, done, tries })
      done = ran.done
      const notStarted = unreachable(target, done)
      if (notStarted !== undefined) return { observations: [], notStarted }
      if (ran.left.length === 0) continue
      return { observations: [...done.values()], stoppedBy: `--total-timeout ${totalMs / 1000}s` }
    }
  } catch (error) {
    // The first start decides whether there is anything to check.
    if (!(error instanceof StartError) || done.size > 0) throw error
    return { observations: [], notStarted: error.message }
  } finally {
    await sessions.close()
  }
}

/** Why an address cannot be reached, if it never could. A command is another matter: that it cannot be reached is its fault. */
function unreachable({ address }: ServerTarget, done: Seen): string | undefined {
  const events = [...done.values()].flatMap((observation) => observation.events)
  if (!address || events.some(({ type }) => type === 'connect')) return undefined
  const failed = events.find((event) => event.type === 'unconnected')
  return failed && `${address.host}:${address.port} cannot be reached: ${failed.why}`
}

/** What the wanted cases need and is not observed yet, and what has to be repeated since the machine was late. */
function nextProbes<Facts, B extends Bench<Facts>>(
  kind: Kind<Facts, B>,
  done: Seen,
  { settings, ids }: Conduct,
  tries: ReadonlyMap<string, number>,
): Probe<B>[] {
  const observations = [...done.values()]
  const judged = judge(kind, seenIn(kind, new Exchanges(observations), settings), ids)
  const late = undecided(judged, observations)
  const names = wantedProbes(kind, done.size === 0 ? ids : judged.judgements.keys())
  return kind.probes.filter(({ name }) => {
    const times = tries.get(name) ?? 0
    return names.has(name) && ((times === 0 && !done.has(name)) || (late.has(name) && times < TRIES))
  })
}

interface Round extends Conduct {
  readonly sessions: Sessions
  readonly until: number
  readonly done: Seen
  readonly tries: Map<string, number>
}

async function round<Facts, B extends Bench<Facts>>(kind: Kind<Facts, B>, probes: Probe<B>[], about: Round) {
  const { settings, tries, onProbe, until, done } = about
  for (const { name } of probes) tries.set(name, (tries.get(name) ?? 0) + 1)
  const factsOf = (known: Seen) => kind.factsOf(new Exchanges(known.values()), settings)
  const plan = {
    probes,
    until,
    parallel: (known: Seen) => kind.parallel(factsOf(known)),
    observe: (probe: Probe<B>, known: Seen) => observe(kind, probe, factsOf(known), about),
    onDone: ({ name }: Probe<B>) => onProbe?.(name, tries.size),
  }
  return runProbes(plan, done)
}

/** Makes one probe. @returns Undefined if it cannot be made, by what is known. */
async function observe<Facts, B extends Bench<Facts>>(
  kind: Kind<Facts, B>,
  probe: Probe<B>,
  facts: Facts,
  about: Round,
): Promise<Observation | undefined> {
  if (probe.wanted && !probe.wanted(facts, about.settings)) return undefined
  const recorder = new Recorder(probe.name)
  const bench = kind.benchOf(recorder, { ...about, facts })
  try {
    await probe.observe(bench)
  } catch (error) {
    // A start that fails later is something that was observed.
    if (!(error instanceof StartError) || probe.name === kind.probes[0]!.name) throw error
    recorder.add({ type: 'unstarted', why: error.message })
  } finally {
    await bench.close?.()
  }
  return recorder.observation()
}

/** The probes of some cases, with those whose facts they use. */
export function wantedProbes<Facts, B extends Bench<Facts>>(
  { cases, probes }: Pick<Kind<Facts, B>, 'cases' | 'probes'>,
  ids: Iterable<string>,
): Set<string> {
  const wanted = new Set(ids)
  const direct = cases.filter(({ id }) => wanted.has(id)).flatMap((one) => one.probes)
  return closure(direct, (name) => probes.find((probe) => probe.name === name)?.after ?? [])
}
