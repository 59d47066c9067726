import { escapeBytes } from '@hs/protocol'
import { readMessage, successors } from './message.js'

/** What is known of an answer that is wrong. */
interface Answer {
  readonly side: 'server' | 'client'
  readonly sent: Uint8Array
  readonly expected: Uint8Array
  readonly received: Uint8Array
  /** The connection was closed, and the program lives. */
  readonly closed?: boolean
}

/** As many bytes as the longest message has that nobody's array is too small for: three digits. */
export const SHORT = 9
/** What sizeof says of a pointer. */
const POINTER = 8

/** The mistake in the author's own code that usually looks like this, or undefined where none is known. */
export function causeOfAnswer({ side, sent, expected, received, closed = false }: Answer): string | undefined {
  const got = Buffer.from(received).toString('latin1')
  const want = Buffer.from(expected).toString('latin1')
  const was = Buffer.from(sent)
    .toString('latin1')
    .replace(/[\0\r\n]+$/, '')
  if (got === '' && closed) {
    return 'It closed the connection instead of answering: recv did not wait for the message and returned -1 (a socket that does not block, a time limit), or a check refused what came.'
  }
  if (got === '') {
    return 'Nothing came. The program may still be reading: one recv brings one message here, and no newline and no NUL follows it, so do not loop until one comes or until the connection ends, and do not ask for a fixed number of bytes (MSG_WAITALL, fread, readUTF, read in a loop).'
  }
  if (got === want.slice(0, was.length) && want.length > was.length) {
    return LENGTH_OF_RECEIVED
  }
  if (/^HELLO ?$/.test(got)) {
    return 'The reply has no number: print it into the buffer with sprintf(buffer, "HELLO %d", n). Who makes digits of a number without it must know zero, and the minus sign.'
  }
  if (want.startsWith(got) && got.length === POINTER) {
    return `The reply was cut short after ${POINTER} bytes, the size of a pointer: sizeof tells the size of an array, and not of what malloc gave. Send strlen of the reply.`
  }
  if (want.startsWith(got)) {
    return `The reply was cut short after ${got.length} bytes: send strlen of the reply, and make the buffer large enough for it.`
  }
  const reading = readMessage(received)
  const expectedNumber = readMessage(expected).sequence!
  if (isWithoutSign(received, expectedNumber)) return UNSIGNED
  const sentNumber = readMessage(sent).sequence
  if (reading.sequence === undefined) {
    if (/HELLO/i.test(got))
      return 'The reply has no number: print it into the buffer with sprintf(buffer, "HELLO %d", n).'
    return 'The reply is no message: it has to be HELLO, one space and the number, as text.'
  }
  if (reading.sequence === expectedNumber) return undefined
  if (reading.sequence === sentNumber) {
    return side === 'server'
      ? 'The number came back as it was: add 1 to it before sending.'
      : 'It is the number that the server sent: add 1 to it before sending.'
  }
  if (!/HELLO/i.test(got) && expected.length > SHORT) {
    return 'Not even HELLO came: something was written behind the end of an array that is too small for the number, over what stood there. HELLO -2147483648 has 17 characters, and the NUL.'
  }
  if (reading.sequence === expectedNumber + 1) return 'One too many: the number was increased twice.'
  if (reading.sequence === 1 && expectedNumber !== 1) {
    return 'The number was read as 0: atoi of the whole message finds no digits, so skip the six bytes of "HELLO " first; and it must not skip more than six.'
  }
  if (sentNumber !== undefined && sentNumber < 0 && reading.sequence === -sentNumber + 1) {
    return 'The minus sign was lost: read the number with atoi, strtol or %d, beginning directly behind "HELLO ".'
  }
  if (String(reading.sequence) === `${sentNumber}1`) {
    return 'The 1 was put behind the digits: a number that is still text is not added to, so make a number of it first (Number(text) + 1, int(text) + 1).'
  }
  if (
    String(reading.sequence - (expectedNumber - sentNumber! || 1)).startsWith(String(sentNumber)) &&
    sentNumber !== 0
  ) {
    return 'Digits were read that were not sent: the buffer still held the previous message. End what was received with buffer[n] = 0, where n is what recv returned.'
  }
  const begins = (number: number, digits: string) =>
    String(number).length > digits.length && String(number).startsWith(digits)
  const cut =
    successors(sentNumber ?? expectedNumber).some((number) => begins(number, String(reading.sequence))) ||
    // Lost when it was read, and increased then.
    (Math.abs(sentNumber ?? 0) >= 100 && begins(sentNumber!, String(reading.sequence - 1)))
  if (cut || (Math.abs(expectedNumber) >= 100 && String(expectedNumber).includes(String(reading.sequence)))) {
    return 'Digits were lost on the way: is the buffer, or the number read from it, too small? An int needs 11 characters and the NUL.'
  }
  if (Math.abs(expectedNumber) > 2 ** 24 && Math.abs(reading.sequence - expectedNumber) < 256) {
    return 'The number is nearly right: a float holds only 24 bits. Use int or long.'
  }
  return 'The number has nothing to do with the one that was sent: read it from what recv brought, after recv, and directly behind "HELLO ".'
}

