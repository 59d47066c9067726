import type { Exit } from '@hs/supervise'
import type { Exchange, Exchanges } from '../observe/exchange.js'
import type { Observations, Settings } from '../observe/observation.js'
import type { Symptom } from './symptoms.js'

/** Everything that a judge may look at. */
export interface Seen<Facts> {
  readonly observations: Observations
  readonly exchanges: Exchanges
  readonly facts: Facts
  readonly settings: Settings
}

/** What is shown of a symptom. Bytes are texts of one character per byte. */
export interface Evidence {
  readonly sent?: string
  readonly expected?: string
  readonly received?: string
  /** `expected` and `received` are descriptions, so a comparison byte by byte says nothing. */
  readonly words?: true
  /** Fills the sentences. */
  readonly values?: Readonly<Record<string, string | number>>
  /** Where it was seen. */
  readonly at?: Pick<Exchange, 'probe' | 'from' | 'to'>
  /** How the program ended meanwhile. */
  readonly exit?: Exit & { readonly excess?: string }
  /** Bytes that it had not read; -1: it did not even accept the connection. */
  readonly unread?: number
  /** It ended the connection by itself. */
  readonly ended?: boolean
  /** It ended the connection only after the checker had, so its end is not what came instead of an answer. */
  readonly endedLate?: true
  /** What it printed meanwhile. */
  readonly out?: string
  readonly err?: string
}

/** Why nothing can be said. Keys of the explanations. */
type Reason =
  | 'output-not-seen'
  | 'no-proc'
  | 'no-full-pipe'
  | 'no-argument'
  | 'sequential'
  | 'program-ended'
  | 'machine-late'

/** What a judge says: right, wrong in one of the known ways, or nothing. */
export type Judgement =
  | { readonly right: true; readonly note?: string; readonly values?: Evidence['values'] }
  | { readonly symptom: Symptom; readonly evidence: Evidence }
  | { readonly unseen: Reason; readonly applicable?: false }

/** One case, judged by observations alone: never by another case. */
export type Judge<Facts> = (seen: Seen<Facts>) => Judgement

export const RIGHT: Judgement = { right: true }

/** No handshake was right, so this case cannot be judged: every one says so in the same way. */
export const UNANSWERED: Judgement = { symptom: 'unanswered', evidence: {} }

export const noted = (note: string, values?: Evidence['values']): Judgement => ({
  right: true,
  note,
  ...(values && { values }),
})

/** A connection, or a run without one. */
export type Shown = Pick<Exchange, 'probe' | 'from' | 'to' | 'out' | 'err'> &
  Partial<Pick<Exchange, 'exit' | 'unread' | 'ended' | 'endedLate'>>

/** A symptom that an exchange shows. */
export function shown(
  symptom: Symptom,
  { probe, from, to, exit, out, err, unread, ended, endedLate }: Shown,
  evidence: Omit<Evidence, 'at'> = {},
): Judgement {
  const more = { ...(exit && { exit }), ...(unread !== undefined && { unread }), ...(ended && { ended: true }) }
  const late = endedLate && { endedLate }
  return { symptom, evidence: { ...evidence, at: { probe, from, to }, out, err, ...more, ...late } }
}

/** A connection on which all was said, and which the program should have ended. */
export const leftOpen = (
  symptom: Symptom,
  exchange: Exchange,
  values: Evidence['values'] = {},
  received = 'nothing',
): Judgement =>
  shown(symptom, exchange, {
    sent: exchange.third ?? exchange.sent,
    expected: 'the end of the connection',
    received,
    words: true,
    values,
  })
