import { type Case, Fault, Unjudged } from '../../case.js'
import { LENGTH_IN_FRONT, LENGTH_OF_RECEIVED, SHORT } from '../../diagnose.js'
import { bytes, hello, readMessage, successors, text } from '../../message.js'
import { segmentsOf } from '../../segments.js'
import type { Exchange, ServerLab } from '../../server-lab.js'
import { fate } from '../../server-program.js'
import { QUIET_MS } from '../../wire.js'

const TRIALS = 4

/** Lengths to which a message of three digits is padded: what has no more room than that cannot take longer numbers. */
const PADDED = [11, 13]

/** One right handshake with this X. @throws {Fault} If the answer is another number. */
async function numbered(lab: ServerLab, x: number): Promise<Exchange> {
  const instance = await lab.shared()
  const exchange = await lab.exchange(instance, x)
  if (!exchange.right) {
    const fault = lab.wrongAnswer(instance, exchange)
    if (exchange.reply.length > 0 || fate(instance)) throw fault
    throw new Fault(fault.message, {
      ...fault.details,
      cause:
        'Other numbers are answered, so it is this one: a check refuses it (isdigit, if (x), x > 0), or the buffer is too small for it.',
    })
  }
  await lab.finish(exchange)
  const after = exchange.peer.received.subarray(exchange.reply.length)
  const more = after.some((byte) => byte !== 0 && byte !== 0x0a && byte !== 0x0d)
  const failed = (id: string) => lab.findings.verdicts.get(id) === 'failed'
  const told = failed('S1.7') || failed('S1.8') || (exchange.y! < 0 && failed('S1.13'))
  if (more && !told) {
    throw new Fault(`After ${text(x)}, ${text(exchange.z!)} is answered too.`, {
      sent: hello(exchange.z!),
      expected: bytes(''),
      received: after,
      cause: `${x < -1 ? 'A number below zero' : x} stands for "nothing has come yet" in the program: keep that apart from the number.`,
    })
  }
  return exchange
}

/**
 * Where everything is sent with a NUL, an answer of the length of the question is long enough, and ends with a NUL that
 * was not meant: such a program sends more of them where it gets more.
 *
 * @returns An answer that is as long as what was sent, whatever that was.
 */
async function echoOfLength(lab: ServerLab): Promise<Exchange | undefined> {
  const { ending } = await lab.facts()
  if (ending.length !== 1 || ending[0] !== 0) return undefined
  const instance = await lab.fresh()
  let exchange: Exchange | undefined
  for (const length of PADDED) {
    exchange = await lab.exchange(instance, lab.number(), { ending: new Uint8Array(length) })
    await lab.finish(exchange)
    if (!exchange.right || exchange.reply.length !== length) return undefined
  }
  return exchange
}

function eachOf(numbers: readonly number[]): Case<ServerLab>['check'] {
  return async (lab) => {
    for (const x of numbers) {
      const fault = await numbered(lab, x).then(
        () => undefined,
        (error: unknown) => error,
      )
      if (fault === undefined) continue
      const isLong = Math.max(text(x).length, text(x + 2).length) > SHORT
      if (fault instanceof Fault && isLong && lab.findings.verdicts.get('S1.15') === 'failed')
        throw new Unjudged('blocked', 'blocked by S1.15: longer numbers are too much for it')
      throw fault
    }
    return `tried ${numbers.join(', ')}`
  }
}

/** All that came on a connection in a handshake that leaves time for what should not come. */
async function unhurried(
  lab: ServerLab,
  pauseMs = QUIET_MS,
): Promise<{ before: Buffer; after: Buffer; exchange: Exchange }> {
  const instance = await lab.shared()
  const exchange = await lab.exchange(instance, lab.number(), { z: 'none' })
  if (!exchange.right) throw lab.wrongAnswer(instance, exchange)
  const { peer, y } = exchange
  await peer.untilOver(pauseMs)
  const before = peer.received
  peer.send(lab.message(y! + 1))
  await peer.untilOver((await lab.facts()).closes ? lab.settings.patienceMs : QUIET_MS)
  return { before, after: peer.received.subarray(before.length), exchange }
}

