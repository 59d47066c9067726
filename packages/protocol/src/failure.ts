import type { HandshakeState, Side } from './handshake.js'

/** What can go wrong with one handshake. Each code has a heading of its own in docs/errors.md. */
export const failureCodes = Object.freeze([
  'ERR_HS_MALFORMED',
  'ERR_HS_TOO_LONG',
  'ERR_HS_OUT_OF_RANGE',
  'ERR_HS_WRONG_NUMBER',
  'ERR_HS_CLOSED_EARLY',
  'ERR_HS_RESET',
  'ERR_HS_TIMEOUT',
  'ERR_HS_CONNECT',
  'ERR_HS_ABORTED',
  'ERR_HS_TOO_MANY_CONNECTIONS',
  'ERR_HS_PEER_CONNECTIONS',
  'ERR_HS_PEER_RATE',
  'ERR_HS_PROXY_HEADER',
  'ERR_HS_THREAD_DIED',
] as const)

export type FailureCode = (typeof failureCodes)[number]

/** The failures that a side learns from its surroundings and not from the bytes of its peer. */
export type OutsideFailureCode = Exclude<
  FailureCode,
  'ERR_HS_MALFORMED' | 'ERR_HS_TOO_LONG' | 'ERR_HS_OUT_OF_RANGE' | 'ERR_HS_WRONG_NUMBER' | 'ERR_HS_CLOSED_EARLY'
>

/** What the peer or the network did, as plain data: it can be logged, compared, and posted to another thread. */
export interface HelloFailure {
  readonly code: FailureCode
  /** The side that noticed; the failure is its peer's or the network's. */
  readonly side: Side
  /** What this side was doing when it happened. */
  readonly state: HandshakeState
  /** The clause of docs/PROTOCOL.md that was broken, or that sets the limit. */
  readonly clause: string
  /** One or two sentences: what was sent, expected and received, and the likely cause. No control bytes. */
  readonly message: string
  /** The last message that this side sent. */
  readonly sent?: string
  /** The message that had to come, where only one was right. */
  readonly expected?: string
  /** What came instead, or the beginning of a message of which no more came; escaped and cut short (HS-5.3). */
  readonly received?: string
}

/** Whether the peer's bytes broke the protocol: the failures for which HS-5.2 prints `ERROR`. */
export function isPeerError({ code }: Pick<HelloFailure, 'code'>): boolean {
  switch (code) {
    case 'ERR_HS_MALFORMED':
    case 'ERR_HS_TOO_LONG':
    case 'ERR_HS_OUT_OF_RANGE':
    case 'ERR_HS_WRONG_NUMBER':
      return true
    default:
      return false
  }
}

/**
 * A failure that is thrown. Match `error.code`, never `instanceof` (two copies of a package are two classes) and never
 * the message. The error of the operating system, where there was one, is in `cause`.
 */
export class HelloError extends Error {
  override readonly name = 'HelloError'
  readonly code: FailureCode
  readonly failure: HelloFailure

  constructor(failure: HelloFailure, options?: ErrorOptions) {
    super(failure.message, options)
    this.code = failure.code
    this.failure = failure
  }
}
