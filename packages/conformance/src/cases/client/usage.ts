import { setTimeout as sleep } from 'node:timers/promises'
import { type Case, Fault, Unjudged } from '../../case.js'
import type { ClientLab } from '../../client-lab.js'
import { describeExit } from '../../subject.js'
import { AT_ONCE_MS, requireOwnEnd, withoutArguments } from '../server/usage.js'

async function runWith(lab: ClientLab, words: readonly string[]) {
  const subject = await lab.start(words)
  const ended = await Promise.race([subject.exited.then(() => true), sleep(AT_ONCE_MS, false, { ref: false })])
  return { subject, ended }
}

const LOOK_AT_ARGC = 'argv[n] is NULL where that argument was not given: look at argc before argv.'

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
    explain: 'With any status, but of its own accord: no crash.',
    async check(lab) {
      if (!lab.command.some((word) => /\{(?:host|port|sequence)\}/.test(word)))
        throw new Unjudged('not-applicable', 'the command takes no arguments')
      const run = await runWith(lab, withoutArguments(lab.command))
      lab.requireNoCrash(run.subject, 'C6.2', 'It has no arguments', { cause: LOOK_AT_ARGC })
      return requireOwnEnd(run, 'Without arguments')
    },
  },
  {
    id: 'C6.3',
    title: 'without its last argument it ends at once',
    clause: 'HS-8.1',
    level: 'SHOULD',
    weight: 1,
    after: ['C6.2'],
    observes: 'process',
    explain: 'With any status, but of its own accord: X is missing, so there is nothing to send.',
    async check(lab) {
      if (!lab.command.includes('{sequence}'))
        throw new Unjudged('not-applicable', 'the command takes no {sequence} by itself')
      const words = lab.words('127.0.0.1', 9, 0).filter((_, at) => lab.command[at] !== '{sequence}')
      const run = await runWith(lab, words)
      lab.requireNoCrash(run.subject, 'C6.3', 'Its last argument is missing', { like: 'C6.2', cause: LOOK_AT_ARGC })
      return requireOwnEnd(run, 'Without its last argument')
    },
  },
]
