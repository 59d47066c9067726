import { protocolOptions } from '@hs/options'
import { escapeBytes, isTerminator, PREFIX, PROTOCOL_DEFAULTS, type ProtocolOptions } from './hello.js'

/** Why bytes are not a message. `received` is escaped and cut short (HS-5.3); `reason` is a phrase without a full stop. */
export interface DecodeFailure {
  readonly code: 'ERR_HS_MALFORMED' | 'ERR_HS_TOO_LONG' | 'ERR_HS_OUT_OF_RANGE'
  readonly received: string
  readonly reason: string
}

/** One whole message, its text as it came (without a terminator), or the reason why there is none. */
export type Decoded = { readonly sequence: number; readonly text: string } | { readonly failure: DecodeFailure }

const LETTERS = 'HELLO'
const SPACE = 0x20
const PLUS = 0x2b
const MINUS = 0x2d
const ZERO = 0x30

/** Where in a message the next byte falls; 0 to 4 count the letters that are already there. */
const AFTER_LETTERS = 5
const AFTER_SPACE = 6
const AFTER_SIGN = 7
const IN_DIGITS = 8
/** Where we are in the stream is lost. */
const NOWHERE = 9

/** A message of this length holds at most fifteen digits: whatever they are, it is a number of ours. */
const SURELY_SAFE_BYTES = 21

/** Most chunks end no message for certain, and most servers see nothing else. */
const NOTHING: readonly Decoded[] = []

/** Upper case of an ASCII letter; harmless for what is compared with it. */
const upper = (byte: number) => byte & 0xdf
const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39

/** @throws {TypeError | RangeError} If a decoder with these options makes no sense. */
export function checkDecoding({ strict, maxMessageBytes }: ProtocolOptions): void {
  if (strict !== undefined) protocolOptions.strict.check.read('strict', strict)
  if (maxMessageBytes !== undefined) protocolOptions.maxMessageBytes.check.read('maxMessageBytes', maxMessageBytes)
}

/**
 * Turns bytes, cut anywhere, into sequence numbers. It never guesses where a message ends: a terminator or the `H` of
 * the next message ends one for certain (HS-3.1, HS-3.2); otherwise the caller knows, and says so with {@link flush}.
 * After a failure the position in the stream is lost, and everything that follows is ignored.
 */
export class HelloDecoder {
  readonly #strict: boolean
  readonly #maxMessageBytes: number
  /** Bytes of the unfinished message. */
  #length = 0
  /**
   * The unfinished message as received, from the first byte on that we would have sent otherwise. Most peers never do,
   * and then its text follows from the number: a string that grows by each byte costs more than all the rest.
   */
  #verbatim: string | undefined
  #place = 0
  #negative = false
  #magnitude = 0

  /** @throws {TypeError | RangeError} If `maxMessageBytes` is less than 7, the shortest message there is. */
  constructor(options: ProtocolOptions = {}) {
    checkDecoding(options)
    this.#strict = options.strict ?? PROTOCOL_DEFAULTS.strict
    this.#maxMessageBytes = options.maxMessageBytes ?? PROTOCOL_DEFAULTS.maxMessageBytes
  }

  /** Bytes of an unfinished message; terminators between messages are dropped and not counted. */
  get bufferedBytes(): number {
    return this.#length
  }

  /** The unfinished message, in which nothing needs to be escaped; undefined where there is none. */
  get heldText(): string | undefined {
    return this.#length === 0 ? undefined : this.#text()
  }

  /** The number that {@link flush} would give now, or undefined while no digit has come. */
  get heldSequence(): number | undefined {
    return this.#place === IN_DIGITS ? this.#value() : undefined
  }

