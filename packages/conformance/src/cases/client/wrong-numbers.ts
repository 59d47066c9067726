import { type Case, Fault } from '../../case.js'
import type { ClientLab, Run } from '../../client-lab.js'
import { bytes, join, text } from '../../message.js'

/** Answers that are wrong for this X. */
const WRONG: readonly ((x: number) => string)[] = [
  (x) => text(x + 9),
  (x) => text(x),
  (x) => text(x + 2),
  (x) => `${text(x + 1)}0`,
  (x) => text(-(x + 1)),
]

async function wrong(lab: ClientLab, answerOf: (x: number) => string): Promise<Run> {
  const { ending } = await lab.facts()
  const x = lab.number()
  return lab.run(x, { answer: [join(bytes(answerOf(x)), ending)] })
}

function requireError(lab: ClientLab, run: Run, why: string): void {
  const { right, elsewhere, almost } = lab.error(run)
  if (right) return
  const { errors } = lab.settings
  throw new Fault(`${why}, but no ERROR is printed on ${errors === 'either' ? 'stdout or stderr' : errors}.`, {
    sent: run.answered,
    expected: 'a line that begins with ERROR',
    received: elsewhere ? `ERROR on ${errors === 'stdout' ? 'stderr' : 'stdout'}` : (almost ?? run.subject.out.text()),
    cause: elsewhere
      ? `Print ERROR on ${errors}.`
      : almost
        ? 'The text has to begin with ERROR, in capital letters, at the beginning of a line.'
        : 'Y has to be compared with X + 1 as a number: if (y != x + 1) { printf("ERROR\\n"); close(fd); ... }.',
  })
}

export const wrongNumbers: readonly Case<ClientLab>[] = [
  {
    id: 'C3.1',
    title: 'prints ERROR when Y is wrong',
    clause: 'HS-2.4',
    level: 'MUST',
    weight: 3,
    needs: ['C1.2'],
    observes: 'output',
    explain:
      'A line that begins with ERROR, on stdout or stderr (--errors says which is asked for). Y is tried too large, equal to X, X+2, with a digit more, and negative.',
    async check(lab) {
      for (const answerOf of WRONG) {
        const run = await wrong(lab, answerOf)
        requireError(lab, run, `${answerOf(run.x)} came where ${text(run.x + 1)} had to`)
        await lab.end()
      }
      return `seen on ${[...lab.errorsSeen].join(' and ')}`
    },
  },
  {
    id: 'C3.2',
    title: 'sends nothing more when Y is wrong',
    clause: 'HS-2.4',
    level: 'MUST',
    weight: 3,
    needs: ['C1.2', 'C1.7', 'C3.1'],
    explain: 'No Z, and nothing else: the server sees the connection close, and knows.',
    async check(lab) {
      for (const answerOf of WRONG.slice(0, 3)) {
        const run = await wrong(lab, answerOf)
        if (run.third.length > 0) {
          throw new Fault(`${answerOf(run.x)} is wrong, and yet something was sent after it.`, {
            sent: run.answered,
            expected: bytes(''),
            received: run.third,
            cause: 'After ERROR: close, and end. An else, or a return, is missing before Z is sent.',
          })
        }
        await lab.end()
      }
      return undefined
    },
  },
  {
    id: 'C3.3',
    title: 'closes when Y is wrong, without waiting for the server',
    clause: 'HS-2.4',
    level: 'MUST',
    weight: 2,
    needs: ['C1.2', 'C4.1'],
    explain: 'The server holds the connection open, and waits for Z or the end.',
    async check(lab) {
      const run = await wrong(lab, WRONG[0]!)
      if (run.closed) return undefined
      throw new Fault(`${lab.settings.patienceMs / 1000} s after the wrong answer the connection is still open.`, {
        sent: run.answered,
        expected: 'the end of the connection',
        received: run.ended === 'after-close' ? 'the end, but only after the server had closed' : 'nothing',
        cause: 'The branch that prints ERROR has to close too, and must not call recv again.',
      })
    },
  },
  {
    id: 'C3.4',
    title: 'prints the wrong Y too, before ERROR',
    clause: 'HS-5.2',
    level: 'SHOULD',
    weight: 1,
    needs: ['C2.1', 'C3.1'],
    observes: 'output',
    explain: 'Every message that is received is printed; then it is judged.',
    async check(lab) {
      const run = await wrong(lab, WRONG[0]!)
      const message = text(run.x + 9)
      if (run.subject.out.text().includes(message)) return undefined
      throw new Fault(`${message}, which is wrong, is not printed.`, {
        sent: run.answered,
        expected: `${message}\nERROR`,
        received: run.subject.out.text(),
        cause: 'The message is printed only where it is right: print first, then compare.',
      })
    },
  },
  {
    id: 'C3.5',
    title: 'prints no ERROR when Y is right',
    clause: 'HS-2.4',
    level: 'MUST',
    weight: 3,
    needs: ['C1.2'],
    observes: 'output',
    explain: 'Handshakes with small, negative and growing numbers, all of them right.',
    async check(lab) {
      for (const x of [lab.number(), 9, 99, -1, -5]) {
        const run = await lab.run(x)
        if (lab.isThird(run) && lab.error(run).right) {
          throw new Fault(`${text(x + 1)} is right, and yet ERROR is printed.`, {
            sent: run.answered,
            expected: `${text(x + 1)}\n`,
            received: run.subject.out.text() || run.subject.err.text(),
            cause: 'Y has to be compared with X + 1, where X is the number that was sent.',
          })
        }
        await lab.end()
      }
      return undefined
    },
  },
  {
    id: 'C3.6',
    title: 'prints ERROR when the answer has no number',
    clause: 'HS-5.3',
    level: 'SHOULD',
    weight: 1,
    needs: ['C3.1'],
    observes: 'output',
    explain: 'HELLO abc is no message. sscanf leaves the variable as it was, which may be the right number.',
    async check(lab) {
      const run = await wrong(lab, () => 'HELLO abc')
      requireError(lab, run, 'HELLO abc came')
      return undefined
    },
  },
]
