import type { Clock, Listener, Timer } from '@hs/transport'
import { errorOf } from '@hs/transport/internals'

/** How long a server may take to end when everything is dropped: a strategy of the caller's may have a mistake. */
const LAST_MS = 10_000

/** How a server ends: it accepts no more, waits for what is in flight, drops the rest, and gives up on what stays. */
export class Shutdown {
  readonly #listener: Listener
  readonly #clock: Clock
  readonly #stopping = new AbortController()
  readonly #dropping = new AbortController()
  #listenerClosed: Promise<void> | undefined
  #grace: Timer | undefined
  #last: Timer | undefined
  #error: Error | undefined
  #isOver = false
  /** Rejects if the server did not end although everything was dropped. */
  readonly overdue: Promise<never>

  constructor(listener: Listener, clock: Clock, strategy: string) {
    this.#listener = listener
    this.#clock = clock
    this.overdue = new Promise((_resolve, reject) => {
      const giveUp = () => reject(new Error(`the strategy ${strategy} or its listener did not end when it was stopped`))
      this.dropping.addEventListener('abort', () => {
        this.#last = clock.after(LAST_MS, giveUp)
      })
    })
  }

  /** Aborted when nothing more is to be accepted. */
  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  /** Aborted when what is still open is to be dropped. */
  get dropping(): AbortSignal {
    return this.#dropping.signal
  }

  /** Why the server broke, if it did. */
  get error(): Error | undefined {
    return this.#error
  }

  get state(): 'serving' | 'stopping' | 'stopped' {
    if (this.#isOver) return 'stopped'
    return this.stopping.aborted ? 'stopping' : 'serving'
  }

  /** May be called again, to shorten the grace. */
  stop(graceMs: number): void {
    if (this.#isOver) return
    this.#grace?.cancel()
    if (!this.stopping.aborted) {
      this.#stopping.abort()
      this.#listenerClosed = this.#closeListener()
    }
    if (graceMs <= 0) this.#dropping.abort()
    else this.#grace = this.#clock.after(graceMs, () => this.#dropping.abort())
  }

  /** The server cannot continue. The first reason counts. */
  fail(thrown: unknown): void {
    this.#error ??= errorOf(thrown)
    this.stop(0)
  }

  /**
   * Nothing is open any more. Afterwards the port is free, and newcomers are refused.
   *
   * @throws What the server broke by.
   */
  async finish(): Promise<void> {
    await this.#listenerClosed
    this.#grace?.cancel()
    this.#last?.cancel()
    this.#isOver = true
    if (this.#error) throw this.#error
  }

  async #closeListener(): Promise<void> {
    try {
      await this.#listener.close()
    } catch (thrown) {
      this.#error ??= errorOf(thrown)
    }
  }
}
