import type { DecodeFailure } from '../src/decoder.js'
import type { Arithmetic } from '../src/hello.js'

/** The names of the table in HS-7. */
export type Deviation =
  | 'terminator'
  | 'late-terminator'
  | 'leading-terminator'
  | 'leading-zeros'
  | 'plus'
  | 'negative-zero'
  | 'spaces'
  | 'case'
  | 'glued'

/** Bytes that are messages. A character is a byte; `values` are the numbers in them. */
export interface GoodRow {
  readonly bytes: string
  readonly values: readonly number[]
  readonly why: string
  /** A strict receiver refuses it. */
  readonly deviation?: Deviation
  /** A second segment, which arrives after a pause. */
  readonly later?: string
}

/** Bytes that are none. */
export interface BadRow {
  readonly bytes: string
  readonly code: DecodeFailure['code']
  /** What is shown of them, when they arrive in one piece. */
  readonly received: string
  /** The index of the byte that makes it certain; -1: only the end of the message does. */
  readonly at: number
  readonly why: string
  /** What was decoded before it. */
  readonly values?: readonly number[]
}

/** As they are sent: each is also encoded, and compared. */
export const canonical: readonly GoodRow[] = [
  { bytes: 'HELLO 0', values: [0], why: 'zero' },
  { bytes: 'HELLO 5', values: [5], why: 'one digit' },
  { bytes: 'HELLO 9', values: [9], why: 'the last of one digit' },
  { bytes: 'HELLO 10', values: [10], why: 'the first of two digits' },
  { bytes: 'HELLO 100', values: [100], why: 'zeros after the first digit are digits' },
  { bytes: 'HELLO -1', values: [-1], why: 'a negative number' },
  { bytes: 'HELLO -1000', values: [-1000], why: 'a negative number of several digits' },
  { bytes: 'HELLO 2147483647', values: [2147483647], why: 'the largest int of C' },
  { bytes: 'HELLO 2147483648', values: [2147483648], why: 'beyond the ints of C' },
  { bytes: 'HELLO -2147483648', values: [-2147483648], why: 'the smallest int of C' },
  { bytes: 'HELLO 9007199254740989', values: [9007199254740989], why: 'the largest X' },
  { bytes: 'HELLO 9007199254740991', values: [9007199254740991], why: 'the largest safe integer' },
  { bytes: 'HELLO -9007199254740991', values: [-9007199254740991], why: 'the smallest, and the longest message' },
]

/** HS-7, row by row. */
export const deviations: readonly (GoodRow & { readonly deviation: Deviation })[] = [
  { deviation: 'terminator', bytes: 'HELLO 5\n', values: [5], why: 'a line' },
  { deviation: 'terminator', bytes: 'HELLO 5\r\n', values: [5], why: 'a line, as the internet has it' },
  { deviation: 'terminator', bytes: 'HELLO 5\r', values: [5], why: 'half of that' },
  { deviation: 'terminator', bytes: 'HELLO 5\0', values: [5], why: 'a C string with its end' },
  { deviation: 'terminator', bytes: 'HELLO 5\n\0', values: [5], why: 'a line as a C string' },
  { deviation: 'terminator', bytes: `HELLO -12${'\0'.repeat(100)}`, values: [-12], why: 'the whole buffer' },
  { deviation: 'late-terminator', bytes: 'HELLO 5', later: '\0', values: [5], why: 'a second write of one NUL' },
  { deviation: 'late-terminator', bytes: 'HELLO 5', later: '\r\n', values: [5], why: 'a second write of a line end' },
  { deviation: 'late-terminator', bytes: 'HELLO 5', later: '\0\0\nHELLO 7', values: [5, 7], why: 'before the next' },
  { deviation: 'leading-terminator', bytes: '\nHELLO 5', values: [5], why: 'the end of an earlier line' },
  { deviation: 'leading-terminator', bytes: '\0\r\n\0HELLO 5', values: [5], why: 'any run of them' },
  { deviation: 'leading-terminator', bytes: '\n\0', values: [], why: 'alone they are not a message' },
  { deviation: 'leading-zeros', bytes: 'HELLO 007', values: [7], why: '%03d' },
  { deviation: 'leading-zeros', bytes: 'HELLO -05', values: [-5], why: 'after the sign' },
  { deviation: 'leading-zeros', bytes: 'HELLO 00', values: [0], why: 'nothing but zeros' },
  { deviation: 'leading-zeros', bytes: `HELLO ${'0'.repeat(57)}1`, values: [1], why: 'as many as a message can hold' },
  { deviation: 'plus', bytes: 'HELLO +5', values: [5], why: '%+d' },
  { deviation: 'plus', bytes: 'HELLO +0', values: [0], why: '%+d of zero' },
  { deviation: 'negative-zero', bytes: 'HELLO -0', values: [0], why: 'negated without looking' },
  { deviation: 'negative-zero', bytes: 'HELLO -000', values: [0], why: 'and padded' },
  { deviation: 'spaces', bytes: 'HELLO  5', values: [5], why: '%4d' },
  { deviation: 'spaces', bytes: 'HELLO       -5', values: [-5], why: 'any run of them' },
  { deviation: 'case', bytes: 'Hello 5', values: [5], why: 'typed by a person' },
  { deviation: 'case', bytes: 'hello 5', values: [5], why: 'typed by a hasty person' },
  { deviation: 'case', bytes: 'hELLO 5', values: [5], why: 'typed with the shift lock on' },
  { deviation: 'glued', bytes: 'HELLO 5HELLO 7', values: [5, 7], why: 'two writes in one segment' },
  { deviation: 'glued', bytes: 'HELLO 5\0HELLO 7\0', values: [5, 7], why: 'two C strings in one segment' },
  { deviation: 'glued', bytes: 'HELLO 5\r\n\r\nhello -7', values: [5, -7], why: 'two lines with an empty one between' },
]

