import { checkOptions } from '@hs/options'
import { PATIENCE_CASE } from './cases/client/closing.js'
import { clientCases } from './cases/client/index.js'
import { finish, randomSeed } from './check-server.js'
import { CHECK_OPTIONS, CLIENT_TARGET } from './checks.js'
import { ClientSetting } from './client-lab.js'
import type { Report } from './report.js'
import { type CheckOptions, runCases, selects, shellWords } from './run.js'

/** A command whose words may hold `{host}`, `{port}` and `{sequence}`. */
export interface ClientTarget {
  readonly command: readonly string[]
}

/**
 * Checks a client: each case starts it anew, against a server that does what the case says. What it did wrong is in the
 * report; nothing is thrown for it.
 *
 * @throws {TypeError | RangeError} For a command or an option that makes no sense: it names the option and the value.
 */
export async function checkClient(wanted: ClientTarget, given: CheckOptions = {}): Promise<Report> {
  const { command } = CLIENT_TARGET.read('target', wanted)
  const options = checkOptions('checkClient', given, CHECK_OPTIONS)
  const seed = options.seed ?? randomSeed()
  const setting = new ClientSetting(command, options.cwd, {
    seed,
    errors: options.errors ?? 'either',
    patienceMs: options.patienceMs ?? 2000,
    startMs: options.startMs ?? 10_000,
  })
  if (selects(options, PATIENCE_CASE)) void setting.silence().catch(() => {})
  const target = `-- ${shellWords(command)}`
  return finish({
    kind: 'client',
    target,
    options,
    seed,
    run: () => runCases({ kind: 'client', cases: clientCases, setting, options, seed, target }),
    setting,
  })
}
