import { isTerminator, successor, type Terminator } from '@hs/protocol'

export const text = (sequence: number): string => `HELLO ${sequence}`
export const bytes = (value: string): Uint8Array => Buffer.from(value, 'latin1')

/** What a number may be followed by: as it is, and where the program counts in 32 bits. */
export function successors(sequence: number): number[] {
  const wrapped = successor(sequence, 'int32')
  const next = sequence + 1
  return (sequence | 0) === sequence && wrapped !== next ? [next, wrapped] : [next]
}

export interface Reading {
  /** The number, however it is dressed; undefined where there is none that could be counted on from. */
  readonly sequence: number | undefined
  /** Whether it is dressed as HS-1.1 and HS-1.2 have it, terminators aside. */
  readonly wellFormed: boolean
  readonly terminator: Terminator | 'padding' | 'other'
  /** What follows the message and its terminators: it does not belong there. */
  readonly surplus: Uint8Array
}

/** Reads the first message of what a program sent, forgiving all that other cases judge. */
function readMessage(received: Uint8Array): Reading {
  const raw = Buffer.from(received).toString('latin1')
  // writeUTF in Java puts a length of two bytes in front.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it looks like
  const [whole, digits] = /^[\x00-\x20]*(?:[A-Za-z]+[:,]?)?\s*([+-]?\d{1,19})/.exec(raw) ?? []
  const number = Number(digits)
  if (whole === undefined || !Number.isSafeInteger(number)) {
    return { sequence: undefined, wellFormed: false, terminator: 'none', surplus: received }
  }
  let end = whole.length
  while (end < received.length && isTerminator(received[end]!)) end++
  return {
    sequence: number,
    wellFormed: /^HELLO (?:-[1-9]\d*|0|[1-9]\d*)$/.test(whole),
    terminator: nameTerminator(raw.slice(whole.length, end)),
    surplus: received.subarray(end),
  }
}

function nameTerminator(tail: string): Reading['terminator'] {
  switch (tail) {
    case '':
      return 'none'
    case '\0':
      return 'nul'
    case '\n':
      return 'lf'
    case '\r\n':
      return 'crlf'
    default:
      return /^\0+$/.test(tail) ? 'padding' : 'other'
  }
}

/** Bytes as a text of one character per byte: how observations hold them. */
export const latin1 = (value: Uint8Array): string => Buffer.from(value).toString('latin1')

/** Reads the first message of a latin1 text. */
export const readText = (received: string): Reading => readMessage(bytes(received))

/** `HELLO 123`: no program has an array that is too small for it. */
export const SHORT = 9
