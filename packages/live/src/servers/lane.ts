import type { Counters } from '@hs/server-core'
import type { Endpoint } from '@hs/transport'
import type { TimedEvent } from './lane-server.js'

/** A server of the picture: one of ours, or any program. */
export interface LaneServer extends AsyncDisposable {
  readonly name: string
  /** Ours, which reports what each thread does; undefined: any program. */
  readonly strategy: string | undefined
  /** Starts it, or starts it again with nothing in it. Resolves when it is up or down, never rejects. */
  start(threads: number): Promise<void>
  /** Where it listens; undefined while it does not. */
  readonly endpoint: Endpoint | undefined
  readonly threads: number
  readonly transport: string | undefined
  /** Why it is not running. */
  readonly note: string | undefined
  /** The server's own counters, and the processor time that all of it has used. */
  readonly counters: Counters | undefined
  cpuMs(): number | undefined
}

export interface LaneObserver {
  /** Something happened at the server, in order. */
  onEvents(events: readonly TimedEvent[]): void
  /** It ended, unasked. */
  onDown(): void
}
