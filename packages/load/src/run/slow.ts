import type { Clock, Connection, Endpoint, Receiver, Timer } from '@hs/transport'

/** A connection whose user is slow: each write leaves `pauseMs` after it was asked for, and a close waits for them. */
export class SlowConnection implements Connection, Receiver {
  readonly #inner: Connection
  readonly #clock: Clock
  readonly #pauseMs: number
  #receiver: Receiver | undefined
  #waiting: Uint8Array[] = []
  #pause: Timer | undefined
  #closing = false

  constructor(inner: Connection, clock: Clock, pauseMs: number) {
    this.#inner = inner
    this.#clock = clock
    this.#pauseMs = pauseMs
  }

  get remote(): Endpoint {
    return this.#inner.remote
  }

  get local(): Endpoint {
    return this.#inner.local
  }

  open(receiver: Receiver): void {
    this.#receiver = receiver
    this.#inner.open(this)
  }

  write(bytes: Uint8Array): void {
    this.#waiting.push(bytes)
    this.#pause ??= this.#clock.after(this.#pauseMs, () => this.#send())
  }

  close(): void {
    this.#closing = true
    if (!this.#pause) this.#inner.close()
  }

  abort(): void {
    this.#pause?.cancel()
    this.#inner.abort()
  }

  data(chunk: Uint8Array): void {
    if (!this.#closing) this.#receiver!.data(chunk)
  }

  end(): void {
    if (!this.#closing) this.#receiver!.end()
  }

  closed(error?: Error): void {
    this.#pause?.cancel()
    const lost = this.#waiting.length > 0
    this.#receiver!.closed(error ?? (lost ? Object.assign(new Error('closed'), { code: 'EPIPE' }) : undefined))
  }

  #send(): void {
    this.#pause = undefined
    for (const bytes of this.#waiting.splice(0)) this.#inner.write(bytes)
    if (this.#closing) this.#inner.close()
  }
}
