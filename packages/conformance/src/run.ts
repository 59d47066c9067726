import { escapeBytes } from '@hs/protocol'
import { type Case, Fault, type FaultDetails, type Lab, type Setting, Unjudged } from './case.js'
import { CLAUSES } from './clauses.js'
import { comparison } from './diagnose.js'
import { bytes } from './message.js'
import { hasProc } from './proc.js'
import type { CaseResult, FaultReport, Kind, Level } from './report.js'
import { schedule } from './schedule.js'
import { StartError } from './subject.js'
import { diagram, type Transcript } from './transcript.js'

/** What every check can be told, of a server or of a client. */
export interface CheckOptions {
  /** What the report calls the program. Default: the command. */
  readonly name?: string
  /** Only cases whose id begins with one of these. */
  readonly only?: readonly string[]
  readonly skip?: readonly string[]
  /** Turns MAY into MUST. Default false. */
  readonly strict?: boolean
  /** Repeats a run: which numbers are sent, in which order clients speak. Default: random, and in the report. */
  readonly seed?: number
  /** Where `ERROR` has to be printed (HS-5.2). Default `'either'`. */
  readonly errors?: 'stdout' | 'stderr' | 'either'
  /** How long to wait for what has to come. Default 2 s. */
  readonly patienceMs?: number
  /** How long a program may take until it listens. Default 10 s. */
  readonly startMs?: number
  /** After this time the rest is not run. Default 3 min. */
  readonly totalMs?: number
  /** Ids of failures that were known before: they do not fail the run. */
  readonly baseline?: readonly string[]
  readonly cwd?: string
  /** Sees each result as soon as it is there. */
  readonly onResult?: (result: CaseResult) => void
  /** Sees each case before it runs. */
  readonly onCase?: (about: {
    readonly id: string
    readonly title: string
    readonly at: number
    readonly of: number
  }) => void
}

/** No case takes longer: a last resort, since every wait has an end of its own. */
const CASE_MS = 45_000

interface Engine<L extends Lab> {
  readonly kind: Kind
  readonly cases: readonly Case<L>[]
  readonly setting: Setting<L>
  readonly options: CheckOptions
  readonly seed: number
  /** The words that come after `npx @hs/conformance server`. */
  readonly target: string
}

export function selects({ only = [], skip = [] }: Pick<CheckOptions, 'only' | 'skip'>, id: string): boolean {
  const begins = (prefix: string) => id === prefix || id.startsWith(prefix.endsWith('.') ? prefix : `${prefix}.`)
  const any = (prefixes: readonly string[]) =>
    prefixes.some((prefix) => begins(prefix) || (prefix.length === 1 && id.startsWith(prefix)))
  return (only.length === 0 || any(only)) && !any(skip)
}

type Outcome = Pick<CaseResult, 'verdict' | 'note' | 'fault'>

/** What a case was, as far as later ones have to know. */
type Standing = 'good' | 'bad' | 'unknown'

/**
 * Runs the cases: those that are gentle first, and before a case what it needs, even where that was not asked for. Those
 * that have processes of their own run side by side, since mostly they wait.
 * What can be blocked is; what throws something unforeseen has failed in the checker, and says so.
 *
 * @throws {StartError} If the program could not be started the first time.
 */