/** A message has 64 bytes at most (HS-6.1). */
const padded = (digits: string) => `HELLO ${digits.padStart(58, '0')}`

export const malformed: readonly BadRow[] = [
  { bytes: 'GET / HTTP/1.1\r\n', code: 'ERR_HS_MALFORMED', received: 'GET / HTTP/1.1', at: 0, why: 'another protocol' },
  { bytes: '\x16\x03\x01\x02', code: 'ERR_HS_MALFORMED', received: '\\x16\\x03\\x01\\x02', at: 0, why: 'TLS' },
  { bytes: '\x1b[31mHELLO 5', code: 'ERR_HS_MALFORMED', received: '\\x1b[31mHELLO 5', at: 0, why: 'a colour' },
  { bytes: '\xc8ELLO 5', code: 'ERR_HS_MALFORMED', received: '\\xc8ELLO 5', at: 0, why: 'H with its top bit set' },
  { bytes: ' HELLO 5', code: 'ERR_HS_MALFORMED', received: ' HELLO 5', at: 0, why: 'a space is not a terminator' },
  { bytes: '5', code: 'ERR_HS_MALFORMED', received: '5', at: 0, why: 'a number alone' },
  { bytes: 'H', code: 'ERR_HS_MALFORMED', received: 'H', at: -1, why: 'it stops in the word' },
  { bytes: 'HELLO', code: 'ERR_HS_MALFORMED', received: 'HELLO', at: -1, why: 'it stops after the word' },
  { bytes: 'HELLO ', code: 'ERR_HS_MALFORMED', received: 'HELLO ', at: -1, why: 'it stops after the space' },
  { bytes: 'HELLO -', code: 'ERR_HS_MALFORMED', received: 'HELLO -', at: -1, why: 'it stops after the sign' },
  { bytes: 'HELP 5', code: 'ERR_HS_MALFORMED', received: 'HELP 5', at: 3, why: 'another word' },
  { bytes: 'HELLO5', code: 'ERR_HS_MALFORMED', received: 'HELLO5', at: 5, why: 'no space' },
  { bytes: 'HELLO\t5', code: 'ERR_HS_MALFORMED', received: 'HELLO\\x095', at: 5, why: 'a tab is not a space' },
  { bytes: 'HELLOO 5', code: 'ERR_HS_MALFORMED', received: 'HELLOO 5', at: 5, why: 'one letter too many' },
  { bytes: 'HELLO\n5', code: 'ERR_HS_MALFORMED', received: 'HELLO\\n5', at: 5, why: 'a terminator in the middle' },
  {
    bytes: 'HELLO \x005',
    code: 'ERR_HS_MALFORMED',
    received: 'HELLO \\05',
    at: 6,
    why: 'a terminator before the number',
  },
  { bytes: 'HELLO X', code: 'ERR_HS_MALFORMED', received: 'HELLO X', at: 6, why: 'a letter for a number' },
  { bytes: 'HELLO --5', code: 'ERR_HS_MALFORMED', received: 'HELLO --5', at: 7, why: 'two signs' },
  { bytes: 'HELLO - 5', code: 'ERR_HS_MALFORMED', received: 'HELLO - 5', at: 7, why: 'a space after the sign' },
  { bytes: 'HELLO +H', code: 'ERR_HS_MALFORMED', received: 'HELLO +H', at: 7, why: 'a letter after the sign' },
  { bytes: 'HELLO 5.5', code: 'ERR_HS_MALFORMED', received: 'HELLO 5.5', at: 7, why: 'a fraction' },
  { bytes: 'HELLO 5e3', code: 'ERR_HS_MALFORMED', received: 'HELLO 5e3', at: 7, why: 'an exponent' },
  { bytes: 'HELLO 5 ', code: 'ERR_HS_MALFORMED', received: 'HELLO 5 ', at: 7, why: 'a space after the number' },
  { bytes: 'HELLO 0x5', code: 'ERR_HS_MALFORMED', received: 'HELLO 0x5', at: 7, why: 'a hexadecimal number' },
  { bytes: 'HELLO 5\\', code: 'ERR_HS_MALFORMED', received: 'HELLO 5\\\\', at: 7, why: 'a backslash, shown doubled' },
  {
    bytes: 'HELLO 5HI',
    values: [5],
    code: 'ERR_HS_MALFORMED',
    received: 'HI',
    at: 8,
    why: 'the next message is none, and the first one stands',
  },
  {
    bytes: 'HELLO 5\nGET /',
    values: [5],
    code: 'ERR_HS_MALFORMED',
    received: 'GET /',
    at: 8,
    why: 'only what belongs to the wrong message is shown',
  },
  {
    bytes: 'A'.repeat(5000),
    code: 'ERR_HS_MALFORMED',
    received: `${'A'.repeat(64)}...`,
    at: 0,
    why: '5,000 bytes without a space, shown cut short',
  },
  {
    bytes: `HELLO ${'\n'.repeat(70)}`,
    code: 'ERR_HS_MALFORMED',
    received: 'HELLO ',
    at: 6,
    why: 'terminators at the end are not shown',
  },
  {
    bytes: padded('5').concat('1'),
    code: 'ERR_HS_TOO_LONG',
    received: `${padded('5')}...`,
    at: 64,
    why: 'one byte more than a message may have',
  },
  {
    bytes: `HELLO ${' '.repeat(100)}5`,
    code: 'ERR_HS_TOO_LONG',
    received: `HELLO ${' '.repeat(58)}...`,
    at: 64,
    why: 'spaces count',
  },
  {
    bytes: `HELLO 1${'0'.repeat(5000)}`,
    code: 'ERR_HS_TOO_LONG',
    received: `HELLO 1${'0'.repeat(57)}...`,
    at: 64,
    why: 'digits for ever',
  },
  {
    bytes: 'HELLO 9007199254740992',
    code: 'ERR_HS_OUT_OF_RANGE',
    received: 'HELLO 9007199254740992',
    at: -1,
    why: 'one more than the largest safe integer',
  },
  {
    bytes: 'HELLO -9007199254740992',
    code: 'ERR_HS_OUT_OF_RANGE',
    received: 'HELLO -9007199254740992',
    at: -1,
    why: 'one less than the smallest',
  },
  {
    bytes: 'HELLO 9007199254740992HELLO 5',
    code: 'ERR_HS_OUT_OF_RANGE',
    received: 'HELLO 9007199254740992',
    at: 22,
    why: 'the next message makes it certain, and is lost with it',
  },
  {
    bytes: 'HELLO 99999999999999999999',
    code: 'ERR_HS_OUT_OF_RANGE',
    received: 'HELLO 99999999999999999999',
    at: -1,
    why: 'beyond 64 bits',
  },
  {
    bytes: padded('9').replaceAll('0', '9'),
    code: 'ERR_HS_OUT_OF_RANGE',
    received: padded('9').replaceAll('0', '9'),
    at: -1,
    why: 'the largest number that a message can hold',
  },
]

