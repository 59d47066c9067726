import type { Connection, Endpoint, Receiver } from '@hs/transport'
import type { Printer } from './print.js'

/**
 * A connection on which nothing happens while lines are not out: nothing is read, answered or closed then (HS-5.1). It
 * can be aborted at any time, so deadlines and a stop are kept.
 */
export class HeldConnection implements Connection {
  readonly #inner: Connection
  readonly #printer: Printer
  /** What waits: to be opened, to be written, to be closed. */
  #receiver: Receiver | undefined
  #unsent: Uint8Array[] | undefined
  #closing = false
  #waits = false

  constructor(inner: Connection, printer: Printer) {
    this.#inner = inner
    this.#printer = printer
  }

  get remote(): Endpoint {
    return this.#inner.remote
  }

  get local(): Endpoint {
    return this.#inner.local
  }

  open(receiver: Receiver): void {
    if (!this.#printer.holds) {
      this.#inner.open(receiver)
      return
    }
    this.#receiver = receiver
    this.#wait()
  }

  write(bytes: Uint8Array): void {
    if (!this.#waits && !this.#printer.holds) {
      this.#inner.write(bytes)
      return
    }
    this.#unsent ??= []
    this.#unsent.push(bytes)
    this.#wait()
  }

  close(): void {
    if (!this.#waits && !this.#printer.holds) {
      this.#inner.close()
      return
    }
    this.#closing = true
    this.#wait()
  }

  abort(): void {
    const receiver = this.#receiver
    this.#receiver = undefined
    this.#unsent = undefined
    this.#closing = false
    this.#inner.abort()
    // It was never opened, so nothing else says that it is gone.
    receiver?.closed()
  }

  #wait(): void {
    if (this.#waits) return
    this.#waits = true
    this.#printer.whenFree(() => this.#release())
  }

  #release(): void {
    // One that was released before may have filled the pipe again.
    if (this.#printer.holds) {
      this.#printer.whenFree(() => this.#release())
      return
    }
    this.#waits = false
    const receiver = this.#receiver
    const unsent = this.#unsent
    const closing = this.#closing
    this.#receiver = undefined
    this.#unsent = undefined
    this.#closing = false
    if (receiver) this.#inner.open(receiver)
    for (const bytes of unsent ?? []) this.#inner.write(bytes)
    if (closing) this.#inner.close()
  }
}
