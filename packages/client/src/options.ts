import type { Effect, ProtocolOptions } from '@hs/protocol'
import type { Patience, Transport, TransportName } from '@hs/transport'

/** Five seconds: longer than any healthy handshake, short enough for a person who waits. */
export const DEFAULT_TIMEOUT_MS = 5_000

export interface HandshakeOptions extends ProtocolOptions, Partial<Patience> {
  /** 1 to 65535. */
  readonly port: number
  /** An address or a name. Default `'127.0.0.1'`. */
  readonly host?: string
  /** X. Default: a random number that 32-bit peers can count on from. */
  readonly sequence?: number
  /** Use only IPv4 or IPv6 addresses of a name. */
  readonly family?: 4 | 6
  /** Ends it at any point, with `ERR_HS_ABORTED`. */
  readonly signal?: AbortSignal
  /**
   * Default `'node'`: for one connection, loading another costs more than it saves. `'linux'` and `'auto'` need
   * `@hs/transport-linux`.
   */
  readonly transport?: TransportName | Transport
  /**
   * Sees what was received and sent as it happens: a received message before it is answered. What it throws is an
   * uncaught exception, and the handshake continues.
   */
  readonly onEffect?: (effect: Effect) => void
}
