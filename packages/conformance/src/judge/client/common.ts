import { text } from '../../message.js'
import { type ClientFacts, isFirst, isThird } from '../../observe/client/facts.js'
import { type Exchange, outputOf } from '../../observe/exchange.js'
import type { EventOf } from '../../observe/observation.js'
import { mentions } from '../../observe/output.js'
import { type Evidence, type Judgement, type Seen, shown } from '../judgement.js'

export type ClientSeen = Seen<ClientFacts>
export type ClientJudge = (seen: ClientSeen) => Judgement

/** The runs of a probe; none if it could not be made. */
export const runsIn = ({ exchanges }: ClientSeen, probe: string): readonly Exchange[] => exchanges.get(probe)

/** No handshake was right: every other case says so in the same way. */
export const UNANSWERED: Judgement = { symptom: 'unanswered', evidence: {} }

/** X did not come, or is another number; undefined: it is right. */
export function wrongFirst(run: Exchange, values: Evidence['values'] = {}): Judgement | undefined {
  if (isFirst(run)) return undefined
  const { x = 0, reply, unconnected } = run
  if (unconnected !== undefined) {
    const expected = 'a connection to {host}, {port}'
    return shown('no-connection', run, { expected, received: 'nothing', words: true, values: { x, ...values } })
  }
  return shown(reply === '' ? 'first-missing' : 'first-wrong', run, {
    expected: text(x),
    received: reply,
    values: { x, ...values },
  })
}

/** Z did not come, or is another number; undefined: it is right. */
export function wrongThird(run: Exchange, values: Evidence['values'] = {}): Judgement | undefined {
  if (isThird(run)) return undefined
  const { x = 0, after, third = '' } = run
  const all = { x, y: x + 1, z: x + 2, ...values }
  return shown(after === '' ? 'third-missing' : 'third-wrong', run, {
    sent: third,
    expected: text(x + 2),
    received: after,
    values: all,
  })
}

/** The first right answer is not on stdout, so nothing can be said of its line. */
export function unprinted({ facts: { first } }: ClientSeen): Judgement | undefined {
  return first && !mentions(first.out, first.x! + 1) ? { symptom: 'output-none', evidence: {} } : undefined
}

/** How a program ended, for a note. */
export const exitText = ({ exit }: Pick<Exchange, 'exit'>): string =>
  exit?.signal ? `signal ${exit.signal}` : `status ${exit?.code}`

/** The program with other arguments, and how it ended by itself. */
export type Trial = Pick<Exchange, 'purpose' | 'probe' | 'from' | 'to' | 'exit' | 'out' | 'err'>

export function trialIn({ observations }: ClientSeen, probe: string, purpose: string): Trial | undefined {
  const events = observations.get(probe)?.events ?? []
  const trial = events.find((event) => event.type === 'trial' && event.purpose === purpose)
  if (trial?.type !== 'trial') return undefined
  const { process } = trial
  const own = events.filter((event) => 'process' in event && event.process === process)
  const exit = own.find((event): event is EventOf<'exit'> => event.type === 'exit')
  return {
    purpose,
    probe,
    from: events.indexOf(trial),
    to: events.indexOf(own.at(-1)!) + 1,
    ...(exit && { exit }),
    out: outputOf(own, process, 'out'),
    err: outputOf(own, process, 'err'),
  }
}