  /**
   * Takes the next bytes of the stream.
   *
   * @param chunk - Any slice, of any length; it is not kept.
   * @returns The messages whose end is certain by now, in order; a failure comes last.
   */
  push(chunk: Uint8Array): readonly Decoded[] {
    let decoded = NOTHING
    for (let at = this.#takePlain(chunk); at < chunk.length && this.#place !== NOWHERE; at++) {
      const byte = chunk[at]!
      if (!this.#strict) {
        if (isTerminator(byte) && (this.#length === 0 || this.#place === IN_DIGITS)) {
          if (this.#length > 0) decoded = [...decoded, this.#finish()]
          continue
        }
        if (this.#place === IN_DIGITS && upper(byte) === 0x48) decoded = [...decoded, this.#finish()]
        if (this.#place === NOWHERE) break
      }
      if (this.#length === this.#maxMessageBytes) {
        const limit = `a message has at most ${this.#maxMessageBytes} bytes`
        decoded = [...decoded, this.#fail('ERR_HS_TOO_LONG', limit, chunk.subarray(at))]
        break
      }
      const reason = this.#accept(byte)
      if (reason !== undefined) {
        decoded = [...decoded, this.#fail('ERR_HS_MALFORMED', reason, chunk.subarray(at))]
        break
      }
      this.#length++
      if (this.#verbatim !== undefined) this.#verbatim += String.fromCharCode(byte)
    }
    return decoded
  }

  /** Says that what is held is a whole message: the stream ended, or the peer has paused (HS-3.3, HS-3.4). */
  flush(): readonly Decoded[] {
    if (this.#length === 0) return NOTHING
    return this.#place === IN_DIGITS
      ? [this.#finish()]
      : [this.#fail('ERR_HS_MALFORMED', 'the message stops before its number', new Uint8Array())]
  }

  /**
   * A message that begins with a chunk as we would begin it, the sign apart, is taken up to its last digit at once; hardly
   * any peer sends another, and byte by byte it is three times the work. @returns How many bytes were taken.
   */
  #takePlain(chunk: Uint8Array): number {
    if (this.#place !== 0 || chunk.length <= PREFIX.length) return 0
    for (let at = 0; at < PREFIX.length; at++) if (chunk[at] !== PREFIX[at]) return 0
    const end = Math.min(chunk.length, this.#maxMessageBytes, SURELY_SAFE_BYTES)
    let at = PREFIX.length
    let magnitude = 0
    for (; at < end && isDigit(chunk[at]!); at++) {
      // Leading zeros, and 0 itself, are for those who look closer.
      if (magnitude === 0 && chunk[at] === ZERO) return 0
      magnitude = magnitude * 10 + (chunk[at]! - ZERO)
    }
    if (magnitude === 0) return 0
    this.#length = at
    this.#place = IN_DIGITS
    this.#magnitude = magnitude
    return at
  }

  /** Moves one byte on in the grammar (HS-1.1, HS-1.2), or says why it cannot be there. */
  #accept(byte: number): string | undefined {
    switch (this.#place) {
      case IN_DIGITS:
        if (!isDigit(byte)) return 'only digits may follow'
        if (this.#magnitude === 0 && !this.#forgive()) return 'a number has no leading zeros'
        break
      case AFTER_SIGN:
        if (!isDigit(byte)) return 'a decimal integer must follow'
        if (byte === ZERO && !this.#forgive()) return 'neither -0 nor leading zeros are sent'
        break
      case AFTER_SPACE:
        if (isDigit(byte)) break
        if (byte !== MINUS && ((byte !== SPACE && byte !== PLUS) || !this.#forgive())) {
          return 'a decimal integer must follow'
        }
        if (byte === SPACE) return
        this.#negative = byte === MINUS
        this.#place = AFTER_SIGN
        return
      case AFTER_LETTERS:
        if (byte !== SPACE) return 'one space must follow HELLO'
        this.#place = AFTER_SPACE
        return
      default: {
        const letter = LETTERS.charCodeAt(this.#place)
        if (byte !== letter && (upper(byte) !== letter || !this.#forgive())) return 'a message begins with HELLO'
        this.#place++
        return
      }
    }
    const magnitude = this.#magnitude * 10 + (byte - ZERO)
    // Digits that no number of ours can hold.
    if (magnitude > Number.MAX_SAFE_INTEGER) this.#keepVerbatim()
    this.#magnitude = magnitude
    this.#place = IN_DIGITS
    return
  }

  /** Whether a byte that we would not have sent is forgiven (HS-7); from here on the text is kept as it comes. */
  #forgive(): boolean {
    if (!this.#strict) this.#keepVerbatim()
    return !this.#strict
  }

  #keepVerbatim(): void {
    this.#verbatim ??= this.#text()
  }

  /** The unfinished message, as received. */
  #text(): string {
    if (this.#verbatim !== undefined) return this.#verbatim
    return this.#place === IN_DIGITS ? `HELLO ${this.#value()}` : 'HELLO -'.slice(0, this.#length)
  }

  #value(): number {
    // Not `-magnitude` alone: `-0` is an equal number that prints differently.
    return this.#negative && this.#magnitude !== 0 ? -this.#magnitude : this.#magnitude
  }

  #finish(): Decoded {
    const sequence = this.#value()
    if (!Number.isSafeInteger(sequence)) {
      return this.#fail('ERR_HS_OUT_OF_RANGE', 'the number is not a safe integer', new Uint8Array())
    }
    const text = this.#text()
    this.#verbatim = undefined
    this.#length = this.#place = this.#magnitude = 0
    this.#negative = false
    return { sequence, text }
  }

  #fail(code: DecodeFailure['code'], reason: string, rest: Uint8Array): Decoded {
    const held = this.#text()
    const received = new Uint8Array(held.length + rest.length)
    for (let at = 0; at < held.length; at++) received[at] = held.charCodeAt(at)
    received.set(rest, held.length)
    this.#length = 0
    this.#place = NOWHERE
    // A terminator at the very end says nothing about what is wrong, and would be printed as an escape (HS-5.3).
    let end = received.length
    while (!this.#strict && end > 0 && isTerminator(received[end - 1]!)) end--
    return { failure: { code, reason, received: escapeBytes(received.subarray(0, end)) } }
  }
}
