import { PATIENCE_CASE } from './cases/client/closing.js'
import { clientCases } from './cases/client/index.js'
import { finish, randomSeed } from './check-server.js'
import { ClientLab } from './client-lab.js'
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
 * @throws {TypeError} If the command has no words.
 */
export async function checkClient({ command }: ClientTarget, options: CheckOptions = {}): Promise<Report> {
  if (command.length === 0) throw new TypeError('the command has no words')
  const seed = options.seed ?? randomSeed()
  const lab = new ClientLab(command, options.cwd, {
    seed,
    errors: options.errors ?? 'either',
    patienceMs: options.patienceMs ?? 2000,
    startMs: options.startMs ?? 10_000,
  })
  if (selects(options, PATIENCE_CASE)) lab.beginSilence()
  const target = `-- ${shellWords(command)}`
  return finish({
    kind: 'client',
    target,
    options,
    seed,
    run: () => runCases({ kind: 'client', cases: clientCases, lab, options, seed, target }),
    profile: () => ({
      ...(lab.terminator && { terminator: lab.terminator }),
      ...(lab.errorsSeen.size > 0 && { errors: lab.errorsSeen.size === 2 ? 'both' : [...lab.errorsSeen][0]! }),
      ...(lab.arithmetic && { arithmetic: lab.arithmetic }),
    }),
    close: () => lab.close(),
  })
}
