import type { HandshakeResult, HelloFailure } from '@hs/protocol'
import type { Endpoint } from '@hs/transport'

/** What every event about a connection says. */
export interface ConnectionOrigin {
  /** Unique within the server. */
  readonly connection: number
  readonly remote: Endpoint
  readonly strategy: string
  /** 0 is the thread that called `serve`. */
  readonly thread: number
}

/** What happened to a connection, in this order: connection, received, sent, received, established or failed, closed. */
export type ConnectionEvent = ConnectionOrigin &
  (
    | { readonly type: 'connection' }
    /** Verbatim, or escaped and cut short where it was no HELLO (HS-5.3). */
    | { readonly type: 'received'; readonly text: string }
    | { readonly type: 'sent'; readonly text: string }
    | ({ readonly type: 'established' } & HandshakeResult)
    | { readonly type: 'failed'; readonly failure: HelloFailure }
    /** `xMs` and `zMs`: when HELLO X and HELLO Z had come, from the beginning; absent if they did not. */
    | { readonly type: 'closed'; readonly durationMs: number; readonly xMs?: number; readonly zMs?: number }
  )

export type ServerEvent =
  | ConnectionEvent
  /** A thread ended unasked. It is replaced; the `lost` connections that it served have failed. */
  | { readonly type: 'thread-died'; readonly thread: number; readonly lost: number; readonly reason: string }
  /** A thread cannot start for want of file descriptors. It is tried again until there are some. */
  | { readonly type: 'thread-waiting'; readonly thread: number; readonly reason: string }
