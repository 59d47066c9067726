import { text } from '../../message.js'
import { type Exchange, thirdNumber } from '../../observe/exchange.js'
import { mentions } from '../../observe/output.js'
import {
  CROWD,
  clientsIn,
  HUNDRED,
  isServed,
  linesFrom,
  messagesOf,
  missingIn,
  tornLine,
} from '../../observe/server/crowd-view.js'
import { lasts } from '../../observe/server/facts.js'
import { type Judgement, leftOpen, noted, RIGHT, shown, UNANSWERED } from '../judgement.js'
import { linesText, type ServerJudge, type ServerSeen, unprinted, wrongAnswer } from './common.js'
import { endedIn, errorLine, notServed } from './s5-survive.js'

/** Only a server that serves several at a time is asked for this. */
function unconcurrent({ facts, settings: { expect } }: ServerSeen): Judgement | undefined {
  // What ends with its first client serves none beside it.
  if (facts.concurrency !== 'sequential' && (!facts.answered || lasts(facts))) return undefined
  if (expect === undefined || expect === 'sequential') return { unseen: 'sequential', applicable: false }
  return { symptom: 'not-concurrent', evidence: {} }
}

const stalls: ServerJudge = (seen) => {
  const observation = seen.observations.get('stalled clients')
  const all = seen.exchanges.get('stalled clients')
  if (!observation || all.length === 0) return UNANSWERED
  const values = { context: 'a client that stalled', clients: all.length }
  const ended = endedIn(observation, all, values)
  if (ended) return ended
  const other = all.find(({ name, right }) => name?.startsWith('other') && !right)
  if (other) return notServed(seen, other, values)
  const { concurrency, waitedFor = '', givesUp } = seen.facts
  const { expect } = seen.settings
  if (expect && expect !== concurrency && !(expect === 'concurrent' && concurrency !== 'sequential')) {
    const about = { expected: expect, received: concurrency, words: true as const, values: { expect, concurrency } }
    return shown('other-model', all.at(-1)!, about)
  }
  if (concurrency !== 'sequential') return noted('concurrency-model', { concurrency })
  return noted(givesUp ? 'sequential-gives-up' : 'sequential-waits', { waitedFor })
}

/** A client that was served alone is not served among others. */
function amongOthers(seen: ServerSeen, exchange: Exchange, values: Record<string, string | number>): Judgement {
  const { x = 0, sent, reply, unconnected, inFront } = exchange
  const more = { ...values, x, name: exchange.name ?? '', model: seen.facts.concurrency }
  if (inFront) return wrongAnswer(exchange, more)
  const about = { sent, expected: text(x + 1), received: reply, values: more }
  // Its message was read, and taken for another's.
  if (reply !== '' || mentions(linesText(seen, exchange), x)) return shown('mixed-up', exchange, about)
  return shown('forgotten', exchange, {
    ...about,
    ...(unconnected !== undefined && { received: unconnected, words: true }),
  })
}

const keepsApart: ServerJudge = (seen) => {
  const judged = unconcurrent(seen)
  const observation = seen.observations.get('interleaved')
  if (judged || !observation) return judged ?? UNANSWERED
  const all = seen.exchanges.get('interleaved')
  const ended = endedIn(observation, all, { context: 'clients that were there at the same time', clients: all.length })
  if (ended) return ended
  // The first that has spoken: others were let go for it.
  const wrong = all.find(({ sent, right, unconnected }) => (sent !== '' || unconnected !== undefined) && !right)
  if (wrong) return amongOthers(seen, wrong, { clients: all.length })
  const mixed = seen.facts.printing === 'late' ? undefined : mixedOutput(seen, all)
  // What is no longer looked at is neither printed nor closed.
  if (mixed && 'symptom' in mixed && mixed.symptom === 'error-among-others') return mixed
  return openOnes(seen, all) ?? mixed ?? RIGHT
}

function openOnes({ facts: { closes } }: ServerSeen, all: readonly Exchange[]): Judgement | undefined {
  const open = all.filter(({ ended }) => !ended)
  if (!closes || !open[0]) return undefined
  return leftOpen('kept-open', open[0], { names: open.map(({ name }) => name).join(', ') })
}

function mixedOutput(seen: ServerSeen, all: readonly Exchange[]): Judgement | undefined {
  const { printing, printsThird } = seen.facts
  if (!seen.settings.observed || printing === 'none') return undefined
  const { events } = seen.observations.get('interleaved')!
  const [{ process, probe, from }, last] = [all[0]!, all.at(-1)!]
  const output = linesFrom(events, process, seen.facts)
  const whole = { ...last, probe, from, to: Math.max(...all.map(({ to }) => to)) }
  const thirds = all.flatMap((exchange) => thirdNumber(exchange) ?? [])
  const about = { expected: thirds.map(text).join('\n'), received: output, words: true as const }
  if (errorLine(output) !== undefined) return shown('error-among-others', whole, about)
  const missing = printsThird ? thirds.filter((z) => !mentions(output, z)) : []
  if (missing.length === 0) return undefined
  return shown('lines-missing', whole, { ...about, values: { missing: missing.map(text).join(', '), read: 0 } })
}

