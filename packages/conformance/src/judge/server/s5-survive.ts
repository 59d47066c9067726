import { text } from '../../message.js'
import { type Exchange, outputOf } from '../../observe/exchange.js'
import type { EventOf, Observation } from '../../observe/observation.js'
import { linesOf, mentions } from '../../observe/output.js'
import { type Judgement, leftOpen, RIGHT, shown, UNANSWERED } from '../judgement.js'
import { linesText, type ServerJudge, type ServerSeen, wrongAnswer } from './common.js'

/** The program came to its end: shown with the connection after which it did, and with its last words. */
export function endedIn(
  observation: Observation,
  exchanges: readonly Exchange[],
  values: Record<string, string | number>,
): Judgement | undefined {
  const exit = observation.events.find((event): event is EventOf<'exit'> => event.type === 'exit')
  if (!exit) return undefined
  const at = exchanges.filter(({ process }) => process === exit.process)
  const exchange = at.find((one) => one.exit) ?? at.at(-1)
  if (!exchange) return undefined
  const { code, signal, excess } = exit
  const out = outputOf(observation.events, exit.process, 'out')
  const err = outputOf(observation.events, exit.process, 'err')
  const whole = { ...exchange, out, err, exit: { code, signal, ...(excess && { excess }) } }
  const expected = 'a program that serves others'
  return shown('ended', whole, { sent: exchange.sent, expected, received: '', words: true, values })
}

/** A client that did all right got no answer, or a wrong one. */
export function notServed(seen: ServerSeen, exchange: Exchange, values: Record<string, string | number>): Judgement {
  const { x = 0, sent, reply, unconnected } = exchange
  if (reply !== '') return wrongAnswer(exchange, values)
  return shown('next-not-served', exchange, {
    sent,
    expected: text(x + 1),
    received: '',
    values: {
      ...values,
      x,
      printed: Number(mentions(linesText(seen, exchange), x)),
      unconnected: Number(unconnected !== undefined),
    },
  })
}

/**
 * Something happens to some clients; then one comes that does all right.
 *
 * @param context - What happened, after "After".
 * @param before - Which of the connections before that one have to be answered.
 */
function survives(probe: string, context: string, before?: string): ServerJudge {
  return (seen) => {
    const observation = seen.observations.get(probe)
    if (!observation) return UNANSWERED
    const all = seen.exchanges.get(probe)
    const values = { context, clients: all.length }
    const ended = endedIn(observation, all, values)
    if (ended) return ended
    const next = all.find((one) => one.purpose === 'next' && !one.right)
    if (next) return notServed(seen, next, values)
    // It works again, but not at once.
    const missed = all.find((one) => one.purpose === before && !one.right)
    return missed ? notServed(seen, missed, values) : RIGHT
  }
}

const inTurn: ServerJudge = (seen) => {
  const observation = seen.observations.get('in turn')
  const all = seen.exchanges.get('in turn')
  const [first] = all
  if (!observation || !first) return UNANSWERED
  if (!first.right) return wrongAnswer(first)
  const values = { context: all.length > 2 ? 'the second client' : 'the first client' }
  const wrong = all.find(({ right }) => !right)
  // An end after the third is another matter: programs that count clients are given more of them.
  if (wrong || all.length < 3) return endedIn(observation, all, values) ?? notServed(seen, wrong ?? first, values)
  return RIGHT
}

const afterGarbage: ServerJudge = (seen) => {
  const judged = survives('garbage', 'a first message that is not one')(seen)
  if (!('right' in judged)) return judged
  const waiting = seen.exchanges.get('garbage').find(({ purpose }) => purpose === 'garbage that waits')
  if (!waiting || waiting.ended || waiting.exit || waiting.third !== undefined) return judged
  if (waiting.unconnected !== undefined) return notServed(seen, waiting, { context: 'a first message that is not one' })
  return leftOpen('left-open', waiting, { seconds: seen.settings.patienceMs / 1000 })
}

/** How perror ends its line: the program speaks of a call that failed, and not of a message. */
const DIAGNOSTIC = /: (?:[A-Z][a-z]+(?: [a-z()-]+)*|Success)$/

/** A line that says ERROR of a message: it begins with it. */
export const errorLine = (output: string): string | undefined =>
  linesOf(output).find((line) => line.trimStart().startsWith('ERROR') && !DIAGNOSTIC.test(line))

/** Where a wrong Z is reported: on the other stream, a line is a remark of the program's own. */
function errorStreams(seen: ServerSeen): ('out' | 'err')[] {
  const { errors } = seen.settings
  if (errors === 'stdout') return ['out']
  if (errors === 'stderr') return ['err']
  const wrong = seen.exchanges.get('wrong third').some(({ out }) => errorLine(out) !== undefined)
  return wrong ? ['out'] : ['out', 'err']
}

const noErrorForLeavers: ServerJudge = (seen) => {
  const streams = errorStreams(seen)
  for (const probe of ['leaves at once', 'leaves before Z']) {
    const { events = [] } = seen.observations.get(probe) ?? {}
    // ERROR may come when the connection is long over, and before the next.
    const at = events.findIndex(
      (event) => event.type === 'output' && streams.includes(event.stream) && errorLine(event.text) !== undefined,
    )
    const exchange = seen.exchanges.get(probe).findLast(({ from }) => from <= at)
    if (!exchange) continue
    const received = errorLine((events[at] as EventOf<'output'>).text) ?? ''
    const values = { right: Number(exchange.purpose === 'next') }
    const whole = { ...exchange, to: Math.max(exchange.to, at + 1) }
    return shown('error-for-leaver', whole, { expected: 'nothing', received, words: true, values })
  }
  return seen.observations.has('leaves at once') ? RIGHT : UNANSWERED
}

export const survival = {
  'S5.1': inTurn,
  'S5.2': survives('leaves at once', 'clients that connected and closed'),
  'S5.3': survives('leaves after X', 'clients that closed directly after X'),
  'S5.4': survives('leaves before Z', 'clients that closed instead of sending Z', 'leaves before Z'),
  'S5.5': survives('reset', 'connections that were reset', 'reset before Z'),
  'S5.6': afterGarbage,
  'S5.7': survives('flood', 'clients that sent 5,000 bytes', 'flood as Z'),
  'S5.8': survives('stays silent', 'silent clients'),
  'S5.11': noErrorForLeavers,
} satisfies Record<string, ServerJudge>
