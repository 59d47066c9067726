import { escapeBytes, isTerminator, PROTOCOL_DEFAULTS, type ProtocolOptions } from './hello.js'

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

/** Most chunks end no message for certain, and most servers see nothing else. */
const NOTHING: readonly Decoded[] = []

/** Upper case of an ASCII letter; harmless for what is compared with it. */
const upper = (byte: number) => byte & 0xdf
const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39

/**
 * Turns bytes, cut anywhere, into sequence numbers. It never guesses where a message ends: a terminator or the `H` of
 * the next message ends one for certain (HS-3.1, HS-3.2); otherwise the caller knows, and says so with {@link flush}.
 * After a failure the position in the stream is lost, and everything that follows is ignored.
 */
export class HelloDecoder {
  readonly #strict: boolean
  readonly #maxMessageBytes: number
  /** How many bytes of an unfinished message are held: limited (HS-6.1), so that a peer cannot make it grow. */
  #heldBytes = 0
  /**
   * The unfinished message as it came, kept only from the first byte on that we would not have sent: until then, what
   * came can be told from the place and the number, and nothing needs to be kept at all.
   */
  #unusual: string | undefined
  #place = 0
  #negative = false
  #magnitude = 0
  #failed = false

  /** @throws {RangeError} If `maxMessageBytes` is less than 7, the shortest message there is. */
  constructor({
    strict = PROTOCOL_DEFAULTS.strict,
    maxMessageBytes = PROTOCOL_DEFAULTS.maxMessageBytes,
  }: ProtocolOptions = {}) {
    if (!(maxMessageBytes >= 7)) throw new RangeError(`maxMessageBytes must be at least 7, got ${maxMessageBytes}`)
    this.#strict = strict
    this.#maxMessageBytes = maxMessageBytes
  }

  /** Bytes of an unfinished message; terminators between messages are dropped and not counted. */
  get bufferedBytes(): number {
    return this.#heldBytes
  }

  /** The unfinished message, in which nothing needs to be escaped; undefined where there is none. */
  get heldText(): string | undefined {
    return this.#heldBytes === 0 ? undefined : (this.#unusual ?? this.#usual())
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
    for (let at = 0; at < chunk.length && !this.#failed; at++) {
      const byte = chunk[at]!
      if (!this.#strict) {
        if (isTerminator(byte) && (this.#heldBytes === 0 || this.#place === IN_DIGITS)) {
          if (this.#heldBytes > 0) decoded = [...decoded, this.#finish()]
          continue
        }
        if (this.#place === IN_DIGITS && upper(byte) === 0x48) decoded = [...decoded, this.#finish()]
        if (this.#failed) break
      }
      if (this.#heldBytes === this.#maxMessageBytes) {
        const reason = `a message has at most ${this.#maxMessageBytes} bytes`
        return [...decoded, this.#fail('ERR_HS_TOO_LONG', reason, chunk.subarray(at))]
      }
      const reason = this.#accept(byte)
      if (reason !== undefined) return [...decoded, this.#fail('ERR_HS_MALFORMED', reason, chunk.subarray(at))]
      this.#heldBytes++
    }
    return decoded
  }

  /** Says that what is held is a whole message: the stream ended, or the peer has paused (HS-3.3, HS-3.4). */
  flush(): readonly Decoded[] {
    if (this.#heldBytes === 0 || this.#failed) return NOTHING
    return this.#place === IN_DIGITS
      ? [this.#finish()]
      : [this.#fail('ERR_HS_MALFORMED', 'the message stops before its number', new Uint8Array())]
  }

  /** Moves one byte on in the grammar (HS-1.1, HS-1.2), or says why it cannot be there. */
  #accept(byte: number): string | undefined {
    if (this.#unusual !== undefined) this.#unusual += String.fromCharCode(byte)
    switch (this.#place) {
      case AFTER_LETTERS:
        if (byte !== SPACE) return 'one space must follow HELLO'
        this.#place = AFTER_SPACE
        return
      case AFTER_SPACE:
        if (byte === SPACE && !this.#strict) {
          this.#keep(byte)
          return
        }
        if (byte === MINUS || (byte === PLUS && !this.#strict)) {
          if (byte === PLUS) this.#keep(byte)
          this.#negative = byte === MINUS
          this.#place = AFTER_SIGN
          return
        }
        break
      case AFTER_SIGN:
      case IN_DIGITS:
        break
      default: {
        const letter = LETTERS.charCodeAt(this.#place)
        if (byte !== letter) {
          if (this.#strict || upper(byte) !== letter) return 'a message begins with HELLO'
          this.#keep(byte)
        }
        this.#place++
        return
      }
    }
    if (!isDigit(byte)) return this.#place === IN_DIGITS ? 'only digits may follow' : 'a decimal integer must follow'
    const leadingZero = this.#place === IN_DIGITS && this.#magnitude === 0
    if (this.#strict && leadingZero) return 'a number has no leading zeros'
    if (this.#strict && this.#place === AFTER_SIGN && byte === ZERO) return 'neither -0 nor leading zeros are sent'
    const magnitude = this.#magnitude * 10 + (byte - ZERO)
    if (leadingZero || magnitude > Number.MAX_SAFE_INTEGER) this.#keep(byte)
    this.#magnitude = magnitude
    this.#place = IN_DIGITS
    return
  }

  /** From this byte on, which is not yet counted in, the message is kept as it comes. */
  #keep(byte: number): void {
    this.#unusual ??= this.#usual() + String.fromCharCode(byte)
  }

  /** The bytes so far, if all of them are as we would have sent them. */
  #usual(): string {
    if (this.#place <= AFTER_LETTERS) return LETTERS.slice(0, this.#place)
    const sign = this.#negative ? '-' : ''
    return this.#place === IN_DIGITS ? `HELLO ${sign}${this.#magnitude}` : `HELLO ${sign}`
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
    const text = this.#unusual ?? this.#usual()
    this.#forget()
    return { sequence, text }
  }

  #forget(): void {
    this.#heldBytes = this.#place = this.#magnitude = 0
    this.#negative = false
    this.#unusual = undefined
  }

  /** @param rest - Bytes from the one on that is wrong. */
  #fail(code: DecodeFailure['code'], reason: string, rest: Uint8Array): Decoded {
    this.#failed = true
    const held = (this.#unusual ?? this.#usual()).slice(0, this.#heldBytes)
    this.#forget()
    const received = new Uint8Array(held.length + rest.length)
    for (let at = 0; at < held.length; at++) received[at] = held.charCodeAt(at)
    received.set(rest, held.length)
    // A terminator at the very end says nothing about what is wrong, and would be printed as an escape (HS-5.3).
    let end = received.length
    while (!this.#strict && end > 0 && isTerminator(received[end - 1]!)) end--
    return { failure: { code, reason, received: escapeBytes(received.subarray(0, end)) } }
  }
}
