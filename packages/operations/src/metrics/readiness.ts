import type { HelloServer } from '@hs/server-core'
import { DescriptorReserve } from '@hs/transport/internals'

/** How long drops count as going on. Several checks and scrapers may look, and none takes the news from another. */
const RECENT_MS = 2_000

/** Decides whether a server should get new connections. */
export class Readiness {
  readonly #server: HelloServer
  readonly #reserve = new DescriptorReserve()
  /** At the last look, and when a look first saw more. */
  #dropped: number
  #droppedAt = Number.NEGATIVE_INFINITY
  #draining = false

  constructor(server: HelloServer) {
    this.#server = server
    this.#dropped = server.counters.dropped
  }

  /** The server is about to stop, and still accepts what comes. */
  drain(): void {
    this.#draining = true
  }

  /** Why the server should get none, as a phrase for people; undefined: it is ready. */
  look(): string | undefined {
    const { state, counters, maxConnections } = this.#server
    const now = performance.now()
    if (counters.dropped > this.#dropped) this.#droppedAt = now
    this.#dropped = counters.dropped
    if (state !== 'serving') return `the server is ${state}`
    if (this.#draining) return 'the server is about to stop'
    if (counters.active >= maxConnections) return `the server is full: it serves ${maxConnections} connections`
    // Two: a connection that is handed to a thread takes both for a moment.
    if (this.#reserve.isNext(2)) return 'the server has no descriptors left'
    if (now - this.#droppedAt < RECENT_MS) return 'the server drops connections: it has no descriptors left, or no room'
    return undefined
  }
}