/** What follows X in either arithmetic (HS-1.3); undefined: a handshake cannot begin with it. */
export const exchanges: readonly {
  readonly x: number
  readonly arithmetic: Arithmetic
  readonly after: readonly [y: number, z: number] | undefined
}[] = [
  { x: 0, arithmetic: 'safe', after: [1, 2] },
  { x: -2, arithmetic: 'safe', after: [-1, 0] },
  { x: 9, arithmetic: 'safe', after: [10, 11] },
  { x: 2147483647, arithmetic: 'safe', after: [2147483648, 2147483649] },
  { x: 9007199254740989, arithmetic: 'safe', after: [9007199254740990, 9007199254740991] },
  { x: -9007199254740991, arithmetic: 'safe', after: [-9007199254740990, -9007199254740989] },
  { x: 9007199254740990, arithmetic: 'safe', after: undefined },
  { x: 9007199254740991, arithmetic: 'safe', after: undefined },
  { x: 5, arithmetic: 'int32', after: [6, 7] },
  { x: 2147483645, arithmetic: 'int32', after: [2147483646, 2147483647] },
  { x: 2147483646, arithmetic: 'int32', after: [2147483647, -2147483648] },
  { x: 2147483647, arithmetic: 'int32', after: [-2147483648, -2147483647] },
  { x: -2147483648, arithmetic: 'int32', after: [-2147483647, -2147483646] },
  { x: -1, arithmetic: 'int32', after: [0, 1] },
  { x: 2147483648, arithmetic: 'int32', after: undefined },
  { x: -2147483649, arithmetic: 'int32', after: undefined },
]

/** What a peer may put after a message (HS-3.1). */
export const terminators: readonly string[] = ['\n', '\r', '\0', '\r\n', '\n\0', '\0'.repeat(100)]

/** A character is a byte. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

export function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

/** A row's bytes for a test's name: escaped, and short. */
export function label(text: string): string {
  const escaped = JSON.stringify(text)
  return escaped.length > 50 ? `${escaped.slice(0, 46)}..."` : escaped
}
