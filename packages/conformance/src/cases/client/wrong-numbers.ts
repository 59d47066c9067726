import { type Case, Fault, Unjudged } from '../../case.js'
import type { ClientLab, Run } from '../../client-lab.js'
import { bytes, join, readMessage, text } from '../../message.js'

const withDigit = (x: number) => `${text(x + 1)}0`

/** Answers that are wrong for this X. */
const WRONG: readonly ((x: number) => string)[] = [
  (x) => text(x + 9),
  (x) => text(x),
  (x) => text(x + 2),
  withDigit,
  (x) => text(-(x + 1)),
]

async function wrong(lab: ClientLab, answerOf: (x: number) => string): Promise<Run> {
  const { ending } = await lab.facts()
  return lab.look(`${answerOf(1000)} where HELLO 1001 had to come`, undefined, (x) => ({
    answer: [join(bytes(answerOf(x)), ending)],
  }))
}

export const wrongNumbers: readonly Case<ClientLab>[] = [
  {
    id: 'C3.1',
    title: 'prints ERROR when Y is wrong',
    clause: 'HS-2.4',
    level: 'MUST',
    weight: 3,
    needs: ['C1.2'],
    after: ['C1.11'],
    observes: 'output',
    explain:
      'A line that begins with ERROR, on stdout or stderr (--errors says which is asked for). Y is tried too large, equal to X, X+2, with a digit more, and negative.',
    async check(lab) {
      // Who does not read the last digit of a longer answer was told so by C1.11.
      const cutsDigits = lab.findings.verdicts.get('C1.11') === 'failed'
      for (const answerOf of lab.some(WRONG.filter((one) => !(cutsDigits && one === withDigit)))) {
        const run = await wrong(lab, answerOf)
        lab.requireError(run, 'C3.1', `${answerOf(run.x)} came where ${text(run.x + 1)} had to`)
      }
      return `seen on ${[...lab.findings.errorsSeen].join(' and ')}`
    },
  },
  {
    id: 'C3.2',
    title: 'sends nothing more when Y is wrong',
    clause: 'HS-2.4',
    level: 'MUST',
    weight: 3,
    needs: ['C1.2', 'C1.7'],
    after: ['C3.1'],
    explain: 'No Z, and nothing else: the server sees the connection close, and knows.',
    async check(lab) {
      for (const answerOf of lab.some(WRONG.slice(0, 3))) {
        const run = await wrong(lab, answerOf)
        if (run.third.length > 0) {
          const { right, elsewhere, almost } = lab.error(run)
          const goesOn = readMessage(run.third).sequence !== undefined
          if (goesOn && lab.findings.verdicts.get('C3.1') === 'failed' && !right && !elsewhere && !almost) {
            throw new Unjudged('blocked', 'blocked by C3.1: it took the answer for right')
          }
          throw new Fault(`${answerOf(run.x)} is wrong, and yet something was sent after it.`, {
            sent: run.answered,
            expected: bytes(''),
            received: run.third,
            cause: goesOn
              ? 'After ERROR: close, and end. An else, or a return, is missing before Z is sent.'
              : 'ERROR is printed, and not sent: the server sees the connection close.',
          })
        }
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
    needs: ['C1.2'],
    after: ['C4.1'],
    explain: 'The server holds the connection open, and waits for Z or the end.',
    async check(lab) {
      const run = await wrong(lab, WRONG[0]!)
      if (run.closed) return undefined
      if (lab.findings.verdicts.get('C4.1') === 'failed')
        throw new Unjudged('blocked', 'blocked by C4.1: it does not close then, either')
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
    needs: ['C1.2', 'C2.1'],
    observes: 'output',
    explain: 'Every message that is received is printed; then it is judged.',
    async check(lab) {
      const run = await wrong(lab, WRONG[0]!)
      const message = text(run.x + 9)
      const output = run.subject.out.text()
      const [at, errorAt] = [output.indexOf(message), output.indexOf('ERROR')]
      if (at >= 0 && (errorAt < 0 || at < errorAt)) return undefined
      throw new Fault(
        at < 0 ? `${message}, which is wrong, is not printed.` : `ERROR is printed before ${message}, which is wrong.`,
        {
          sent: run.answered,
          expected: `${message}\nERROR`,
          received: output,
          cause:
            at < 0
              ? 'The message is printed only where it is right: print first, then compare.'
              : 'It is compared before it is printed: print first, then compare.',
        },
      )
    },
  },
  {
    id: 'C3.5',
    title: 'prints no ERROR when Y is right',
    clause: 'HS-2.4',
    level: 'MUST',
    weight: 3,
    needs: ['C1.2'],
    after: ['C4.1'],
    observes: 'output',
    explain: 'Handshakes with small, negative and growing numbers, all of them right.',
    async check(lab) {
      for (const x of lab.some([9, 99, -1, -5, undefined])) {
        const run = await (x === undefined ? lab.look('usual') : lab.look(`X = ${x}`, x))
        if (lab.isThird(run) && lab.error(run).right) {
          if (lab.findings.verdicts.get('C4.1') === 'failed' && run.left && lab.error(run, run.left).right)
            throw new Unjudged('blocked', 'blocked by C4.1: it waits for more after Z, and complains that none comes')
          throw new Fault(`${text(run.x + 1)} is right, and yet ERROR is printed.`, {
            sent: run.answered,
            expected: `${text(run.x + 1)}\n`,
            received: run.subject.out.text() || run.subject.err.text(),
            cause: 'Y has to be compared with X + 1, where X is the number that was sent.',
          })
        }
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
    needs: ['C1.2'],
    after: ['C3.1', 'C4.4'],
    observes: 'output',
    explain:
      'HELLO abc is no message, and neither is HELLO. sscanf leaves the variable as it was, which may be the right number; strtok finds no second word, and returns NULL.',
    async check(lab) {
      let known: Unjudged | undefined
      for (const answer of ['HELLO abc', 'HELLO']) {
        const run = await wrong(lab, () => answer)
        try {
          if (run.ended !== 'no') lab.requireNoCrash(run.subject, 'C3.6', `${answer} came`, { like: 'C4.4' })
          lab.requireError(run, 'C3.6', `${answer} came`, 'C3.1')
        } catch (error) {
          // One answer may show what is known already, and the other something new.
          if (!(error instanceof Unjudged)) throw error
          known = error
        }
      }
      if (known) throw known
      return undefined
    },
  },
]
