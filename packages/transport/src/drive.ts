import type { Effect, Handshake, HandshakeResult, HelloFailure, Input, OutsideFailureCode } from '@hs/protocol'
import type { Clock, Connection, Receiver, Timer } from './transport.js'

/** When a driver stops waiting. All in milliseconds. */
export interface Patience {
  /** Total deadline from the start of the drive to the close. Not an idle time: one byte per second does not extend it. */
  readonly timeoutMs: number
  /** How long a peer must pause before what it sent counts as a whole message; 0: one read is one message (HS-3.4). */
  readonly quietMs: number
  /** How long the rest of the one right message is waited for (HS-3.6). */
  readonly prefixMs: number
}

/** When a driver stops waiting, and by which clock. Any number of them share one. */
export interface Timing extends Patience {
  readonly clock: Clock
}

/** One read is one message, unless an option says otherwise (HS-3.4). */
export const DEFAULT_QUIET_MS = 0

/** Longer than a retransmission on a local network, shorter than a person's patience (HS-3.6). */
export const DEFAULT_PREFIX_MS = 250

/** How a handshake ended. `error` is the system's, where it was one that ended it. */
export type Outcome =
  | { readonly type: 'established'; readonly result: HandshakeResult }
  | { readonly type: 'failed'; readonly failure: HelloFailure; readonly error?: Error }

/**
 * Watches a handshake. What its methods throw is thrown outside, as an uncaught exception: the handshake continues
 * without it, and ends by its deadline.
 */
export interface DriveObserver {
  /**
   * Sees every effect: a received message and the outcome before anything else happens (HS-5.1), a sent one after it
   * was handed over.
   */
  onEffect?(effect: Effect): void
  /** Called once, when the connection is gone. */
  onClosed(outcome: Outcome): void
}

const START: Input = { type: 'start' }
const QUIET: Input = { type: 'quiet' }
const END: Input = { type: 'end' }

/** What a handshake that ran out of time says; `timeoutMs` may be the rest of a longer time, and is rounded. */
export function deadlinePassed(timeoutMs: number): string {
  return `The deadline of ${timeoutMs < 1 ? timeoutMs.toPrecision(1) : Math.round(timeoutMs)} ms passed`
}

/** How long a connection that was aborted may take to tell that it is closed. Ours take a turn of the event loop. */
const LAST_MS = 1000

/** To be heard, and yet to hurt nothing that is under way here. */
function throwOutside(error: unknown): void {
  process.nextTick(() => {
    throw error
  })
}

const expire = (drive: Drive) => drive.expire()
const giveUp = (drive: Drive) => drive.closed()

/**
 * Joins one handshake to one connection and one clock; the only code that does. It owns the connection from
 * {@link start} on, and closes it exactly once.
 */
export class Drive implements Receiver {
  readonly #handshake: Handshake
  readonly #connection: Connection
  readonly #timing: Timing
  readonly #observer: DriveObserver
  /** Of the handshake; once it was ended from outside, of the connection. None: it is over. */
  #deadline: Timer | undefined
  #pause: Timer | undefined
  #outcome: Outcome | undefined
  #busy = false
  /** What came from inside an effect: an observer that ends it all, a connection that breaks in `write`. */
  #deferred: (() => void)[] | undefined

  constructor(handshake: Handshake, connection: Connection, timing: Timing, observer: DriveObserver) {
    this.#handshake = handshake
    this.#connection = connection
    this.#timing = timing
    this.#observer = observer
  }

  /** @param elapsedMs - How much of the deadline has passed already, on connecting. Default 0. */
  start(elapsedMs = 0): void {
    const { clock, timeoutMs } = this.#timing
    this.#deadline = clock.after(Math.max(1, timeoutMs - elapsedMs), expire, this as Drive)
    this.#step(START)
    this.#connection.open(this)
  }

