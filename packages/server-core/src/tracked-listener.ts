import type { Connection, Endpoint, Listener } from '@hs/transport'

/**
 * A listener that knows which connections a strategy took and has not served yet. If the strategy breaks, nothing else
 * would ever close them.
 */
export class TrackedListener implements Listener, AsyncIterator<Connection, undefined> {
  readonly address: Endpoint
  readonly #inner: Listener
  readonly #connections: AsyncIterator<Connection>
  readonly #taken: Connection[] = []
  readonly #note = (next: IteratorResult<Connection> | undefined) => {
    // A listener with a mistake gives nothing; the loop that asked for it fails.
    if (next?.value) this.#taken.push(next.value)
  }

  constructor(inner: Listener) {
    this.address = inner.address
    this.#inner = inner
    this.#connections = inner[Symbol.asyncIterator]()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Connection, undefined>> {
    const next = this.#connections.next()
    // Noted before the loop that waits for it continues.
    next.then(this.#note, () => {})
    return next
  }

  async return(): Promise<IteratorResult<Connection, undefined>> {
    await this.#connections.return?.()
    return { done: true, value: undefined }
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  /**
   * A connection that was taken is served now.
   *
   * @throws {TypeError} If it was not taken from this listener, or is served already.
   */
  serving(connection: Connection): void {
    const at = this.#taken.lastIndexOf(connection)
    if (at < 0) throw new TypeError('a strategy must serve what its listener gave it, and each connection once')
    // Most strategies serve what they took last, and `splice` makes an array of it.
    if (at === this.#taken.length - 1) this.#taken.pop()
    else this.#taken.splice(at, 1)
  }

  /** What was taken and not served, then what still waits. Ends when the listener is closed. */
  async *left(): AsyncGenerator<Connection> {
    yield* this.#taken.splice(0)
    for (;;) {
      const { done, value } = await this.#connections.next()
      if (done) return
      yield value
    }
  }
}
