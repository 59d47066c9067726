import { type Case, Fault, Unjudged } from '../../case.js'
import type { ClientLab } from '../../client-lab.js'
import { LENGTH_IN_FRONT } from '../../diagnose.js'
import { hello, readMessage, text } from '../../message.js'
import { segmentsOf } from '../../segments.js'

const SPEAKS_MS = 200
const TRIALS = 3

/** `long`: also where the program has no room for three digits, which C1.11 tells. */
function eachOf(numbers: readonly number[], { long = false } = {}): Case<ClientLab>['check'] {
  return async (lab) => {
    const tried = lab.some(lab.findings.small && !long ? numbers.filter((x) => Math.abs(x) < 100) : numbers)
    if (tried.length === 0) throw new Unjudged('blocked', 'blocked by C1.11: longer numbers are too much for it')
    for (const x of tried) await lab.numbered(x)
    return `tried ${tried.join(', ')}`
  }
}

/** Both messages that a client sends, as they came in the first handshake. */
async function messages(lab: ClientLab) {
  const { first } = await lab.facts()
  const { x } = first
  lab.show(first)
  return [
    { number: x, received: first.first },
    { number: x + 2, received: first.third },
  ].filter(({ received }) => received.length > 0)
}

export const wire: readonly Case<ClientLab>[] = [
  {
    id: 'C1.1',
    title: 'connects, and sends HELLO with the number that it was given',
    clause: 'HS-2.1',
    level: 'MUST',
    weight: 5,
    explain: 'Host, port and X are the arguments of the program. X travels as soon as the connection is there.',
    async check(lab) {
      const { bare } = await lab.facts()
      lab.show(bare)
      lab.requireFirst(bare)
      return undefined
    },
  },
  {
    id: 'C1.2',
    title: 'sends Z = Y+1 after the answer',
    clause: 'HS-2.3',
    level: 'MUST',
    weight: 5,
    needs: ['C1.1'],
    explain:
      'The checker answers with HELLO Y in one segment, with nothing behind the last digit. Where that is not understood it tries again with a NUL, a newline and a padded buffer, so that one mistake in reading does not cost all other cases.',
    async check(lab) {
      const { first, bare } = await lab.facts()
      const run = lab.isThird(first) ? first : bare
      lab.show(run)
      lab.requireThird(run)
      return undefined
    },
  },
  {
    id: 'C1.3',
    title: 'understands an answer that ends with its last digit',
    clause: 'HS-1.1',
    level: 'MUST',
    weight: 3,
    needs: ['C1.2'],
    explain: 'No newline and no NUL follows a message: what one recv brings is the message.',
    async check(lab) {
      const { bare, ending, stale } = await lab.facts()
      if (ending.length === 0 || stale || lab.isThird(bare)) return undefined
      const newline = ending.includes(0x0a)
      const what =
        ending.length > 4 ? 'a whole buffer' : newline ? `a newline${ending.includes(0) ? ' and a NUL' : ''}` : 'a NUL'
      lab.show(bare)
      throw new Fault(`It goes on only when ${what} follows the answer.`, {
        sent: bare.answered,
        expected: hello(bare.x + 2),
        received: bare.third,
        cause:
          newline && (bare.third.length > 0 || lab.error(bare).right)
            ? `The answer is compared with a text that has ${what} behind it: compare the numbers, or take the newline out of that text.`
            : `The program reads on until ${what} has come: take what one recv brings, and write buffer[n] = 0 behind it yourself.`,
      })
    },
  },
  {
    id: 'C1.4',
    title: 'its messages are HELLO, one space and the number, and nothing else stands in them',
    clause: 'HS-1.1',
    level: 'MUST',
    weight: 3,
    needs: ['C1.1'],
    explain: 'Capital letters, exactly one space, no plus sign, no leading zeros: `HELLO 42`.',
    async check(lab) {
      for (const { number, received } of await messages(lab)) {
        if (readMessage(received).wellFormed) continue
        throw new Fault(`The number is right, but the message is not ${text(number)}.`, {
          expected: hello(number),
          received,
          cause:
            received[0] === 0
              ? LENGTH_IN_FRONT
              : 'Print the message with sprintf(buffer, "HELLO %d", n), and send strlen(buffer) bytes from its beginning.',
        })
      }
      return undefined
    },
  },
  {
    id: 'C1.5',
    title: 'its messages have no newline',
    clause: 'HS-1.1',
    level: 'MUST',
    weight: 2,
    needs: ['C1.1'],
    explain: 'A server that prints what it receives would print an empty line.',
    async check(lab) {
      for (const { number, received } of await messages(lab)) {
        if (!/^[^\n\r]*\d\0*[\n\r]/.test(received.toString('latin1'))) continue
        throw new Fault('A newline follows the number.', {
          expected: hello(number),
          received,
          cause: 'The newline is sent with the message: "HELLO %d\\n" has to be "HELLO %d" where it is sent.',
        })
      }
      return undefined
    },
  },
  {
    id: 'C1.6',
    title: 'its messages have no NUL and no padding',
    clause: 'HS-1.1',
    level: 'SHOULD',
    weight: 1,
    needs: ['C1.1'],
    explain:
      'Many programs send the NUL that ends a text in C (strlen + 1), or the whole buffer. Receivers forgive it.',
    async check(lab) {
      for (const { received } of await messages(lab)) {
        lab.findings.terminator = readMessage(received).terminator
        const at = received.indexOf(0, Math.max(0, received.indexOf('HELLO')))
        if (at <= 0) continue
        const nuls = received.subarray(at).filter((byte) => byte === 0).length
        throw new Fault(nuls === 1 ? 'A NUL follows the number.' : `${nuls} NULs follow the number.`, {
          expected: received.subarray(0, at),
          received,
          cause:
            nuls === 1
              ? 'The NUL that ends the text in memory is sent too: send strlen(buffer) bytes, not strlen(buffer) + 1.'
              : 'The whole buffer is sent: send strlen(buffer) bytes, not sizeof buffer.',
        })
      }
      return undefined
    },
  },
  {
    id: 'C1.7',
    title: 'says nothing more before the answer, and nothing behind its messages',
    clause: 'HS-2.3',
    level: 'MUST',
    weight: 2,
    needs: ['C1.1'],
    explain: `The server waits ${SPEAKS_MS} ms before it answers. Newlines and NULs are judged by other cases.`,
    async check(lab) {
      const run = await lab.run(lab.number(), { pauseMs: SPEAKS_MS })
      for (const [number, received] of [
        [run.x, run.first],
        [run.x + 2, run.third],
      ] as const) {
        const { surplus } = readMessage(received)
        if (received.length === 0 || surplus.length === 0) continue
        throw new Fault('More came than one message.', {
          expected: hello(number),
          received,
          cause: received.includes(0)
            ? 'The whole buffer was sent, with what was left in it: send strlen(buffer) bytes, not sizeof buffer.'
            : 'Something is sent twice, too early, or with a length that is not that of the message.',
        })
      }
      return undefined
    },
  },
  {
    id: 'C1.8',
    title: 'each of its messages is one write',
    clause: 'HS-1.1',
    level: 'MUST',
    weight: 1,
    needs: ['C1.2', 'C1.7'],
    after: ['C4.3'],
    explain:
      'A message that is written in two pieces travels in two segments; a server that calls recv once gets half of it.',
    async check(lab) {
      let split = 0
      let example = ''
      const numbers = lab.some(Array.from({ length: TRIALS }, () => lab.number()))
      for (const x of numbers) {
        const run = await lab.run(x, { pauseMs: 15 })
        lab.requireFirst(run)
        if (!lab.isThird(run) && lab.findings.verdicts.get('C4.3') === 'failed') {
          throw new Unjudged('blocked', 'blocked by C4.3: it did not wait for the answer')
        }
        lab.requireThird(run)
        const { peer } = run
        const segments = segmentsOf(peer!) ?? 2
        if (Math.max(segments, peer!.chunks.length) > 2) {
          split++
          example =
            peer!.chunks.length > 2
              ? peer!.chunks.map((chunk) => chunk.toString('latin1')).join(' | ')
              : `${segments} segments`
        }
        await lab.end()
      }
      if (split === 0) return undefined
      throw new Fault(`Its two messages came in more than two pieces in ${split} of ${numbers.length} handshakes.`, {
        expected: 'two segments',
        received: example,
        cause:
          'A message is sent with two calls (the word, then the number, or the NUL by itself): build it with sprintf, and send it once.',
      })
    },
  },
  {
    id: 'C1.9',
    title: 'no bytes of an earlier, longer message turn up',
    clause: 'HS-2.3',
    level: 'MUST',
    weight: 3,
    needs: ['C1.2', 'C1.3'],
    explain:
      'recv writes what came and not one byte more; it does not end a text. `HELLO -99` in a buffer that held `HELLO -100` is `HELLO -990`. When this case fails, all others are answered with a NUL behind the message, so that the mistake costs one case.',
    async check(lab) {
      const { stale } = await lab.facts()
      if (!stale) return undefined
      lab.show(stale.run)
      throw stale.fault
    },
  },
  {
    id: 'C1.10',
    title: 'X = 0: HELLO 0, HELLO 1, HELLO 2',
    clause: 'HS-1.2',
    level: 'MUST',
    weight: 2,
    needs: ['C1.2'],
    explain: 'Zero is a number like any other.',
    check: eachOf([0]),
  },
  {
    id: 'C1.11',
    title: 'numbers that get one more digit: 8, 9, 98, 99, 999',
    clause: 'HS-2.3',
    level: 'MUST',
    weight: 2,
    needs: ['C1.2'],
    explain:
      'HELLO 9 has seven bytes, HELLO 10 has eight. A length that was taken from another message cuts one short.',
    check: eachOf([8, 9, 98, 99, 999], { long: true }),
  },
  {
    id: 'C1.12',
    title: 'negative numbers',
    clause: 'HS-1.2',
    level: 'MUST',
    weight: 2,
    needs: ['C1.2'],
    explain: 'HELLO -5 is answered with HELLO -4, and that with HELLO -3.',
    check: eachOf([-5, -100, -1234]),
  },
  {
    id: 'C1.13',
    title: 'across zero: -2 and -1',
    clause: 'HS-1.2',
    level: 'MUST',
    weight: 2,
    needs: ['C1.2', 'C1.12'],
    explain: 'The number gets shorter, and it is zero. Both surprise programs.',
    check: eachOf([-2, -1]),
  },
  {
    id: 'C1.14',
    title: 'large numbers: up to 2147483645',
    clause: 'HS-1.3',
    level: 'MUST',
    weight: 2,
    needs: ['C1.2'],
    explain:
      'An int holds them; a short, a float or a buffer of ten characters does not. `HELLO 2147483645` needs 17 bytes with its NUL.',
    check: eachOf([32767, 65534, 123456789, 2147483645]),
  },
  {
    id: 'C1.15',
    title: 'goes on counting at 2147483646, in either arithmetic',
    clause: 'HS-1.3',
    level: 'MUST',
    weight: 1,
    needs: ['C1.2', 'C1.11', 'C1.14'],
    explain:
      'After the largest int comes 2147483648, or -2147483648 where a program counts in 32 bits. Both are right; the report says which was seen.',
    async check(lab) {
      const run = await lab.numbered(2147483646)
      lab.findings.arithmetic = readMessage(run.third).sequence! < 0 ? 'int32' : 'safe'
      return `counts ${lab.findings.arithmetic === 'int32' ? 'in 32 bits' : 'on to 2147483648'}`
    },
  },
]
