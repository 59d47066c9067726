import type { Effect, ProtocolOptions } from '@hs/protocol'
import type { Patience, Transport, TransportName } from '@hs/transport'

/** Five seconds: longer than any healthy handshake, short enough for a person who waits. */
export const DEFAULT_TIMEOUT_MS = 5_000

export interface HandshakeOptions extends ProtocolOptions, Partial<Patience> {
  /** 1 to 65535. */
  readonly port: number
  /** An address or a name. Default `'127.0.0.1'`. */
  readonly host?: string
  /** X, which 32-bit peers can count on from. Default: a random number. */
  readonly sequence?: number
  /** Total deadline in milliseconds, connecting included. Default 5000. */
  readonly timeoutMs?: number
  /** Ends it at any point, with `ERR_HS_ABORTED`. */
  readonly signal?: AbortSignal
  /** `4` or `6`: only such addresses of a name. Default: both. */
  readonly family?: 4 | 6
  /** How long the server must pause before what it sent counts as a message, in milliseconds. Default 0. */
  readonly quietMs?: number
  /** How long the rest of a message that is right so far is waited for, in milliseconds. Default 250. */
  readonly prefixMs?: number
  /**
   * How bytes move: `'node'`, `'linux'`, `'auto'`, or an object. For one connection, loading another than `'node'` costs more
   * than it saves; the others need `@hs/transport-linux`. Default `'node'`.
   */
  readonly transport?: TransportName | Transport
  /**
   * Sees what was received and sent as it happens: a received message before it is answered. What it throws is an
   * uncaught exception, and the handshake continues.
   */
  readonly onEffect?: (effect: Effect) => void
}
