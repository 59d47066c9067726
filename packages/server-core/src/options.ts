/** What `serve` and `close` can be asked for, and the defaults. What each option may be is in checks.ts. */
import type { ProtocolOptions } from '@hs/protocol'
import type { Patience, Transport, TransportName } from '@hs/transport'
import type { ServerEvent } from './events.js'
import type { PrintOptions } from './print.js'
import { events } from './strategies/events.js'
import { sequential } from './strategies/sequential.js'
import { threads } from './strategies/threads.js'
import type { ConcurrencyStrategy } from './strategy.js'

/** The strategies that one word chooses, with their own defaults. */
export const STRATEGIES = Object.freeze({ sequential, threads, events })

export type StrategyName = keyof typeof STRATEGIES

/** Guards against clients that connect and stay until no other client can connect (HS-6.2). */
export const DEFAULT_TIMEOUT_MS = 10_000

/** Guards against a flood of connections that takes every descriptor of the process (HS-6.3). */
export const DEFAULT_MAX_CONNECTIONS = 10_000

/** Long enough for what is in flight, shorter than the patience of the usual process managers. */
export const DEFAULT_GRACE_MS = 5_000

export interface ServeOptions extends ProtocolOptions, Partial<Patience> {
  /** 0 to 65535; 0 takes a free one, to be read from `address`. */
  readonly port: number
  /** An address or a name; `'0.0.0.0'` or `'::'` for every interface. Default `'127.0.0.1'`. */
  readonly host?: string
  /** How connections are served: `'sequential'`, `'threads'`, `'events'`, or an object. Default `'events'`. */
  readonly strategy?: StrategyName | ConcurrencyStrategy
  /** Connections served at a time; more are closed at once. Default 10000. */
  readonly maxConnections?: number
  /** Total deadline of each connection, in milliseconds. Default 10000. */
  readonly timeoutMs?: number
  /** How long a client must pause before what it sent counts as a message, in milliseconds. Default 0. */
  readonly quietMs?: number
  /** How long the rest of a message that is right so far is waited for, in milliseconds. Default 250. */
  readonly prefixMs?: number
  /**
   * How bytes move: `'node'`, `'linux'`, or an object; `'auto'` is the Linux transport where it is installed and works.
   * Default `'auto'`.
   */
  readonly transport?: TransportName | Transport
  /**
   * What stands between the listener and the server, as a transport around the chosen one: it may give connections other
   * addresses, or a `refusal`. Called with the number of threads that share the listener, 0 if none do.
   */
  readonly wrapTransport?: (transport: Transport, threads: number) => Transport
  /** The descriptor of a socket that is bound already (socket activation); `host` and `port` then mean nothing. */
  readonly fd?: number
  /** Lets other processes listen on the same address and port at the same time (SO_REUSEPORT). Default false. */
  readonly reusePort?: boolean
  /**
   * Sees every event of every connection. Given here and not attached later, so that none is missed. Events of other
   * threads arrive a little late, in order within a connection.
   */
  readonly onEvent?: (event: ServerEvent) => void
  /** Prints lines to stdout and stderr, from the thread that serves, before anything else happens. Default: silence. */
  readonly print?: PrintOptions
}

export interface CloseOptions {
  /** How long what is in flight may take to finish, in milliseconds. Default 5000. */
  readonly graceMs?: number
}
