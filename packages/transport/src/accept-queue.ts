import type { Connection } from './transport.js'

type Accepted = IteratorResult<Connection, undefined>

const END: Accepted = { done: true, value: undefined }

/**
 * Connections that were accepted and not yet taken, first come first served: what every listener iterates over.
 * After {@link finish} the rest is still handed out; then the iteration ends.
 */
export class AcceptQueue implements AsyncIterator<Connection, undefined> {
  #waiting: Connection[] = []
  #takers: ((accepted: Accepted) => void)[] = []
  #finished = false

  get length(): number {
    return this.#waiting.length
  }

  /** One was asked for, and there is none yet. */
  get isAwaited(): boolean {
    return this.#takers.length > 0
  }

  push(connection: Connection): void {
    // The loop was left, and the listener is still open: nothing would ever take it.
    if (this.#finished) {
      connection.abort()
      return
    }
    const taker = this.#takers.shift()
    if (taker) taker({ done: false, value: connection })
    else this.#waiting.push(connection)
  }

  finish(): void {
    this.#finished = true
    for (const taker of this.#takers.splice(0)) taker(END)
  }

  next(): Promise<Accepted> {
    const connection = this.#waiting.shift()
    if (connection) return Promise.resolve({ done: false, value: connection })
    if (this.#finished) return Promise.resolve(END)
    return new Promise((resolve) => {
      this.#takers.push(resolve)
    })
  }

  /** A loop that is left early leaves no peer waiting. */
  return(): Promise<Accepted> {
    for (const connection of this.#waiting.splice(0)) connection.abort()
    this.finish()
    return this.next()
  }
}
