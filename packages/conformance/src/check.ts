/** The library: observes, judges, and makes a report. */
import { checkOptions } from '@hs/options'
import { hasProc } from '@hs/supervise'
import { CHECK_OPTIONS, CHECK_SERVER_OPTIONS, CLIENT_TARGET, SERVER_TARGET } from './checks.js'
import { conduct } from './conduct.js'
import { type Bench, CLIENT, type Kind, SERVER } from './kinds.js'
import { Exchanges } from './observe/exchange.js'
import type { Recording, Settings } from './observe/observation.js'
import type { ServerTarget } from './observe/target.js'
import { profileOf } from './profile.js'
import type { Program } from './report/programs.js'
import { type CaseResult, countVerdicts, type Expectation, isObstacle, type Report, scoreOf } from './report/report.js'
import { durationOf, resultsOf } from './results.js'
import { compareIds, selects, shellWords } from './select.js'
import { seenIn } from './verdicts.js'

/** From package.json, put in by the build. */
declare const __VERSION__: string

export interface CheckOptions {
  /** What the report calls the program. Default: the command. */
  readonly name?: string
  /** Only cases whose id begins with one of these. */
  readonly only?: readonly string[]
  readonly skip?: readonly string[]
  /** Turns MAY into MUST. Default false. */
  readonly strict?: boolean
  /** Repeats a run: the same numbers. Default: random, and in the report. */
  readonly seed?: number
  /** Where `ERROR` has to be printed (HS-5.2). Default `'either'`. */
  readonly errors?: 'stdout' | 'stderr' | 'either'
  /** How long to wait for what has to come. Default 2 s. */
  readonly patienceMs?: number
  /** How long a program may take until it listens. Default 10 s. */
  readonly startMs?: number
  /** After this time no probe begins. Default 3 min. */
  readonly totalMs?: number
  /** Ids of failures that were known before: they do not fail the run. */
  readonly baseline?: readonly string[]
  readonly cwd?: string
  /** Sees the progress: a case, as soon as everything has been observed that it is judged by. `at` counts from 0. */
  readonly onCase?: (one: CaseProgress) => void
  /** Sees each result, at the end of the run: whether a case is blocked depends on the verdicts of others. */
  readonly onResult?: (result: CaseResult) => void
  /** Continues this recording of the same program: only what is missing is observed. */
  readonly before?: Recording
  /** Sees everything that was observed: `--record`. */
  readonly onRecording?: (recording: Recording) => void
}

export interface CaseProgress {
  readonly id: string
  readonly title: string
  readonly at: number
  readonly of: number
}

export interface CheckServerOptions extends CheckOptions {
  /** Grades how the program serves its connections; without it, that is only reported. */
  readonly expect?: Expectation
}

/** A command whose words may hold `{host}`, `{port}` and `{sequence}`. */
export interface ClientTarget {
  readonly command: readonly string[]
}

export interface MatrixOptions extends CheckOptions {
  /** How many programs are checked at a time. Default 1: what else runs on the machine slows a program down. */
  readonly jobs?: number
  readonly onReport?: (report: Report, at: number, of: number) => void
}

/**
 * Checks a server: a command that is started as often as needed, or an address at which one runs already. What it did
 * wrong is in the report; nothing is thrown for it.
 *
 * @throws {TypeError | RangeError} For a target or an option that makes no sense: it names the option and the value.
 */
export async function checkServer(wanted: ServerTarget, given: CheckServerOptions = {}): Promise<Report> {
  const target = SERVER_TARGET.read('target', wanted)
  const options = checkOptions('checkServer', given, CHECK_SERVER_OPTIONS)
  return check(SERVER, { ...target, cwd: options.cwd }, options, options.expect)
}

/**
 * Checks a client: each trial starts it anew, against a server that does what the case says.
 *
 * @throws {TypeError | RangeError} For a command or an option that makes no sense: it names the option and the value.
 */
export async function checkClient(wanted: ClientTarget, given: CheckOptions = {}): Promise<Report> {
  const target = CLIENT_TARGET.read('target', wanted)
  const options = checkOptions('checkClient', given, CHECK_OPTIONS)
  return check(CLIENT, { ...target, cwd: options.cwd }, options)
}

async function check<Facts, B extends Bench<Facts>>(
  kind: Kind<Facts, B>,
  target: ServerTarget,
  options: CheckOptions,
  expect?: Expectation,
): Promise<Report> {
  const began = performance.now()
  const seed = options.seed ?? Math.floor(Math.random() * 1_000_000)
  const settings = settingsOf(target, options, expect)
  const ids = idsOf(kind, options)
  const totalMs = options.totalMs ?? 180_000
  const seen = await conduct(kind, {
    target,
    settings,
    seed,
    totalMs,
    ids,
    ...(options.before && { before: options.before.observations }),
    onProbe: progressOf(kind, ids, options.onCase),
  })
  const described = describe(target)
  const name = options.name ?? described.replace(/^-- /, '')
  const about = { format: 1, kind: kind.kind, name, target: described, seed, settings, ...wantedIn(options) } as const
  const recording: Recording = { ...about, ...seen }
  options.onRecording?.(recording)
  return { ...judgeRecording(recording, options), durationMs: Math.round(performance.now() - began) }
}

