import { isMainThread } from 'node:worker_threads'
import type { Reactor } from './reactor.js'
import { Ring } from './ring.js'

/** The one ring of a transport: opened when it is first wanted, and again after it was closed for want of use. */
export class Rings {
  readonly #reactor: Reactor
  #ring: Ring | undefined
  // The kernel writes to the memory of a ring, and a thread that is ended from outside could not take it back.
  #failure = isMainThread ? undefined : 'a worker thread has no ring'

  constructor(reactor: Reactor) {
    this.#reactor = reactor
  }

  /** undefined: {@link failure} says why. */
  get ring(): Ring | undefined {
    if (!this.#ring && this.#failure === undefined) this.#open()
    return this.#ring
  }

  /** Why there is no ring; undefined as long as none was wanted. */
  get failure(): string | undefined {
    return this.#failure
  }

  #open(): void {
    try {
      this.#ring = Ring.open(this.#reactor, () => {
        this.#ring = undefined
      })
    } catch (error) {
      this.#failure = (error as Error).message
    }
  }
}
