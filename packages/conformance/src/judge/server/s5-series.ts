import { text } from '../../message.js'
import type { Exchange } from '../../observe/exchange.js'
import type { EventOf } from '../../observe/observation.js'
import { ALLOWED, SERIES } from '../../observe/server/series.js'
import { type Judgement, noted, RIGHT, shown, UNANSWERED } from '../judgement.js'
import type { ServerJudge, ServerSeen } from './common.js'

/**
 * The stack of a thread has 8 MiB on most systems. Less for each client may be what a runtime has reserved for itself
 * meanwhile: 258 MiB in Node, be they few or many.
 */
const STACK_BYTES = 6 * 1024 * 1024
const MIB = 2 ** 20
/** A program that is at work in this share of the looks does not sleep while it waits. */
const BUSY = 0.75

/** The client that was not served any more; a right one if the program ended after it. */
function broken(exchange: Exchange, values: Record<string, string | number>): Judgement {
  const { sent, x = 0, reply, unconnected } = exchange
  const about = { sent, expected: text(x + 1), received: unconnected ?? reply, values: { x, ...values } }
  return shown('series-ended', exchange, { ...about, ...(unconnected !== undefined && { words: true }) })
}

const servesMany: ServerJudge = (seen) => {
  const observation = seen.observations.get('series')
  if (!observation) return UNANSWERED
  const { served = 0, left } = observation.counts
  const [last] = seen.exchanges.get('series').filter(({ purpose }) => purpose !== 'leaves')
  if (last && left === undefined) return broken(last, { served, client: served + 1, of: SERIES })
  return served < SERIES ? noted('takes-its-time', { served }) : RIGHT
}

const holdingsIn = ({ observations }: ServerSeen, probe = 'series') =>
  (observations.get(probe)?.events ?? [])
    .filter((event): event is EventOf<'holdings'> => event.type === 'holdings')
    .map(({ holdings }) => holdings)

/** A judge of what is held after many clients; the first that was not served is another case's. */
const ofHoldings =
  (judge: (seen: ServerSeen, served: number) => Judgement): ServerJudge =>
  (seen) => {
    const served = seen.observations.get('series')?.counts.served
    if (served === undefined) return UNANSWERED
    const [last] = seen.exchanges.get('series')
    // Clients that left early are counted apart.
    if (last && holdingsIn(seen).length < 2) return broken(last, { served, left: 0 })
    return judge(seen, served)
  }

const keepsNothing = ofHoldings((seen, served) => {
  const [before, after, atLast = after] = holdingsIn(seen)
  const more = after!.descriptors - before!.descriptors
  const afterLeavers = atLast!.descriptors - after!.descriptors
  const [leaver] = seen.exchanges.get('series')
  if (more <= ALLOWED && leaver)
    return broken(leaver, { served, leavers: 1, left: seen.observations.get('series')!.counts.left ?? 0 })
  if (Math.max(more, afterLeavers) <= ALLOWED)
    return noted('descriptors', { before: before!.descriptors, after: atLast!.descriptors })
  const values = {
    served,
    more: Math.max(more, afterLeavers),
    processes: Number(after!.processes - before!.processes > ALLOWED),
    leavers: Number(more <= ALLOWED),
  }
  const expected = `about ${before!.descriptors}`
  return {
    symptom: 'descriptors-stay',
    evidence: { expected, received: String(atLast!.descriptors), words: true, values },
  }
})

const zombies = (served: number | string, more: number): Judgement => {
  const values = { served, more, atOnce: Number(typeof served === 'string') }
  return { symptom: 'zombies', evidence: { expected: 'none', received: `${more} zombies`, words: true, values } }
}

const leavesNothing = ofHoldings((seen, served) => {
  const [before, after] = holdingsIn(seen) as [ReturnType<typeof holdingsIn>[0], ReturnType<typeof holdingsIn>[0]]
  const more = (what: keyof typeof before) => after[what] - before[what]
  const each = more('addressSpaceBytes') / served
  if (more('zombies') > ALLOWED) return zombies(served, after.zombies)
  // If several children end in one moment, their parent gets one signal.
  const [atOnce] = holdingsIn(seen, 'a hundred at once')
  const { served: clients = 0 } = seen.observations.get('a hundred at once')?.counts ?? {}
  if (atOnce && atOnce.zombies > ALLOWED) return zombies(`${clients} simultaneous`, atOnce.zombies)
  if (more('tasks') > ALLOWED) {
    const values = { served, more: more('tasks') }
    const expected = `about ${before.tasks}`
    return { symptom: 'threads-stay', evidence: { expected, received: String(after.tasks), words: true, values } }
  }
  if (each < STACK_BYTES) return RIGHT
  const received = `${Math.round(more('addressSpaceBytes') / MIB)} MiB more`
  const values = { served, each: (each / MIB).toFixed(1) }
  return { symptom: 'memory-stays', evidence: { expected: 'as much as before', received, words: true, values } }
})

const rests: ServerJudge = (seen) => {
  const observation = seen.observations.get('idle')
  const looks = observation?.events.find((event) => event.type === 'looks')
  const exit = observation?.events.find((event) => event.type === 'exit')
  if (looks?.type !== 'looks') return UNANSWERED
  if (exit) return { unseen: 'program-ended' }
  const { busy, of } = looks
  if (busy < of * BUSY) return RIGHT
  const received = `at work in ${busy} of ${of} looks`
  return { symptom: 'busy', evidence: { expected: 'asleep', received, words: true } }
}

export const seriesOfClients = {
  'S5.9': servesMany,
  'S5.10': keepsNothing,
  'S5.12': rests,
  'S5.13': leavesNothing,
} satisfies Record<string, ServerJudge>
