import { readText, successors } from '../../message.js'
import type { Exchange } from '../exchange.js'

/** What is known of a client, by what was observed. */
export interface ClientFacts {
  /** Its first message was right. */
  readonly speaks: boolean
  /** Its Z was right, with whatever dress. */
  readonly understands: boolean
  /** What has to follow an answer before this program understands it. */
  readonly dress: string
  /** Numbers of three digits are too much for it: others are tried with one. */
  readonly small: boolean
  /** It takes more than a second between the answer and Z: it is asked for less. */
  readonly takesItsTime: boolean
  /** It keeps the connection after Z, or runs on after it has closed: that was waited for once. */
  readonly staysOpen: boolean
  readonly runsOn: boolean
  readonly bare?: Exchange
  /** The first right handshake, or the first run of all. */
  readonly first?: Exchange
  /** A run in which bytes turned up that were not sent, and how they were seen. */
  readonly stale?: { readonly exchange: Exchange; readonly seen: 'taken' | 'third' | 'line'; readonly line?: string }
}

export const UNKNOWN_CLIENT: ClientFacts = {
  speaks: false,
  understands: false,
  dress: '',
  small: false,
  takesItsTime: false,
  staysOpen: false,
  runsOn: false,
}

/** Its first message is X. */
export const isFirst = ({ x, reply }: Exchange): boolean => readText(reply).sequence === x

/** The program's Z is the one that belongs to X. */
export function isThird({ x, after }: Exchange): boolean {
  const z = readText(after).sequence
  return z !== undefined && successors(x! + 1).includes(z)
}