/** Why a program may have died, from the signal that killed it. */
export function causeOfDeath(signal: NodeJS.Signals | null): string | undefined {
  switch (signal) {
    case 'SIGPIPE':
      return 'It wrote to a connection that its peer had closed, which kills a program with SIGPIPE: call signal(SIGPIPE, SIG_IGN) once, or pass MSG_NOSIGNAL to send, and look at what send returns.'
    case 'SIGSEGV':
    case 'SIGBUS':
      return 'It touched memory that is not its own: look for strtok, strchr or strstr that returned NULL, an array that is too small, and buffer[n] with n = -1.'
    case 'SIGABRT':
      return 'The C library found its memory damaged and stopped it: something was written behind the end of a buffer, or free was called twice, or for what malloc did not give.'
    case 'SIGALRM':
      return 'The time was over that it had set with alarm: call alarm(0) when a connection is done, or give the socket a time limit instead (SO_RCVTIMEO).'
    case 'SIGFPE':
      return 'It divided by zero.'
    case 'SIGXCPU':
      return 'It used up its processor time: an endless loop, often one that goes on when recv returns 0.'
    default:
      return undefined
  }
}

/** The first position in which two texts differ; undefined where they are equal. */
function firstDifference(expected: Uint8Array, received: Uint8Array): number | undefined {
  const length = Math.max(expected.length, received.length)
  for (let at = 0; at < length; at++) if (expected[at] !== received[at]) return at
  return undefined
}

/** Expected and received below each other, with a caret under the first byte that differs. */
export function comparison(expected: Uint8Array, received: Uint8Array): string[] {
  const at = firstDifference(expected, received)
  // What is equal for long is cut away in front, so that the difference is in view.
  const from = at !== undefined && at > 40 ? at - 20 : 0
  const show = (value: Uint8Array) =>
    `${from > 0 ? '...' : ''}${escapeBytes(value.subarray(from), 64)}  (${value.length} ${value.length === 1 ? 'byte' : 'bytes'})`
  const lines = [`expected  ${show(expected)}`, `received  ${show(received)}`]
  if (at !== undefined) {
    const before = escapeBytes(expected.subarray(from, at), 64).length + (from > 0 ? 3 : 0)
    lines.push(`          ${' '.repeat(before)}^ ${describeDifference(expected, received, at)}`)
  }
  return lines
}

function describeDifference(expected: Uint8Array, received: Uint8Array, at: number): string {
  if (at >= received.length) return 'ends here'
  if (at >= expected.length) return 'one byte too many'.replace('one byte', count(received.length - expected.length))
  return `0x${received[at]!.toString(16).padStart(2, '0')} instead of 0x${expected[at]!.toString(16).padStart(2, '0')}`
}

const count = (bytes: number) => `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`

/** What a cause is where an answer is as long as the question. */
export const LENGTH_OF_RECEIVED =
  'The reply carries as many bytes as were received: send strlen of the reply, not of the message that came in.'

/** Whether a number below zero came out 2^32 too large, or 2^64. */
export function isWithoutSign(received: Uint8Array, number: number): boolean {
  const digits = /\d+/.exec(Buffer.from(received).toString('latin1'))?.[0]
  return number < 0 && [32, 64].some((bits) => digits === String(BigInt.asUintN(bits, BigInt(number))))
}

/** ... where it did. */
export const UNSIGNED =
  'A number below zero was read or printed without its sign: use int and %d, and not unsigned, and neither %u nor %lu.'

/** ... where two bytes stand in front of a message. */
export const LENGTH_IN_FRONT =
  'Its length stands in front of the message, as writeUTF in Java puts it there: write the bytes of the text, write(text.getBytes()).'

/** ... where a client that is right alone is answered wrongly among others. */
export const SHARED =
  'Connections share what each needs for itself: the expected number, the buffer, or the descriptor that was given to a thread by its address.'

/** ... where bytes turn up that were not sent. */
export const UNENDED =
  'The buffer still held an earlier message, the answer that was sent from it, or whatever was in memory: recv does not end a text. Clear the buffer before each recv, or write buffer[n] = 0 behind what came, where n is what recv returned.'

/** ... where a server holds the next connection open, and says nothing. */
export const STUCK =
  'It does not come back to accept: it still waits for the earlier connection, loops there, or holds a lock that is not released on every way out. When recv returns 0 or -1 the connection is over: close it and go on. Where select waits: it leaves in its set only what is ready, so fill the set again before each call.'

/** ... where a server closes the next connection instead of answering, or prints the message and does not answer. */
export const REMAINS =
  'It did not answer, and yet it goes on: something of an earlier connection is still there, a counter, an expected number, or what was in a buffer. What belongs to one connection begins anew with each.'

export const lower = (sentence: string) => sentence.charAt(0).toLowerCase() + sentence.slice(1)