const raceOf = (bad: number, rounds: number) =>
  bad < rounds ? `raced: ${bad} of ${rounds}` : `in all ${rounds} rounds`

const servesTwenty: ServerJudge = (seen) => {
  const { rounds = 0, bad = 0 } = seen.observations.get('twenty at once')?.counts ?? {}
  if (bad === 0) return rounds === 0 ? UNANSWERED : noted('rounds', { rounds })
  const done = clientsIn(seen.exchanges.get('twenty at once')).filter(isServed).length
  return atOnce(seen, 'twenty at once', { race: raceOf(bad, rounds), done, connected: done, of: CROWD }) ?? RIGHT
}

const servesHundred: ServerJudge = (seen) => {
  const observation = seen.observations.get('a hundred at once')
  if (!observation) return UNANSWERED
  const { connected = 0, served: done = 0, clients: of = HUNDRED } = observation.counts
  const wrong = atOnce(seen, 'a hundred at once', { connected, done, of })
  return wrong ?? (connected < of ? noted('short-queue', { connected, of }) : RIGHT)
}

interface Crowd extends Record<string, string | number> {
  readonly connected: number
  readonly of: number
}

/** What is wrong with the first of many clients that was not served; undefined if all were, and the next one. */
function atOnce(seen: ServerSeen, probe: string, crowd: Crowd): Judgement | undefined {
  const { of, connected } = crowd
  const values = { ...crowd, clients: of, context: `${of} clients at once` }
  const all = seen.exchanges.get(probe)
  const clients = clientsIn(all)
  const ended = endedIn(seen.observations.get(probe)!, all, values)
  if (ended) return ended
  // What cannot connect has not been answered wrongly.
  const missed = clients.find((client) => !isServed(client) && client.unconnected === undefined)
  if (missed) return amongOthers(seen, missed, values)
  // Only there were lines waited for.
  const lost = probe === 'twenty at once' ? linesLost(seen, clients, values) : undefined
  if (lost) return lost
  const unconnected = clients.find((client) => client.unconnected !== undefined)
  if (unconnected && connected < SHORTEST_QUEUE) return queueFull(unconnected, connected, values)
  const next = all.find(({ purpose, right }) => purpose === 'next' && !right)
  return next && notServed(seen, next, values)
}

/** How long its queue has to be is not demanded of a server; one that lets hardly any client wait has made a mistake. */
const SHORTEST_QUEUE = 5

function queueFull(exchange: Exchange, connected: number, values: Record<string, string | number>): Judgement {
  const about = { expected: `${values.of} connections`, received: `${connected} connections`, words: true as const }
  return shown('queue-full', exchange, { ...about, values: { ...values, connected } })
}

function linesLost(
  seen: ServerSeen,
  clients: readonly Exchange[],
  raced: Record<string, string | number>,
): Judgement | undefined {
  const [first] = clients
  if (!first || !seen.settings.observed || !seen.facts.printsThird) return undefined
  const { events } = seen.observations.get(first.probe)!
  const served = clients.filter(({ right }) => right)
  const output = linesFrom(events, first.process, seen.facts)
  const lost = missingIn(output, 2 * served.length)
  if (lost <= 0) return undefined
  const whole = { ...first, to: events.length }
  const read = Number(served.every(({ x }) => mentions(output, x!)))
  const about = { expected: 'X and Z of each client', received: output, words: true as const }
  const missing = `${lost} of ${2 * served.length} messages`
  return shown('lines-missing', whole, { ...about, values: { ...raced, missing, read } })
}

const wholeLines: ServerJudge = (seen) => {
  const judged = unprinted(seen) ?? unconcurrent(seen)
  if (judged) return judged
  // Without its buffer, a line may be torn that would not be with it.
  if (seen.facts.printing === 'unbuffered') return { symptom: 'output-late', evidence: {} }
  const observation = seen.observations.get('lines at once')
  if (!observation) return UNANSWERED
  const { rounds = 0, torn = 0 } = observation.counts
  if (torn === 0) return noted('rounds', { rounds })
  const clients = clientsIn(seen.exchanges.get('lines at once'))
  const [first] = clients
  if (!first) return UNANSWERED
  const line = tornLine(linesFrom(observation.events, first.process, seen.facts), messagesOf(clients))
  const about = { expected: 'one message on each line', received: line ?? '', words: true as const }
  const values = { race: raceOf(torn, rounds), clients: clients.length }
  return shown('torn', { ...first, to: observation.events.length }, { ...about, values })
}

export const concurrency = {
  'S2.8': wholeLines,
  'S6.1': stalls,
  'S6.2': keepsApart,
  'S6.3': servesTwenty,
  'S6.4': servesHundred,
} satisfies Record<string, ServerJudge>
