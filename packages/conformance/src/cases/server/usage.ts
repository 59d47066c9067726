import { type Case, Fault, Unjudged } from '../../case.js'
import type { ServerLab } from '../../server-lab.js'
import type { Trial } from '../../server-program.js'
import { describeExit, freePort } from '../../subject.js'

/** How soon "at once" is, for runtimes that take a second to load. */
export const AT_ONCE_MS = 3000

const PLACEHOLDER = /\{(?:port|host|sequence)\}/g

/** The command without its arguments: what stands for them is left out. */
export function withoutArguments(command: readonly string[]): string[] {
  return command
    .filter((word) => !/^\{(?:port|host|sequence)\}$/.test(word))
    .map((word) => word.replaceAll(PLACEHOLDER, ''))
}

/** Any end will do, also by a signal: that it crashes is told, and costs nothing. @throws {Fault} If it did not end. */
export function requireEnd({ subject, ended }: Trial, how: string): string {
  if (ended) return describeExit(subject.exit!)
  throw new Fault(`${how}, it does not end.`, {
    expected: `its end within ${AT_ONCE_MS / 1000} s`,
    received: 'it runs on',
    cause: 'Look at argc first: if (argc != ...) { fprintf(stderr, "usage: ..."); return 1; }',
  })
}

/** @throws {Fault} If a program was ended by a signal. */
export function requireNoCrash({ subject }: Trial, how: string): void {
  const { signal } = subject.exit ?? {}
  if (!signal || subject.stopped) return
  throw new Fault(`${how}, it is killed by ${signal}.`, {
    expected: 'an end of its own accord',
    received: describeExit(subject.exit!),
    cause: 'argv[n] is NULL where that argument was not given: look at argc before argv.',
  })
}

/** @throws {Unjudged} Where there are no arguments to leave out, or to add to. */
function argumentsOf(lab: ServerLab): readonly string[] {
  const { command, takesPort } = lab.program
  if (!takesPort) throw new Unjudged('not-applicable', 'the command takes no {port}')
  return command!
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
    explain:
      'With any status; that it crashes is told by S8.3. But it does not wait, and it does not serve some port that nobody named.',
    async check(lab) {
      const words = withoutArguments(argumentsOf(lab))
      return requireEnd(await lab.program.runWith(words, AT_ONCE_MS), 'Without arguments')
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
      const port = String(await freePort())
      const words = [...argumentsOf(lab).map((word) => word.replaceAll('{port}', port)), port]
      return requireEnd(await lab.program.runWith(words, AT_ONCE_MS), 'With an argument too many')
    },
  },
  {
    id: 'S8.3',
    title: 'without arguments it does not crash',
    clause: 'HS-8.1',
    level: 'MAY',
    weight: 1,
    needs: ['S8.1'],
    observes: 'process',
    alone: true,
    explain:
      'argv[1] is NULL where no argument was given, and atoi of NULL is a crash. It is an end, and at once; whoever starts the program by hand would rather read how to use it.',
    async check(lab) {
      requireNoCrash(await lab.program.runWith(withoutArguments(argumentsOf(lab)), AT_ONCE_MS), 'Without arguments')
      return undefined
    },
  },
]