export const wire: readonly Case<ServerLab>[] = [
  {
    id: 'S1.1',
    title: 'answers HELLO X with the number X+1',
    clause: 'HS-2.2',
    level: 'MUST',
    weight: 5,
    explain:
      'The one thing that everything else rests on. The checker connects, sends HELLO and a number in one segment, with nothing behind the last digit, and waits for an answer. If none comes, or a wrong one, it tries again with a NUL, a newline and a padded buffer behind the message, so that one mistake in reading does not cost all other cases.',
    async check(lab) {
      const { first, instance, bare, answered } = await lab.facts()
      const exchange = first.right && !answered ? first : bare
      lab.transcript.sent(exchange.sent)
      if (exchange.reply.length > 0) lab.transcript.received(exchange.reply)
      else lab.transcript.add('note', 'nothing comes')
      if (answered) {
        throw new Fault(`${text(bare.x)} is not always answered: ${answered.times} of ${answered.of} times.`, {
          sent: bare.sent,
          expected: hello(bare.x + 1),
          received: bare.reply,
          cause:
            'It depends on time: recv is called before the message is there (a socket that does not block, and accept that is taken for a message), and what it returns is not looked at.',
        })
      }
      if (!first.right) throw lab.wrongAnswer(instance, bare)
      return undefined
    },
  },
  {
    id: 'S1.2',
    title: 'answers a message that ends with its last digit',
    clause: 'HS-1.1',
    level: 'MUST',
    weight: 3,
    needs: ['S1.1'],
    explain:
      'No newline and no NUL follows a message: what one recv brings is the message. A program that reads on until it sees one of them, or until a buffer is full, waits for ever.',
    async check(lab) {
      const { bare, ending } = await lab.facts()
      if (bare.reply.length > 0 || ending.length === 0) return undefined
      lab.transcript.sent(bare.sent)
      lab.transcript.add('note', 'nothing comes')
      const what = ending[0] === 0x0a ? 'a newline' : ending.length > 1 ? 'a whole buffer' : 'a NUL'
      throw new Fault(`It answers only when ${what} follows the message.`, {
        sent: bare.sent,
        expected: hello(bare.x + 1),
        received: bare.reply,
        cause: `The program reads on until ${what} has come: take what one recv brings, and write buffer[n] = 0 behind it yourself.`,
      })
    },
  },
  {
    id: 'S1.3',
    title: 'listens on the port that it was given',
    clause: 'HS-8.1',
    level: 'MUST',
    weight: 2,
    observes: 'process',
    explain:
      'The port comes from the command line, and goes into the address in network byte order: htons(port). Without htons, port 9000 becomes port 10275.',
    async check(lab) {
      const { port, toldPort } = await lab.shared()
      if (toldPort === undefined) return undefined
      const swapped = ((toldPort & 0xff) << 8) | (toldPort >> 8)
      throw new Fault(`It was told port ${toldPort}, and listens on ${port}.`, {
        expected: `a listener on port ${toldPort}`,
        received: `a listener on port ${port}`,
        cause:
          port === swapped
            ? 'The two bytes of the port are swapped: sin_port = htons(port).'
            : 'The port is written in the program: take it from the command line.',
      })
    },
  },
  {
    id: 'S1.4',
    title: 'its answer is HELLO, one space and the number, and nothing else stands in it',
    clause: 'HS-1.1',
    level: 'MUST',
    weight: 3,
    needs: ['S1.1'],
    explain: 'Capital letters, exactly one space, no plus sign, no leading zeros: `HELLO 43`.',
    async check(lab) {
      const { first } = await lab.facts()
      const { sent, reply, y } = first
      lab.transcript.sent(sent)
      lab.transcript.received(reply)
      if (readMessage(reply).wellFormed) {
        // The first answer may be right, and the next one stand behind it.
        for (let next = 0; next < 2 && !lab.findings.junk; next++) {
          await lab.finish(await lab.exchange(await lab.shared(), lab.number()))
        }
        if (!lab.findings.junk) return undefined
        const behind = lab.findings.junk
        throw new Fault('Something stands in front of an answer.', {
          sent: behind.sent,
          expected: hello(behind.x + 1),
          received: behind.reply,
          cause:
            'strcat appends to what the buffer holds, which is an earlier answer or whatever was in memory: begin each answer anew, with sprintf(reply, "HELLO %d", y).',
        })
      }
      throw new Fault(`The number is right, but the answer is not ${text(y!)}.`, {
        sent,
        expected: hello(y!),
        received: reply,
        cause:
          reply[0] === 0
            ? LENGTH_IN_FRONT
            : 'Print the answer with sprintf(reply, "HELLO %d", y), and send strlen(reply) bytes from its beginning.',
      })
    },
  },
  {
    id: 'S1.5',
    title: 'its answer has no newline',
    clause: 'HS-1.1',
    level: 'MUST',
    weight: 2,
    needs: ['S1.1'],
    explain:
      'A client that prints what it receives would print an empty line. The newline belongs to printing, not to the message.',
    async check(lab) {
      const { first } = await lab.facts()
      const { sent, reply, y } = first
      lab.transcript.sent(sent)
      lab.transcript.received(reply)
      if (!/^[^\n\r]*\d\0*[\n\r]/.test(reply.toString('latin1'))) return undefined
      throw new Fault('A newline follows the number.', {
        sent,
        expected: hello(y!),
        received: reply,
        cause: 'The newline is sent with the message: "HELLO %d\\n" has to be "HELLO %d" where it is sent.',
      })
    },
  },
  {
    id: 'S1.6',
    title: 'its answer has no NUL and no padding',
    clause: 'HS-1.1',
    level: 'SHOULD',
    weight: 1,
    needs: ['S1.1'],
    explain:
      'Many programs send the NUL that ends a text in C (strlen + 1), or the whole buffer (sizeof buffer). Receivers forgive it; programs in other languages see a byte that does not belong there.',
    async check(lab) {
      const { first } = await lab.facts()
      const { sent, reply, y } = first
      const { terminator } = readMessage(reply)
      lab.findings.terminator = terminator
      lab.transcript.sent(sent)
      lab.transcript.received(reply)
      const nuls = reply.subarray(Math.max(0, reply.indexOf('HELLO'))).filter((byte) => byte === 0).length
      if (nuls === 0) return undefined
      if (await echoOfLength(lab)) return 'as many NULs as it was sent (S1.12)'
      throw new Fault(nuls === 1 ? 'A NUL follows the number.' : `${nuls} NULs follow the number.`, {
        sent,
        expected: hello(y!),
        received: reply,
        cause:
          nuls === 1
            ? 'The NUL that ends the text in memory is sent too: send strlen(reply) bytes, not strlen(reply) + 1.'
            : 'The whole buffer is sent: send strlen(reply) bytes, not sizeof reply.',
      })
    },
  },
  {
    id: 'S1.7',
    title: 'nothing comes behind its answer',
    clause: 'HS-1.1',
    level: 'MUST',
    weight: 2,
    needs: ['S1.1'],
    explain:
      'After the answer the server waits. Bytes behind it (the rest of an earlier message, of a buffer, or a second copy) are taken for the next message. Newlines and NULs are judged by other cases.',
    async check(lab) {
      const { before, exchange } = await unhurried(lab)
      const { surplus } = readMessage(before)
      if (surplus.length === 0) return undefined
      throw new Fault('More than one message came as the answer.', {
        sent: exchange.sent,
        expected: hello(exchange.y!),
        received: before,
        cause: before.includes(0)
          ? 'The whole buffer was sent, with what was left in it: send strlen(reply) bytes, not sizeof reply.'
          : 'Something is sent twice, or a length is used that is not the length of the reply: send strlen(reply) bytes, once.',
      })
    },
  },
  {
    id: 'S1.8',
    title: 'it does not answer the second message',
    clause: 'HS-2.5',
    level: 'MUST',
    weight: 2,
    needs: ['S1.1'],
    after: ['S1.7'],
    explain: 'Three messages are a handshake. The server prints Z and closes; it sends nothing more.',
    async check(lab) {
      // What comes without Z was seen by S1.7.
      const { after, exchange } = await unhurried(lab, lab.findings.verdicts.get('S1.7') === 'passed' ? 0 : QUIET_MS)
      const more = Buffer.from(after.filter((byte) => byte !== 0 && byte !== 0x0a && byte !== 0x0d))
      if (more.length === 0) return undefined
      throw new Fault('It sent something after the second message.', {
        sent: hello(exchange.y! + 1),
        expected: bytes(''),
        received: after,
        cause:
          'The code that answers X also runs for Z: after Z, only print and close. (A loop around recv and send, as in an echo server, does this.)',
      })
    },
  },
  {
    id: 'S1.9',
    title: 'its answer is one write',
    clause: 'HS-1.1',
    level: 'MUST',
    weight: 1,
    needs: ['S1.1', 'S1.7'],
    explain:
      'A message that is written in two pieces travels in two segments; a client that calls recv once gets half of it. Build the message in a buffer with sprintf, and send it with one call.',
    async check(lab) {
      let split = 0
      let example = ''
      let known = false
      for (let trial = 0; trial < TRIALS; trial++) {
        const instance = await lab.shared()
        const exchange = await lab.exchange(instance, lab.number(), { z: 'none' })
        if (!exchange.right) throw lab.wrongAnswer(instance, exchange)
        const { peer, y } = exchange
        // What a second write brings is there by now, or on its way.
        await peer.until(() => peer.chunks.length > 1, 30)
        const segments = segmentsOf(peer)
        known ||= segments !== undefined
        if (Math.max(segments ?? 1, peer.chunks.length) > 1) {
          split++
          example =
            peer.chunks.length > 1
              ? peer.chunks.map((chunk) => chunk.toString('latin1')).join(' | ')
              : `${segments} segments`
        }
        peer.send(lab.message(y! + 1))
        await lab.finish(exchange)
      }
      if (split > 0) {
        throw new Fault(`The answer came in more than one piece in ${split} of ${TRIALS} handshakes.`, {
          expected: 'one segment',
          received: example,
          cause:
            'The message is sent with two calls (the word, then the number, or the NUL by itself): build it with sprintf, and send it once.',
        })
      }
      return known ? undefined : 'as far as can be seen without ss'
    },
  },
  {
    id: 'S1.10',
    title: 'no bytes of an earlier, longer message turn up',
    clause: 'HS-2.2',
    level: 'MUST',
    weight: 3,
    needs: ['S1.1', 'S1.2'],
    explain:
      'recv writes what came and not one byte more; it does not end a text. If the buffer held `HELLO 123` and `HELLO 7` comes, the buffer holds `HELLO 723`. The checker sends a short message after long ones, on a new connection and within one (`HELLO -1`, then `HELLO 1`). When this case fails, all others are sent with a NUL behind each message, so that the mistake costs one case.',
    async check(lab) {
      const { stale } = await lab.facts()
      if (!stale) return undefined
      lab.transcript.add('checker', 'a longer message, earlier')
      if (stale.details.sent) lab.transcript.sent(stale.details.sent)
      if (stale.details.received instanceof Uint8Array) lab.transcript.received(stale.details.received)
      throw new Fault(stale.message, stale.details)
    },
  },
  {
    id: 'S1.11',
    title: 'answers HELLO 0 with HELLO 1',
    clause: 'HS-1.2',
    level: 'MUST',
    weight: 2,
    needs: ['S1.1'],
    after: ['S1.7', 'S1.8'],
    explain: 'Zero is a number like any other. A program that takes 0 for "no number" (atoi, if (x)) refuses it.',
    check: eachOf([0]),
  },
  {
    id: 'S1.12',
    title: 'answers when the number gets one more digit: 9, 99, 999, 9999',
    clause: 'HS-2.2',
    level: 'MUST',
    weight: 3,
    needs: ['S1.1'],
    after: ['S1.7', 'S1.8', 'S1.15'],
    explain:
      'HELLO 9 has seven bytes, HELLO 10 has eight. A program that sends back as many bytes as it received cuts the answer short.',
    async check(lab) {
      const echo = await echoOfLength(lab)
      if (echo) {
        const { x, sent, reply } = echo
        throw new Fault(`The answer to ${text(x)} is as long as what was sent: ${sent.length} bytes.`, {
          sent,
          expected: hello(x + 1),
          received: reply,
          cause: LENGTH_OF_RECEIVED,
        })
      }
      return eachOf([9, 99, 999, 9999])(lab)
    },
  },
  {
    id: 'S1.13',
    title: 'answers negative numbers',
    clause: 'HS-1.2',
    level: 'MUST',
    weight: 2,
    needs: ['S1.1'],
    after: ['S1.7', 'S1.8', 'S1.15'],
    explain: 'A sequence number may be negative: HELLO -5 is answered with HELLO -4, HELLO -100 with HELLO -99.',
    check: eachOf([-5, -100, -1234]),
  },
  {
    id: 'S1.14',
    title: 'answers HELLO -1 with HELLO 0',
    clause: 'HS-1.2',
    level: 'MUST',
    weight: 2,
    needs: ['S1.1', 'S1.13'],
    explain: 'The answer is shorter than the question, and it is zero. Both surprise programs.',
    check: eachOf([-1]),
  },
  {
    id: 'S1.15',
    title: 'answers large numbers: up to 2147483645',
    clause: 'HS-1.3',
    level: 'MUST',
    weight: 2,
    needs: ['S1.1'],
    explain:
      'An int holds them; a short, a float or a buffer of ten characters does not. `HELLO 2147483645` has 16 bytes: with its NUL it needs 17.',
    check: eachOf([32767, 65535, 123456789, 2147483645]),
  },
  {
    id: 'S1.16',
    title: 'goes on counting at 2147483646 and 2147483647, in either arithmetic',
    clause: 'HS-1.3',
    level: 'MUST',
    weight: 1,
    needs: ['S1.1', 'S1.12', 'S1.15'],
    after: ['S1.13'],
    explain:
      'After the largest int comes 2147483648, or -2147483648 where a program counts in 32 bits. Both are right; the report says which was seen.',
    async check(lab) {
      const edge = await numbered(lab, 2147483647).catch((error: unknown) => {
        if (!(error instanceof Fault)) throw error
        const { silent, received } = error.details
        const noNumber = received instanceof Uint8Array && received.length > 0 && !/\d/.test(String(received))
        // What follows is below zero, in 32 bits.
        if (noNumber && lab.findings.verdicts.get('S1.13') === 'failed')
          throw new Unjudged('blocked', 'blocked by S1.13: it has no digits for numbers below zero')
        if (!silent) throw error
        const cause =
          'Behind the largest number of 32 bits, count on in 64 bits, or wrap (wrapping_add): an overflow must not end the exchange.'
        throw new Fault(error.message, { ...error.details, cause })
      })
      lab.findings.arithmetic = edge.y! < 0 ? 'int32' : 'safe'
      await numbered(lab, 2147483646)
      return `counts ${lab.findings.arithmetic === 'int32' ? 'in 32 bits' : `on to ${successors(2147483647)[0]}`}`
    },
  },
]
