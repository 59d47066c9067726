import { checkOptions } from '@hs/options'
import type { Setting } from './case.js'
import { serverCases } from './cases/server/index.js'
import { CHECK_SERVER_OPTIONS, SERVER_TARGET } from './checks.js'
import { countVerdicts, type Expectation, isObstacle, type Report, scoreOf } from './report.js'
import { type CheckOptions, runCases, shellWords } from './run.js'
import { ServerSetting } from './server-lab.js'
import { StartError } from './subject.js'

/** From package.json, put in by the build. */
declare const __VERSION__: string

const DEFAULT_PATIENCE_MS = 2000
const DEFAULT_START_MS = 10_000

export interface CheckServerOptions extends CheckOptions {
  /** Grades how the program serves its connections; without it, that is only told. */
  readonly expect?: Expectation
}

/**
 * What to check: a command whose words may hold `{port}`, started by the checker, or an address at which a server runs
 * already. Of the latter nobody sees what it prints.
 */
export type ServerTarget =
  | { readonly command: readonly string[] }
  | { readonly address: { readonly host: string; readonly port: number } }

/**
 * Checks a server. What it did wrong is in the report; nothing is thrown for it.
 *
 * @throws {TypeError | RangeError} For a target or an option that makes no sense: it names the option and the value.
 */
export async function checkServer(wanted: ServerTarget, given: CheckServerOptions = {}): Promise<Report> {
  const target = SERVER_TARGET.read('target', wanted)
  const options = checkOptions('checkServer', given, CHECK_SERVER_OPTIONS)
  const command = 'command' in target ? target.command : undefined
  const seed = options.seed ?? randomSeed()
  const setting = new ServerSetting(
    { ...target, cwd: options.cwd },
    {
      seed,
      errors: options.errors ?? 'either',
      patienceMs: options.patienceMs ?? DEFAULT_PATIENCE_MS,
      startMs: options.startMs ?? DEFAULT_START_MS,
      expect: options.expect,
    },
  )
  const described = command
    ? `-- ${shellWords(command)}`
    : 'address' in target
      ? `${target.address.host}:${target.address.port}`
      : ''
  const again = options.expect ? `--expect ${options.expect} ${described}` : described
  return finish({
    kind: 'server',
    target: described,
    options,
    seed,
    run: () => runCases({ kind: 'server', cases: serverCases, setting, options, seed, target: again }),
    setting,
  })
}

export function randomSeed(): number {
  return Math.floor(Math.random() * 1_000_000)
}

interface Work {
  readonly kind: Report['kind']
  readonly target: string
  readonly options: CheckOptions
  readonly seed: number
  readonly run: () => Promise<Report['results'][number][]>
  readonly setting: Pick<Setting<never>, 'findings' | 'close'>
}

/** Runs, puts everything away, and makes the report. */
export async function finish({ kind, target, options, seed, run, setting }: Work): Promise<Report> {
  const began = performance.now()
  let results: Report['results'] = []
  let notStarted: string | undefined
  try {
    results = await run()
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    notStarted = error.message
  } finally {
    await setting.close()
  }
  return {
    format: 1,
    version: __VERSION__,
    kind,
    name: options.name ?? target.replace(/^-- /, ''),
    target,
    seed,
    strict: options.strict ?? false,
    passed: notStarted === undefined && !results.some(isObstacle),
    ...(notStarted !== undefined && { notStarted }),
    profile: setting.findings.profile(),
    score: scoreOf(results),
    counts: countVerdicts(results),
    durationMs: Math.round(performance.now() - began),
    results,
  }
}
