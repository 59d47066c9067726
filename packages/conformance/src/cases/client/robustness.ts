import { type Case, Fault, Unjudged } from '../../case.js'
import type { ClientLab } from '../../client-lab.js'
import { bytes, hello, join, text } from '../../message.js'

/** A right answer that travels in an unusual way. */
function answered(
  about: Pick<Case<ClientLab>, 'id' | 'title' | 'clause' | 'explain'> & Partial<Pick<Case<ClientLab>, 'level'>>,
  cause: string,
  /** `ending`: what the program needs behind a message, if C1.3 or C1.9 has found it to need something. */
  piecesOf: (y: number, ending: Uint8Array) => Uint8Array[],
): Case<ClientLab> {
  return {
    level: 'MAY',
    weight: 1,
    needs: ['C1.2', 'C3.5'],
    after: ['C1.3', 'C1.9'],
    ...about,
    async check(lab) {
      const x = lab.number()
      const { ending } = await lab.facts()
      const answer = piecesOf(x + 1, ending)
      const run = await lab.run(x, { answer })
      lab.requireFirst(run)
      if (lab.isThird(run) && !lab.error(run).right) return undefined
      const known = ['C1.3', 'C1.9'].find((id) => lab.findings.verdicts.get(id) === 'failed')
      // What it needs behind a message did not come with the last digit.
      const last = answer.findLast((piece) => piece.some((byte) => byte >= 0x30))!
      if (known && !Buffer.from(last.subarray(-ending.length)).equals(ending)) {
        throw new Unjudged('blocked', `blocked by ${known}`)
      }
      if (!lab.isThird(run)) {
        throw new Fault(
          run.third.length === 0 ? `${text(x + 2)} does not come.` : `The third message is not ${text(x + 2)}.`,
          {
            sent: run.answered,
            expected: hello(x + 2),
            received: run.third,
            cause,
          },
        )
      }
      throw new Fault('ERROR is printed, although the number was right.', {
        sent: run.answered,
        expected: `${text(x + 1)}\n`,
        received: run.subject.out.text(),
        cause,
      })
    },
  }
}

const READ_ON = 'TCP carries bytes, not messages: gather what recv brings until a whole message is there.'

export const robustness: readonly Case<ClientLab>[] = [
  answered(
    {
      id: 'C5.1',
      title: 'understands an answer that ends with a NUL',
      clause: 'HS-3.1',
      level: 'SHOULD',
      explain: 'Most servers in C send strlen + 1 bytes.',
    },
    'The NUL ends the message: compare numbers, or texts as strcmp does, and not lengths; take it away before the number is read, where the language does not (rstrip("\\0") in Python).',
    (y) => [join(hello(y), bytes('\0'))],
  ),
  answered(
    {
      id: 'C5.2',
      title: 'understands an answer that ends with a newline',
      clause: 'HS-3.1',
      explain: 'Typed with nc -l, an answer ends with a newline.',
    },
    'A newline ends the message; drop it before the text is compared.',
    (y) => [join(hello(y), bytes('\n'))],
  ),
  answered(
    {
      id: 'C5.3',
      title: 'understands an answer that comes as a whole buffer of 100 bytes',
      clause: 'HS-3.1',
      explain: 'Servers in C that send sizeof buffer bytes send the message and many NULs.',
    },
    'Everything behind the first NUL is padding. Give recv room for it.',
    (y) => [join(hello(y), new Uint8Array(100 - hello(y).length))],
  ),
  answered(
    {
      id: 'C5.4',
      title: 'understands an answer in two segments',
      clause: 'HS-3.6',
      explain: '`HEL`, and 40 ms later `LO 6`; and again with the number cut in two.',
    },
    READ_ON,
    (y, ending) => [hello(y).subarray(0, 3), hello(y).subarray(3, 7), join(hello(y).subarray(7), ending)],
  ),
  answered(
    {
      id: 'C5.5',
      title: 'understands a terminator in a segment of its own',
      clause: 'HS-3.1',
      explain: 'The NUL comes by itself, after the answer.',
    },
    'A segment that holds only NULs or newlines is the end of the message before it.',
    (y) => [hello(y), bytes('\0')],
  ),
]
