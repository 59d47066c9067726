import { type Case, Fault } from '../../case.js'
import type { ClientLab } from '../../client-lab.js'
import { causeOfDeath } from '../../diagnose.js'
import { bytes, text } from '../../message.js'
import { describeExit, freePort } from '../../subject.js'
import { requireOwnEnd } from '../server/usage.js'

const PAUSE_MS = 300
/** Longer than it takes to be refused on loopback, shorter than anybody's patience. */
const REFUSED_MS = 3000

export const closing: readonly Case<ClientLab>[] = [
  {
    id: 'C4.1',
    title: 'closes after Z, and does not wait for the server to do it',
    clause: 'HS-4.1',
    level: 'MUST',
    weight: 3,
    needs: ['C1.2'],
    explain:
      'The server of the checker never closes first, as many real ones do not. A client that waits for the end of the stream, or for one more message, waits for ever.',
    async check(lab) {
      const run = await lab.right(lab.number())
      if (run.closed) return undefined
      throw new Fault(`${lab.settings.patienceMs / 1000} s after ${text(run.x + 2)} the connection is still open.`, {
        sent: run.answered,
        expected: 'the end of the connection',
        received: run.ended === 'after-close' ? 'the end, but only after the server had closed' : 'nothing',
        cause: 'After Z: close(fd), and return. No recv, and no loop around recv, comes after it.',
      })
    },
  },
  {
    id: 'C4.2',
    title: 'ends when it has closed',
    clause: 'HS-8.2',
    level: 'MUST',
    weight: 1,
    needs: ['C1.2', 'C4.1'],
    observes: 'process',
    explain: 'One handshake, and the program is done.',
    async check(lab) {
      const run = await lab.right(lab.number())
      if (run.ended === 'itself') return undefined
      throw new Fault('It has closed the connection, and runs on.', {
        expected: 'its end',
        received: 'it runs on',
        cause: 'A loop around the handshake, or a wait for input, keeps the program alive: return from main.',
      })
    },
  },
  {
    id: 'C4.3',
    title: 'waits for the answer: a server may take its time',
    clause: 'HS-2.3',
    level: 'MUST',
    weight: 2,
    needs: ['C1.2'],
    explain: `The answer comes after ${PAUSE_MS} ms. A recv that does not block takes this for the end.`,
    async check(lab) {
      await lab.right(lab.number(), { pauseMs: PAUSE_MS })
      return undefined
    },
  },
  {
    id: 'C4.4',
    title: 'ends when the server closes or breaks the connection instead of answering',
    clause: 'HS-5.2',
    level: 'MUST',
    weight: 2,
    needs: ['C1.1'],
    explain:
      'recv returns 0 for the first, -1 for the second. Both are the end, also of every loop around recv, and neither is a reason to crash.',
    async check(lab) {
      for (const instead of ['close', 'reset'] as const) {
        const run = await lab.run(lab.number(), { instead })
        lab.requireFirst(run)
        const how = instead === 'close' ? 'closed' : 'reset the connection'
        if (run.ended === 'no') {
          throw new Fault(`The server has ${how}, and the program runs on.`, {
            expected: 'its end',
            received: 'it runs on',
            cause: 'A loop around recv goes on when recv returns 0 or -1: that is the end.',
          })
        }
        const { signal } = run.subject.exit!
        if (signal && signal !== 'SIGPIPE') {
          throw new Fault(`The server has ${how}, and the program is killed by ${signal}.`, {
            expected: 'an end of its own accord',
            received: describeExit(run.subject.exit!),
            cause: causeOfDeath(signal),
          })
        }
        await lab.end()
      }
      return undefined
    },
  },
  {
    id: 'C4.5',
    title: 'prints ERROR when the server closes instead of answering',
    clause: 'HS-5.2',
    level: 'SHOULD',
    weight: 1,
    needs: ['C4.4', 'C3.1'],
    observes: 'output',
    explain: 'Nothing came, so nothing right came.',
    async check(lab) {
      const run = await lab.run(lab.number(), { instead: 'close' })
      if (lab.error(run).right) return undefined
      throw new Fault('The server closed without an answer, and no ERROR is printed.', {
        expected: 'a line that begins with ERROR',
        received: run.subject.out.text() || run.subject.err.text(),
        cause: 'Look at what recv returns: 0 and -1 mean that no answer came.',
      })
    },
  },
  {
    id: 'C4.6',
    title: 'survives an answer of 5,000 bytes',
    clause: 'HS-6.1',
    level: 'MUST',
    weight: 2,
    needs: ['C1.2'],
    explain:
      'Give recv one byte less than the buffer has, so that there is room for the NUL, and copy nothing into something smaller.',
    async check(lab) {
      const run = await lab.run(lab.number(), { answer: [bytes(`HELLO ${'7'.repeat(4994)}`)] })
      const { exit } = run.subject
      if (exit?.signal && exit.signal !== 'SIGPIPE' && run.ended !== 'no') {
        throw new Fault(`An answer of 5,000 bytes kills it: ${describeExit(exit)}.`, {
          expected: 'an end of its own accord',
          received: describeExit(exit),
          cause: causeOfDeath(exit.signal) ?? 'A buffer is written behind its end.',
        })
      }
      return undefined
    },
  },
  {
    id: 'C4.7',
    title: 'ends at once where nobody listens',
    clause: 'HS-8.1',
    level: 'SHOULD',
    weight: 1,
    needs: ['C1.1'],
    observes: 'process',
    explain: 'connect returns -1. Say so on stderr, and end.',
    async check(lab) {
      const subject = await lab.start(lab.words('127.0.0.1', await freePort(), lab.number()))
      const ended = await Promise.race([
        subject.exited.then(() => true),
        new Promise<false>((resolve) => setTimeout(() => resolve(false), REFUSED_MS).unref()),
      ])
      return requireOwnEnd({ subject, ended }, 'Where nobody listens')
    },
  },
]