/** Turns probes that have been made into cases that have been observed. */
function progressOf<Facts>(
  { cases }: Pick<Kind<Facts>, 'cases'>,
  ids: readonly string[],
  onCase: CheckOptions['onCase'],
) {
  const made = new Set<string>()
  let waiting = cases.filter(({ id }) => ids.includes(id))
  return (name: string) => {
    made.add(name)
    const ready = waiting.filter(({ probes }) => probes.every((probe) => made.has(probe)))
    waiting = waiting.filter((one) => !ready.includes(one))
    const before = ids.length - waiting.length - ready.length
    for (const [at, { id, title }] of ready.entries()) onCase?.({ id, title, at: before + at, of: ids.length })
  }
}

/** Checks many programs; the reports are in the order of the programs. */
export async function checkMatrix(
  programs: readonly Program[],
  { jobs = 1, onReport, ...options }: MatrixOptions = {},
): Promise<Report[]> {
  const reports: Report[] = []
  let next = 0
  const work = async () => {
    for (let at = next++; at < programs.length; at = next++) {
      const { name, kind = 'server', command, cwd, expect, errors } = programs[at]!
      const words = typeof command === 'string' ? command.trim().split(/\s+/) : command
      const own = { ...options, name, ...(cwd !== undefined && { cwd }), ...(errors && { errors }) }
      const report =
        kind === 'server'
          ? await checkServer({ command: words }, { ...own, ...(expect && { expect }) })
          : await checkClient({ command: words }, own)
      reports[at] = report
      onReport?.(report, at, programs.length)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, work))
  return reports
}

/**
 * Judges what was recorded: no process is started, and the same file gives the same report.
 *
 * @param given - Default for `only` and `skip`: as when it was recorded.
 */
export function judgeRecording(
  recording: Recording,
  given: Pick<CheckOptions, 'only' | 'skip' | 'strict' | 'baseline' | 'onResult'> = {},
): Report {
  const options = { ...wantedIn(recording), ...given }
  const kind: Kind<never, never> = (recording.kind === 'server' ? SERVER : CLIENT) as never
  const again = (id: string) => repeating(id, recording)
  const seen = seenIn(kind, new Exchanges(recording.observations), recording.settings)
  const results =
    recording.notStarted !== undefined
      ? []
      : resultsOf(kind, recording, seen, { ...options, ids: idsOf(kind, options), again })
  for (const result of results) options.onResult?.(result)
  const { name, target, seed, notStarted, stoppedBy } = recording
  return {
    format: 2,
    version: __VERSION__,
    kind: recording.kind,
    name,
    target,
    seed,
    strict: options.strict ?? false,
    passed: notStarted === undefined && !results.some(isObstacle),
    ...(notStarted !== undefined && { notStarted }),
    ...(stoppedBy !== undefined && { stoppedBy }),
    profile: profileOf(recording.kind, seen),
    score: scoreOf(results),
    counts: countVerdicts(results),
    durationMs: results.length === 0 ? 0 : durationOf(recording.observations),
    results,
  }
}

const wantedIn = ({ only, skip }: Pick<CheckOptions, 'only' | 'skip'>) => ({
  ...(only && { only }),
  ...(skip && { skip }),
})

function idsOf<Facts>(kind: Pick<Kind<Facts>, 'cases'>, options: Pick<CheckOptions, 'only' | 'skip'>): string[] {
  return kind.cases
    .map(({ id }) => id)
    .filter((id) => selects(options, id))
    .sort(compareIds)
}

function settingsOf({ command }: ServerTarget, options: CheckOptions, expect?: Expectation): Settings {
  const placeholders = ['{host}', '{port}', '{sequence}'].filter((one) => command?.some((word) => word.includes(one)))
  return {
    errors: options.errors ?? 'either',
    patienceMs: options.patienceMs ?? 2000,
    startMs: options.startMs ?? 10_000,
    ...(expect && { expect }),
    observed: command !== undefined,
    ...(!hasProc && { proc: false as const }),
    placeholders,
  }
}

function describe({ command, address }: ServerTarget): string {
  return command ? `-- ${shellWords(command)}` : `${address!.host}:${address!.port}`
}

/** The line for the shell that does one case again as it was done: with every option that decides verdicts. */
function repeating(id: string, { kind, seed, settings, target }: Recording): string {
  const words = ['npx', '@hs/conformance', kind, '--only', id, '--seed', String(seed)]
  if (settings.errors !== 'either') words.push('--errors', settings.errors)
  if (settings.patienceMs !== 2000) words.push('--timeout', `${settings.patienceMs}ms`)
  if (settings.startMs !== 10_000) words.push('--start-timeout', `${settings.startMs}ms`)
  if (settings.expect) words.push('--expect', settings.expect)
  return `${shellWords(words)} ${target}`
}
