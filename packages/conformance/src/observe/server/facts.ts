import type { Exchange } from '../exchange.js'
import type { Mode } from '../observation.js'
import { type Concurrency, UNKNOWN_CONCURRENCY } from './concurrency.js'

/**
 * How lines come. `live`: as they are printed. `unbuffered`: only when the C library is asked to keep nothing back.
 * `late`: only when much was printed. `stderr`: there. `none`: not at all.
 */
type Printing = 'live' | 'unbuffered' | 'late' | 'stderr' | 'none'

/** What is known of a server, by what was observed: probes use it, so that one fault costs one case. */
export interface ServerFacts extends Concurrency {
  /** At least one handshake was right; nothing else is known otherwise. */
  readonly answered: boolean
  /** What has to follow a message before this program understands it. */
  readonly dress: string
  readonly mode: Mode
  readonly printing: Printing
  /** It closes by itself after Z. */
  readonly closes: boolean
  /** Z can be seen in its output. */
  readonly printsThird: boolean
  /** It ends although all was right. */
  readonly ends: boolean
  /** The second client of a process is not served. */
  readonly single: boolean
  /** It listens on another port than it was given. */
  readonly elsewhere: boolean
  /** Always on the same: two processes of it cannot run side by side. */
  readonly fixedPort: boolean
  /** How long its slowest answer took. */
  readonly answerMs: number
  /** What follows 2147483647, if that was asked. */
  readonly arithmetic?: 'int32' | 'safe'
  /** The first message was answered only now and then. */
  readonly sometimes?: { readonly times: number; readonly of: number }
  readonly bare?: Exchange
  /** The first right handshake, or the first of all. */
  readonly first?: Exchange
  /** The handshake from which `printing` is known. */
  readonly printed?: Exchange
  /** A handshake in which bytes turned up that were not sent, and how they were seen. */
  readonly stale?: { readonly exchange: Exchange; readonly seen: 'reply' | 'line' | 'judged'; readonly line?: string }
  /** An answer as long as what was sent, whatever that was. */
  readonly echo?: Exchange
}

/** Its processes serve client after client: otherwise, what many clients see of it is known. */
export const lasts = ({ answered, single, ends }: ServerFacts): boolean => answered && !single && !ends

export const UNKNOWN: ServerFacts = {
  answered: false,
  dress: '',
  mode: 'live',
  printing: 'live',
  closes: false,
  printsThird: false,
  ends: false,
  single: false,
  elsewhere: false,
  fixedPort: false,
  answerMs: 0,
  ...UNKNOWN_CONCURRENCY,
}
