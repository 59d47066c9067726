/** What one byte means to the grammar (docs/PROTOCOL.md, HS-1 and HS-3.1). */
const NUL = 0x00
const LF = 0x0a
const CR = 0x0d
const ZERO = 0x30

/** The bytes that every message begins with: `HELLO` and one space (HS-1.1). */
export const PREFIX = Uint8Array.of(0x48, 0x45, 0x4c, 0x4c, 0x4f, 0x20)

/** What may be appended to a message for peers that need it (HS-1.4). */
export type Terminator = 'none' | 'nul' | 'lf' | 'crlf'

/** How Y and Z are counted: `'safe'` refuses what JavaScript cannot count exactly, `'int32'` wraps as C does (HS-1.3). */
export type Arithmetic = 'safe' | 'int32'

/** Settings of the protocol itself; all of them have the defaults of {@link PROTOCOL_DEFAULTS}. */
export interface ProtocolOptions {
  /** How numbers are counted: `'int32'` wraps at 2147483647, as programs in C do. Default `'safe'`. */
  readonly arithmetic?: Arithmetic
  /** Appended to each message sent, for peers that need it: `'nul'`, `'lf'` or `'crlf'`. Default `'none'`. */
  readonly terminator?: Terminator
  /** Whether none of the deviations of HS-7 is tolerated. Default `false`. */
  readonly strict?: boolean
  /** Longest message accepted, in bytes, its terminator not counted: a longer one is `ERR_HS_TOO_LONG` (HS-6.1). Default 64. */
  readonly maxMessageBytes?: number
}

/**
 * The longest canonical message has 23 bytes; 64 leaves room for padded numbers.
 * Guards against a peer that sends digits for ever.
 */
const MAX_MESSAGE_BYTES = 64

/** What is done where nothing else is asked for. */
export const PROTOCOL_DEFAULTS: Required<ProtocolOptions> = Object.freeze({
  arithmetic: 'safe',
  terminator: 'none',
  strict: false,
  maxMessageBytes: MAX_MESSAGE_BYTES,
})

/** The bytes after each message sent, by name. */
export const TERMINATORS: Readonly<Record<Terminator, Uint8Array>> = Object.freeze({
  none: Uint8Array.of(),
  nul: Uint8Array.of(NUL),
  lf: Uint8Array.of(LF),
  crlf: Uint8Array.of(CR, LF),
})

/** Whether a byte is one of the terminators that receivers drop: LF, CR or NUL (HS-3.1). */
export function isTerminator(byte: number): boolean {
  return byte === NUL || byte === LF || byte === CR
}

/**
 * Encodes one message as it travels: `HELLO`, one space, a decimal integer, and the terminator, if any (HS-1.1).
 *
 * @param sequence - A safe integer. Negative values keep their sign; `-0` is sent as `0`.
 * @param terminator - Default `'none'`: nothing follows the last digit.
 * @returns 7 to 25 ASCII bytes in a fresh array that the caller may keep.
 * @throws {RangeError} If `sequence` is not a safe integer.
 */
export function encodeHello(sequence: number, terminator: Terminator = 'none'): Uint8Array {
  if (!Number.isSafeInteger(sequence)) throw new RangeError(`sequence must be a safe integer, got ${sequence}`)
  // Digits are counted and written by hand: a string in between costs three times as much, once per message sent.
  let magnitude = Math.abs(sequence)
  let digits = 1
  for (let bound = 10; magnitude >= bound; bound *= 10) digits++
  const end = PREFIX.length + (sequence < 0 ? 1 : 0) + digits
  const tail = TERMINATORS[terminator]
  const bytes = new Uint8Array(end + tail.length)
  // Byte by byte: for so few, `set` costs more than the digits.
  for (let at = 0; at < PREFIX.length; at++) bytes[at] = PREFIX[at]!
  if (sequence < 0) bytes[PREFIX.length] = 0x2d
  for (let at = end - 1; digits > 0; digits--, at--) {
    // As a number of 32 bits, where it is one, it is divided in half the time.
    const rest = magnitude > 0x7fff_ffff ? Math.floor(magnitude / 10) : (magnitude / 10) | 0
    bytes[at] = ZERO + (magnitude - rest * 10)
    magnitude = rest
  }
  for (let at = 0; at < tail.length; at++) bytes[end + at] = tail[at]!
  return bytes
}

/**
 * The number that must follow: one more (HS-2.2, HS-2.3).
 *
 * @returns In `'int32'` arithmetic, 2147483647 is followed by -2147483648, as C peers have it.
 */
export function successor(sequence: number, arithmetic: Arithmetic = 'safe'): number {
  return arithmetic === 'int32' ? (sequence + 1) | 0 : sequence + 1
}

/** Whether a handshake can begin with `x`: in `'safe'` arithmetic Y and Z must be safe integers too (HS-1.3). */
export function isInitialSequence(x: number, arithmetic: Arithmetic = 'safe'): boolean {
  return arithmetic === 'int32' ? (x | 0) === x : Number.isSafeInteger(x) && x <= Number.MAX_SAFE_INTEGER - 2
}

/**
 * Peer bytes for people: printable ASCII as it is, everything else escaped, cut short (HS-5.3).
 *
 * @param maxBytes - How many bytes of input to show; default 64. What is cut off is replaced by `...`.
 * @returns Text that no terminal or log interprets; a backslash is doubled, so that nothing is ambiguous.
 */
export function escapeBytes(bytes: Uint8Array, maxBytes: number = MAX_MESSAGE_BYTES): string {
  let text = ''
  for (const byte of bytes.subarray(0, maxBytes)) {
    if (byte === 0x5c) text += '\\\\'
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte)
    else if (byte === LF) text += '\\n'
    else if (byte === CR) text += '\\r'
    else if (byte === NUL) text += '\\0'
    else text += `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return bytes.length > maxBytes ? `${text}...` : text
}
