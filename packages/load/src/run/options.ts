/** What `load` can be asked for, and the defaults. What each option may be is in checks.ts. */
import type { ProtocolOptions } from '@hs/protocol'
import type { Endpoint, Patience, Transport, TransportName } from '@hs/transport'
import type { Counts, HandshakeTrace, Interval } from '../measure/results.js'
import type { Mix } from './mix.js'
import type { Stage } from './schedule.js'

/** Enough to keep a server on one core busy, and few enough that each gets its answer soon. */
export const DEFAULT_CONCURRENCY = 64

/** Long enough for a p99 that means something, short enough to wait for. */
export const DEFAULT_DURATION_MS = 10_000

/** As long as the client's own. */
export const DEFAULT_TIMEOUT_MS = 5_000

/** A round trip to the other side of the earth, about. */
export const DEFAULT_SLOW_MS = 250

/** How long a silent client stays: shorter than any server's deadline, so that the client leaves first. */
export const DEFAULT_SILENT_MS = 1_000

/** A line of progress per second is what people read. */
export const DEFAULT_INTERVAL_MS = 1_000

export interface LoadOptions extends ProtocolOptions, Partial<Patience> {
  /** They take turns. */
  readonly targets: readonly Endpoint[]
  /** Closed loop: how many clients, each of which begins a new handshake when its last one is over. Default 64. */
  readonly concurrency?: number
  /**
   * Open loop: how many handshakes per second, evenly spaced, however long they take. Latencies count from when each had
   * to begin, so that the clients that wait during a stall do not hide it. Excludes `concurrency`.
   */
  readonly rate?: number
  /** Open loop whose rate changes: the load lasts as long as its stages. Excludes `concurrency`, `rate`, `durationMs`. */
  readonly stages?: readonly Stage[]
  /** How long handshakes are begun, after `warmupMs`. Default 10 s, or, with `count`, without end. */
  readonly durationMs?: number
  /** How many are begun, those of the warm-up not counted. */
  readonly count?: number
  /** How long at first nothing is counted. Default 0. */
  readonly warmupMs?: number
  /** Default: all are normal. */
  readonly mix?: Mix
  /** Of the numbers sent and of the order of kinds. Default: a random one, to be read from the report. */
  readonly seed?: number
  /** The pause of a slow client before each message. Default 250. */
  readonly slowMs?: number
  /** How long a silent client stays. Default 1000. */
  readonly silentMs?: number
  /** Addresses of this machine to connect from. Default: the system's choice, on loopback others when its ports run out. */
  readonly sources?: readonly string[]
  /** Default `'auto'`. */
  readonly transport?: TransportName | Transport
  /** Looks first whether `sources` are this machine's, and does one handshake with each target. Default true. */
  readonly check?: boolean
  /** Stops the load; the report of what was measured so far still comes. */
  readonly signal?: AbortSignal
  /** How long an interval of the report is, and how often `onInterval` is called. Default 1000. */
  readonly intervalMs?: number
  readonly onInterval?: (interval: Interval, counts: Readonly<Counts>) => void
  /** Sees each handshake when it is over. Costs a little time for each. */
  readonly onHandshake?: (trace: HandshakeTrace) => void
}
