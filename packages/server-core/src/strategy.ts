import type { Connection, Listener } from '@hs/transport'
import type { Observer, ServiceSettings } from './service.js'

/**
 * When a connection is served, and on which thread. A strategy never sees a message, and closes nothing: it accepts
 * connections from `listener` and passes each to `serveOne`, which does all the rest.
 */
export interface ConcurrencyStrategy {
  /** One word, for people. */
  readonly name: string
  /** How many connections it serves at a time, at most; a transport may prepare for that. Default: no limit. */
  readonly atOnce?: number
  /**
   * Serves until the listener ends. Need not wait for the connections that it began to serve.
   *
   * @throws If it cannot serve at all. The server is stopped then without a grace period, and `stopped` rejects.
   */
  run(work: Work): Promise<void>
}

export interface Work {
  readonly listener: Listener
  /**
   * Serves one connection on this thread. Resolves when it is closed, and may be called concurrently. Rejects only for a
   * mistake: what did not come from `listener`, or is served already.
   */
  serveOne(connection: Connection): Promise<void>
  /** The same for strategies that serve many at a time: a promise would be a part of what a connection costs. */
  serve(connection: Connection, onOver?: () => void): void
  /** Aborted when nothing more is to be accepted; the listener ends by itself. */
  readonly stopping: AbortSignal
  /** Aborted when what is still open is to be dropped; `serveOne` does so by itself. */
  readonly dropping: AbortSignal
}

/** A strategy that also serves on threads of its own. `serve` resolves when it has called `elsewhere.ready()`. */
export interface ThreadStrategy extends ConcurrencyStrategy {
  readonly threads: number
  run(work: ThreadWork): Promise<void>
}

export interface ThreadWork extends Work {
  readonly elsewhere: Elsewhere
}

/** What serving on another thread needs, and cannot reach through `serveOne`. */
interface Elsewhere {
  /** Plain data, to be copied to the thread. */
  readonly settings: ServiceSettings
  /** Shared memory for the counters: a row for the caller's thread, then one for each of `threads`. */
  readonly counters: SharedArrayBuffer
  /** Does anybody want the events of other threads? */
  readonly watched: boolean
  /** An event of another thread, which has printed it already. */
  readonly forward: Observer
  /** An event about another thread, to be printed here. */
  readonly observe: Observer
  /** The threads can serve. May be called again, without effect. */
  readonly ready: () => void
  /** The server cannot continue: a thread cannot print any more, or none can be had. Stops it, without a grace period. */
  readonly fail: (error: unknown) => void
}
