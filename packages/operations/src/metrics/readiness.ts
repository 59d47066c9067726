import type { HelloServer } from '@hs/server-core'

/** Decides whether a server should get new connections. */
export class Readiness {
  readonly #server: HelloServer
  /** At the last look. What was dropped since then was dropped for want of descriptors or of room. */
  #dropped: number
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
    const before = this.#dropped
    this.#dropped = counters.dropped
    if (state !== 'serving') return `the server is ${state}`
    if (this.#draining) return 'the server is about to stop'
    if (counters.active >= maxConnections) return `the server is full: it serves ${maxConnections} connections`
    if (counters.dropped > before) return 'the server drops connections: it has no descriptors left, or no room'
    return undefined
  }
}
