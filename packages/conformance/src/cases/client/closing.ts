import { type Case, Fault } from '../../case.js'
import { type ClientLab, SILENCE_MS } from '../../client-lab.js'
import { bytes, text } from '../../message.js'
import { describeExit, freePort } from '../../subject.js'

const PAUSE_MS = 300
/** Longer than it takes to be refused on loopback, shorter than anybody's patience. */
const REFUSED_MS = 3000

/** Takes so long that it begins before all others, and is judged last. */
export const PATIENCE_CASE = 'C4.8'

const BROKEN = [
  ['close', 'The server has closed'],
  ['reset', 'The server has reset the connection'],
] as const

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
      const run = await lab.usual()
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
      const run = await lab.usual()
      if (run.ended === 'itself') return undefined
      throw new Fault('It has closed the connection, and runs on.', {
        expected: 'its end',
        received: run.ended === 'after-close' ? 'its end, but only when the server had closed' : 'it runs on',
        cause:
          run.ended === 'after-close'
            ? 'Only one direction is closed, and the end of the other is waited for: close the socket (destroy() in Node, not end(); shutdown is not enough), and return.'
            : 'A loop around the handshake, or a wait for input, keeps the program alive: return from main.',
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
      for (const [instead, how] of BROKEN) {
        const run = await lab.look(how, undefined, () => ({ instead }))
        lab.requireFirst(run)
        if (run.ended === 'no') {
          throw new Fault(`${how}, and the program runs on.`, {
            expected: 'its end',
            received: 'it runs on',
            cause:
              'A loop around recv goes on when recv returns 0 or -1, or the program connects once more: that was the end.',
          })
        }
        lab.requireNoCrash(run.subject, 'C4.4', how)
      }
      return undefined
    },
  },
  {
    id: 'C4.5',
    title: 'prints ERROR when the server closes or breaks the connection instead of answering',
    clause: 'HS-5.2',
    level: 'SHOULD',
    weight: 1,
    needs: ['C4.4'],
    after: ['C3.1', 'C3.6'],
    observes: 'output',
    explain: 'Nothing came, so nothing right came. recv returns 0 where the server closed, and -1 where it broke off.',
    async check(lab) {
      for (const [instead, how] of BROKEN) {
        const run = await lab.look(how, undefined, () => ({ instead }))
        lab.requireError(run, 'C4.5', `${how} without an answer`, 'C3.1')
      }
      return undefined
    },
  },
  {
    id: 'C4.6',
    title: 'survives an answer of 5,000 bytes',
    clause: 'HS-6.1',
    level: 'MUST',
    weight: 2,
    needs: ['C1.2'],
    after: ['C4.4'],
    explain:
      'Give recv one byte less than the buffer has, so that there is room for the NUL, and copy nothing into something smaller.',
    async check(lab) {
      const run = await lab.run(lab.number(), { answer: [bytes(`HELLO ${'7'.repeat(4994)}`)] })
      if (run.ended !== 'no') lab.requireNoCrash(run.subject, 'C4.6', 'An answer of 5,000 bytes came')
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
      if (!ended) {
        throw new Fault('Where nobody listens, it does not end.', {
          expected: `its end within ${REFUSED_MS / 1000} s`,
          received: 'it runs on',
          cause: 'connect returned -1: nothing can be sent, so print why (perror), and return.',
        })
      }
      lab.requireNoCrash(subject, 'C4.7', 'Nobody listens')
      return describeExit(subject.exit!)
    },
  },
  {
    id: PATIENCE_CASE,
    title: 'gives up on a server that never answers',
    clause: 'HS-6.2',
    level: 'MAY',
    weight: 1,
    needs: ['C1.1'],
    observes: 'process',
    explain: `The server takes X and is silent for ${SILENCE_MS / 1000} s; the deadline is at 5 s. The assignment asks for no deadline, and hardly any program has one: recv waits for ever unless it is told otherwise. While this run waits, the other cases run.`,
    async check(lab) {
      const { transcript, waitedMs, exit } = await lab.silence()
      lab.show(transcript)
      if (waitedMs === undefined) {
        throw new Fault(`${SILENCE_MS / 1000} s without an answer, and it still waits.`, {
          expected: 'its end after 5 s',
          received: 'it runs on',
          cause:
            'recv waits for ever: set SO_RCVTIMEO with setsockopt, or call poll with a time before it, and end when the time is over.',
        })
      }
      return `after ${(waitedMs / 1000).toFixed(1)} s ${describeExit(exit!)}`
    },
  },
]
