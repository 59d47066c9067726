import { type Case, Fault, Unjudged } from '../../case.js'
import type { ServerLab } from '../../server-lab.js'
import { freePort, type Subject } from '../../subject.js'

/** How soon "at once" is, for runtimes that take a second to load. */
export const AT_ONCE_MS = 3000

const PLACEHOLDER = /\{(?:port|host|sequence)\}/g

/** The command without its arguments: what stands for them is left out. */
export function withoutArguments(command: readonly string[]): string[] {
  return command
    .filter((word) => !/^\{(?:port|host|sequence)\}$/.test(word))
    .map((word) => word.replaceAll(PLACEHOLDER, ''))
}

/** @throws {Fault} If a program did not end, or was ended by a signal. */
export function requireOwnEnd({ subject, ended }: { subject: Subject; ended: boolean }, how: string): string {
  if (!ended) {
    throw new Fault(`${how}, it does not end.`, {
      expected: `its end within ${AT_ONCE_MS / 1000} s`,
      received: 'it runs on',
      cause: 'Look at argc first: if (argc != ...) { fprintf(stderr, "usage: ..."); return 1; }',
    })
  }
  const { code, signal } = subject.exit!
  if (signal) {
    throw new Fault(`${how}, it is killed by ${signal}.`, {
      expected: 'an end of its own accord',
      received: signal,
      cause: 'argv[1] is NULL where no argument was given: look at argc before argv.',
    })
  }
  return `status ${code}`
}

export const usage: readonly Case<ServerLab>[] = [
  {
    id: 'S8.1',
    title: 'without arguments it ends at once',
    clause: 'HS-8.1',
    level: 'SHOULD',
    weight: 1,
    observes: 'process',
    alone: true,
    explain: 'With any status, but of its own accord: no crash, and no server on some port that nobody named.',
    async check(lab) {
      const { command } = lab.program
      if (!command!.some((word) => word.includes('{port}')))
        throw new Unjudged('not-applicable', 'the command takes no {port}')
      return requireOwnEnd(await lab.program.runWith(withoutArguments(command!), AT_ONCE_MS), 'Without arguments')
    },
  },
  {
    id: 'S8.2',
    title: 'with an argument too many it ends at once',
    clause: 'HS-8.1',
    level: 'MAY',
    weight: 1,
    observes: 'process',
    alone: true,
    explain: 'Most programs ignore it.',
    async check(lab) {
      const { command } = lab.program
      if (!command!.some((word) => word.includes('{port}')))
        throw new Unjudged('not-applicable', 'the command takes no {port}')
      const port = String(await freePort())
      const words = [...command!.map((word) => word.replaceAll('{port}', port)), port]
      return requireOwnEnd(await lab.program.runWith(words, AT_ONCE_MS), 'With an argument too many')
    },
  },
]