  /** The deadline has passed. */
  expire(): void {
    this.fail('ERR_HS_TIMEOUT', deadlinePassed(this.#timing.timeoutMs))
  }

  /** Ends it from outside; without effect on an outcome that is already known. */
  fail(code: OutsideFailureCode, reason: string): void {
    if (this.#busy) {
      this.#defer(() => this.fail(code, reason))
      return
    }
    this.#step({ type: 'fail', code, reason })
    this.#deadline?.cancel()
    // A transport may have a mistake, and what waits for the end of a connection must not wait for ever.
    if (this.#deadline) this.#deadline = this.#timing.clock.after(LAST_MS, giveUp, this as Drive)
    this.#connection.abort()
  }

  data(chunk: Uint8Array): void {
    this.#pause?.cancel()
    // What was read is judged to its end before a connection that broke meanwhile, in `write`, is.
    this.#busy = true
    try {
      this.#apply({ type: 'data', chunk })
      const { quietMs, prefixMs } = this.#timing
      const { holding } = this.#handshake
      if (holding === 'prefix') this.#judgeAfter(Math.max(quietMs, prefixMs))
      else if (holding === 'message') {
        if (quietMs === 0) this.#apply(QUIET)
        else this.#judgeAfter(quietMs)
      }
    } finally {
      this.#settle()
    }
  }

  end(): void {
    this.#pause?.cancel()
    this.#step(END)
  }

  closed(error?: Error): void {
    if (this.#busy) {
      this.#defer(() => this.closed(error))
      return
    }
    if (!this.#deadline) return
    this.#deadline.cancel()
    this.#deadline = undefined
    this.#pause?.cancel()
    if (this.#outcome === undefined) {
      const { code = 'unknown error' } = (error ?? {}) as NodeJS.ErrnoException
      this.#step({ type: 'fail', code: 'ERR_HS_RESET', reason: `The connection broke (${code})` }, error)
    }
    const outcome = this.#outcome!
    try {
      this.#observer.onClosed(error && outcome.type === 'established' ? this.#unsent(outcome.result, error) : outcome)
    } catch (thrown) {
      throwOutside(thrown)
    }
  }

  #judgeAfter(ms: number): void {
    this.#pause = this.#timing.clock.after(ms, () => this.#step(QUIET))
  }

  /** All effects of one input, in order and without a gap; only then what they brought about. */
  #step(input: Input, error?: Error): void {
    this.#busy = true
    try {
      this.#apply(input, error)
    } finally {
      // Also if the connection throws, or no deadline could end what it was in.
      this.#settle()
    }
  }

  #apply(input: Input, error?: Error): void {
    for (const effect of this.#handshake.step(input)) {
      switch (effect.type) {
        case 'received':
          this.#tell(effect)
          break
        case 'send':
          this.#connection.write(effect.bytes)
          this.#tell(effect)
          break
        case 'established':
        case 'failed':
          this.#outcome = error ? ({ ...effect, error } as Outcome) : effect
          this.#tell(effect)
          // Nothing follows it, so the connection may as well be gone when this returns.
          this.#busy = false
          this.#connection.close()
          break
      }
    }
  }

  #settle(): void {
    this.#busy = false
    for (let next = this.#deferred?.shift(); next; next = this.#deferred?.shift()) next()
  }

  #tell(effect: Effect): void {
    try {
      this.#observer.onEffect?.(effect)
    } catch (error) {
      throwOutside(error)
    }
  }

  #defer(action: () => void): void {
    this.#deferred ??= []
    this.#deferred.push(action)
  }

  /** The machine was content, but the last message did not get out: nothing may be promised then. */
  #unsent({ y, z }: HandshakeResult, error: Error): Outcome {
    const { side } = this.#handshake
    const [clause, sent, received] = side === 'client' ? ['HS-2.3', z, y] : ['HS-2.2', y, z]
    const failure: HelloFailure = {
      code: 'ERR_HS_RESET',
      side,
      state: 'established',
      clause,
      message: `The connection broke (${(error as NodeJS.ErrnoException).code}) before HELLO ${sent} was sent.`,
      received: `HELLO ${received}`,
    }
    return { type: 'failed', failure, error }
  }
}