export async function runCases<L extends Lab>({
  kind,
  cases,
  setting,
  options,
  seed,
  target,
}: Engine<L>): Promise<CaseResult[]> {
  const byId = new Map(cases.map((one) => [one.id, one]))
  const wanted = cases.filter(({ id }) => selects(options, id))
  const order: Case<L>[] = []
  const add = (one: Case<L>) => {
    if (order.includes(one)) return
    for (const id of [...(one.needs ?? []), ...(one.after ?? [])]) add(byId.get(id)!)
    order.push(one)
  }
  for (const one of wanted) if (!one.alone) add(one)
  for (const one of wanted) add(one)
  const deadline = performance.now() + (options.totalMs ?? 180_000)
  const standings = new Map<string, { standing: Standing; by: string }>()
  const results: CaseResult[] = []
  let startedOnce = false

  const apart = (one: Case<L>) => one.alone || setting.apart

  const attempt = async (one: Case<L>, again = false) => {
    const lab = setting.begin(one.id, again)
    let thrown: unknown
    let outcome: Outcome
    try {
      const note = await limitTo(CASE_MS, one.check(lab))
      outcome = { verdict: 'passed', ...(note && { note }) }
    } catch (error) {
      if (error instanceof StartError && !startedOnce) throw error
      thrown = error
      outcome = outcomeOf(error, kind, lab.transcript, repeating(one, kind, seed, options, target))
    }
    startedOnce = true
    const harm = await lab.end(outcome.verdict === 'failed')
    return { lab, outcome, thrown, harm }
  }

  /** Before a case is run: what forbids it. */
  const obstacleTo = ({ needs = [], observes }: Case<L>): Outcome | undefined => {
    const obstacle = needs.map((id) => standings.get(id)).find((need) => need?.standing === 'bad')
    if (obstacle) return { verdict: 'blocked', note: `blocked by ${obstacle.by}` }
    if (performance.now() >= deadline) return { verdict: 'not-run', note: 'the time for the whole run was over' }
    if (observes === 'system' && !hasProc) return { verdict: 'not-observable', note: 'this system has no /proc' }
    if (!observes || setting.observed) return undefined
    return { verdict: 'not-observable', note: 'only an address was given: neither its output nor its process is seen' }
  }

  const work = async (one: Case<L>) => {
    const { id, title } = one
    if (selects(options, id)) options.onCase?.({ id, title, at: order.indexOf(one), of: order.length })
    const began = performance.now()
    const obstacle = obstacleTo(one)
    let tried = obstacle ? undefined : await attempt(one)
    // A process that cases share may have come to harm by what an earlier one did: this one has its chance on a new one.
    const silent = tried?.thrown instanceof Fault && tried.thrown.details.silent
    const doubtful = one.alone ? tried?.lab.secondHand : !setting.apart && (tried?.harm || silent)
    if (tried?.outcome.fault && doubtful) tried = await attempt(one, true)
    return { outcome: obstacle ?? tried!.outcome, tried, durationMs: Math.round(performance.now() - began) }
  }

  const judge = (one: Case<L>, { outcome: seen, tried, durationMs }: Awaited<ReturnType<typeof work>>) => {
    let outcome = seen
    const { thrown, harm, lab } = tried ?? {}
    const told = thrown instanceof Fault ? setting.toldBefore?.(one.id, thrown, harm, lab!) : undefined
    if (told !== undefined) outcome = { verdict: 'blocked', note: told }
    else if (harm && outcome.fault) {
      const summary = `${outcome.fault.summary} (the program is dead: ${harm.text})`
      outcome = { ...outcome, fault: { ...outcome.fault, summary } }
    }
    const { id, title, clause, weight } = one
    const { verdict, note = '' } = outcome
    const bad = verdict === 'failed' || verdict === 'blocked'
    setting.findings.verdicts.set(id, verdict)
    const named = verdict === 'blocked' ? (/\b[SC]\d+\.\d+\b/.exec(note)?.[0] ?? id) : id
    // What blocks may be blocked itself: a person is sent to the case that has failed.
    const by = standings.get(named)?.by ?? named
    if (by !== named) outcome = { ...outcome, note: note.replace(named, by) }
    standings.set(id, { standing: bad ? 'bad' : verdict === 'passed' ? 'good' : 'unknown', by })
    if (!selects(options, id)) return
    const level: Level = one.level === 'MAY' && options.strict ? 'MUST' : one.level
    const known = bad && options.baseline?.includes(id)
    const about = { id, title, clause, clauseText: CLAUSES[clause], level, weight }
    const result: CaseResult = { ...about, ...outcome, ...(known && { known: true as const }), durationMs }
    results.push(result)
    options.onResult?.(result)
  }

  await schedule({
    order,
    mayBegin(one, atWork) {
      if (atWork > 0 && (standings.size === 0 || !apart(one) || atWork >= setting.parallel)) return false
      // What kills programs runs last.
      const before = order.slice(0, order.indexOf(one)).every((other) => apart(other) || standings.has(other.id))
      return before && [...(one.needs ?? []), ...(one.after ?? [])].every((id) => standings.has(id))
    },
    work,
    judge,
  })
  return results.sort((a, b) => compareIds(a.id, b.id))
}

/** The line for the shell that runs one case again as it was run: with every option that decides verdicts. */
function repeating(
  { id }: { readonly id: string },
  kind: Kind,
  seed: number,
  { errors, patienceMs, startMs, cwd }: CheckOptions,
  target: string,
): string {
  const words = ['npx', '@hs/conformance', kind, '--only', id, '--seed', String(seed)]
  if (errors !== undefined && errors !== 'either') words.push('--errors', errors)
  if (patienceMs !== undefined) words.push('--timeout', `${patienceMs}ms`)
  if (startMs !== undefined) words.push('--start-timeout', `${startMs}ms`)
  if (cwd !== undefined) words.push('--cwd', cwd)
  return `${shellWords(words)} ${target}`
}

/** Words as a shell takes them. */
export function shellWords(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ')
}

function outcomeOf(error: unknown, kind: Kind, transcript: Transcript, again: string): Outcome {
  if (error instanceof Unjudged) return { verdict: error.verdict, note: error.message }
  if (error instanceof Fault) return { verdict: 'failed', fault: faultReport(error, transcript, kind, again) }
  if (error instanceof StartError) {
    return {
      verdict: 'failed',
      fault: faultReport(new Fault(`It did not start again: ${error.message}.`), transcript, kind, again),
    }
  }
  return { verdict: 'not-run', note: `the checker itself failed: ${(error as Error).stack ?? error}` }
}

function faultReport(fault: Fault, transcript: Transcript, kind: Kind, reproduce: string): FaultReport {
  const { sent, expected, received, cause } = fault.details
  const compared =
    typeof expected === 'object' && typeof received === 'object' ? comparison(expected, received) : undefined
  return {
    summary: fault.message,
    ...(sent && { sent: escapeBytes(sent, 64) }),
    ...(expected !== undefined && { expected: show(expected) }),
    ...(received !== undefined && { received: show(received) }),
    ...(compared && { comparison: compared }),
    ...(cause && { cause }),
    steps: [...transcript.steps],
    diagram: diagram(transcript.steps, kind),
    reproduce,
  }
}

const show = (value: FaultDetails['expected']) =>
  typeof value === 'string' ? escapeBytes(bytes(value), 400) : escapeBytes(value ?? new Uint8Array(), 100)

/** S2.9 before S2.10. */
export function compareIds(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

async function limitTo<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Fault(`The case did not come to an end within ${ms / 1000} s.`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
