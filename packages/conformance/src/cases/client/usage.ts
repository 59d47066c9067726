import { setTimeout as sleep } from 'node:timers/promises'
import { type Case, Fault, Unjudged } from '../../case.js'
import type { ClientLab } from '../../client-lab.js'
import { describeExit } from '../../subject.js'
import { AT_ONCE_MS, requireEnd, requireNoCrash, withoutArguments } from '../server/usage.js'

async function runWith(lab: ClientLab, words: readonly string[]) {
  const subject = await lab.start(words)
  const ended = await Promise.race([subject.exited.then(() => true), sleep(AT_ONCE_MS, false, { ref: false })])
  return { subject, ended }
}

/** The words without what stands for X, for a server that says nothing. @throws {Unjudged} Where no word does. */
async function withoutLast(lab: ClientLab): Promise<string[]> {
  if (!lab.command.includes('{sequence}'))
    throw new Unjudged('not-applicable', 'the command takes no {sequence} by itself')
  const { port } = await lab.listen()
  return lab.words('127.0.0.1', port, 0).filter((_, at) => lab.command[at] !== '{sequence}')
}

/** The words without any argument. @throws {Unjudged} Where there is none. */
function withoutAny(lab: ClientLab): string[] {
  if (!lab.command.some((word) => /\{(?:host|port|sequence)\}/.test(word)))
    throw new Unjudged('not-applicable', 'the command takes no arguments')
  return withoutArguments(lab.command)
}

export const usage: readonly Case<ClientLab>[] = [
  {
    id: 'C6.1',
    title: 'ends with status 0 on success',
    clause: 'HS-8.2',
    level: 'SHOULD',
    weight: 1,
    needs: ['C1.2', 'C4.1', 'C4.2'],
    observes: 'process',
    explain: 'Scripts and graders ask for the status: return 0 from main, and nothing else after success.',
    async check(lab) {
      const { subject } = await lab.usual()
      if (subject.exit?.code === 0) return undefined
      throw new Fault('The handshake was right, and the status is not 0.', {
        expected: 'status 0',
        received: subject.exit ? describeExit(subject.exit) : 'it runs on',
        cause: 'main has to end with return 0, or exit(0), where all went well.',
      })
    },
  },
  {
    id: 'C6.2',
    title: 'without arguments it ends at once',
    clause: 'HS-8.1',
    level: 'SHOULD',
    weight: 1,
    observes: 'process',
    explain: 'With any status; that it crashes is told by C6.4.',
    async check(lab) {
      return requireEnd(await runWith(lab, withoutAny(lab)), 'Without arguments')
    },
  },
  {
    id: 'C6.3',
    title: 'without its last argument it ends at once',
    clause: 'HS-8.1',
    level: 'SHOULD',
    weight: 1,
    observes: 'process',
    explain:
      'X is missing, so there is nothing to send. Somebody listens and says nothing: who does not look at argc sends what is not there, and waits. That it crashes is told by C6.4.',
    async check(lab) {
      return requireEnd(await runWith(lab, await withoutLast(lab)), 'Without its last argument')
    },
  },
  {
    id: 'C6.4',
    title: 'without arguments, or without the last, it does not crash',
    clause: 'HS-8.1',
    level: 'MAY',
    weight: 1,
    needs: ['C6.2'],
    observes: 'process',
    explain:
      'argv[n] is NULL where that argument was not given, and atoi of NULL is a crash. It is an end, and at once; whoever starts the program by hand would rather read how to use it.',
    async check(lab) {
      requireNoCrash(await runWith(lab, withoutAny(lab)), 'Without arguments')
      if (lab.command.includes('{sequence}'))
        requireNoCrash(await runWith(lab, await withoutLast(lab)), 'Without its last argument')
      return undefined
    },
  },
]
