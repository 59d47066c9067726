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
  /** The unfinished message, as received: all ASCII. A string and not an array, which would outweigh all the rest. */
  #held = ''
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
    return this.#held.length
  }

  /** The unfinished message, in which nothing needs to be escaped; undefined where there is none. */
  get heldText(): string | undefined {
    return this.#held === '' ? undefined : this.#held
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
        if (isTerminator(byte) && (this.#held === '' || this.#place === IN_DIGITS)) {
          if (this.#held !== '') decoded = [...decoded, this.#finish()]
          continue
        }
        if (this.#place === IN_DIGITS && upper(byte) === 0x48) decoded = [...decoded, this.#finish()]
        if (this.#failed) break
      }
      const reason = this.#accept(byte)
      if (reason !== undefined) {
        decoded = [...decoded, this.#fail('ERR_HS_MALFORMED', reason, chunk.subarray(at))]
      } else if (this.#held.length === this.#maxMessageBytes) {
        const limit = `a message has at most ${this.#maxMessageBytes} bytes`
        decoded = [...decoded, this.#fail('ERR_HS_TOO_LONG', limit, chunk.subarray(at))]
      } else {
        this.#held += String.fromCharCode(byte)
      }
    }
    return decoded
  }

  /** Says that what is held is a whole message: the stream ended, or the peer has paused (HS-3.3, HS-3.4). */
  flush(): readonly Decoded[] {
    if (this.#held === '' || this.#failed) return NOTHING
    return this.#place === IN_DIGITS
      ? [this.#finish()]
      : [this.#fail('ERR_HS_MALFORMED', 'the message stops before its number', new Uint8Array())]
  }

  /** Moves one byte on in the grammar (HS-1.1, HS-1.2), or says why it cannot be there. */
  #accept(byte: number): string | undefined {
    switch (this.#place) {
      case AFTER_LETTERS:
        if (byte !== SPACE) return 'one space must follow HELLO'
        this.#place = AFTER_SPACE
        return
      case AFTER_SPACE:
        if (byte === SPACE && !this.#strict) return
        if (byte === 0x2d || (byte === 0x2b && !this.#strict)) {
          this.#negative = byte === 0x2d
          this.#place = AFTER_SIGN
          return
        }
        break
      case AFTER_SIGN:
      case IN_DIGITS:
        break
      default: {
        const letter = LETTERS.charCodeAt(this.#place)
        if ((this.#strict ? byte : upper(byte)) !== letter) return 'a message begins with HELLO'
        this.#place++
        return
      }
    }
    if (!isDigit(byte)) return this.#place === IN_DIGITS ? 'only digits may follow' : 'a decimal integer must follow'
    if (this.#strict && this.#place === IN_DIGITS && this.#magnitude === 0) return 'a number has no leading zeros'
    if (this.#strict && this.#place === AFTER_SIGN && byte === 0x30) return 'neither -0 nor leading zeros are sent'
    this.#magnitude = this.#magnitude * 10 + (byte - 0x30)
    this.#place = IN_DIGITS
    return
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
    const text = this.#held
    this.#held = ''
    this.#place = this.#magnitude = 0
    this.#negative = false
    return { sequence, text }
  }

  #fail(code: DecodeFailure['code'], reason: string, rest: Uint8Array): Decoded {
    this.#failed = true
    const received = new Uint8Array(this.#held.length + rest.length)
    for (let at = 0; at < this.#held.length; at++) received[at] = this.#held.charCodeAt(at)
    received.set(rest, this.#held.length)
    this.#held = ''
    this.#place = 0
    // A terminator at the very end says nothing about what is wrong, and would be printed as an escape (HS-5.3).
    let end = received.length
    while (!this.#strict && end > 0 && isTerminator(received[end - 1]!)) end--
    return { failure: { code, reason, received: escapeBytes(received.subarray(0, end)) } }
  }
}
