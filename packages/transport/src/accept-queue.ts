import type { Connection } from './transport.js'

/**
 * Connections that were accepted and not yet taken, first come first served: what every listener iterates over.
 * After {@link finish} the rest is still handed out; then the iteration ends.
 */
export class AcceptQueue implements AsyncIterator<Connection, undefined> {
  #waiting: Connection[] = []
  #taker: ((result: IteratorResult<Connection, undefined>) => void) | undefined
  #finished = false

  get length(): number {
    return this.#waiting.length
  }

  push(connection: Connection): void {
    // The loop was left, and the listener is still open: nobody would ever take it.
    if (this.#finished) {
      connection.abort()
      return
    }
    const taker = this.#taker
    this.#taker = undefined
    if (taker) taker({ done: false, value: connection })
    else this.#waiting.push(connection)
  }

  finish(): void {
    this.#finished = true
    this.#taker?.({ done: true, value: undefined })
    this.#taker = undefined
  }

  next(): Promise<IteratorResult<Connection, undefined>> {
    const connection = this.#waiting.shift()
    if (connection) return Promise.resolve({ done: false, value: connection })
    if (this.#finished) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve) => {
      this.#taker = resolve
    })
  }

  /** A loop that is left early leaves nobody waiting. */
  return(): Promise<IteratorResult<Connection, undefined>> {
    for (const connection of this.#waiting.splice(0)) connection.abort()
    this.finish()
    return this.next()
  }
}
