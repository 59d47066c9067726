import { type Exchange, exchangesOf } from '../exchange.js'
import type { Probe } from '../probe.js'
import { hasEnded, OUTPUT_MS, type Session } from '../program.js'
import type { ServerBench } from './bench.js'
import { crowd, queue } from './crowd.js'
import { CROWD, clientsIn, HUNDRED, isServed, linesFrom, messagesOf, missingIn, tornLine } from './crowd-view.js'
import { lasts } from './facts.js'

/** Rounds of clients that come at once: what depends on time does not go wrong each time. */
const ROUNDS = 5
/** What goes wrong in each of the first three rounds is not a race, so no more are needed. */
const SURE_ROUNDS = 3
/** In the first of these rounds, stdout of a process begins as a full pipe, for this long. */
const FULL_ROUNDS = 2
const FULL_PIPE_MS = 40
/** A program that takes its time with each client is asked to serve fewer. */
const CROWDS_MS = 5000
/** How often, and how far apart, is looked whether children are waited for. */
const LOOKS = 5
const LOOK_MS = 50
/** How long a program may take that serves its hundred clients one after the other. */
const HUNDRED_MS = 15_000

/** Rounds in which lines may be torn, which is rare; after this many torn ones no more are needed. */
const TORN_ROUNDS = 16
const TORN_ENOUGH = 3
/** After this many rounds in which clients were not served, their lines do not matter. */
const UNSERVED_ENOUGH = 3
const TORN_FULL_ROUNDS = 3
const TORN_CROWD = 24

/** A new process; its stdout is a full pipe, if its lines come as they are printed: it holds up the first line. */
async function startHeldUp(bench: ServerBench): Promise<Session> {
  const { mode, printing } = bench.facts
  const session = await bench.start(mode === 'live' && printing === 'live' ? 'full' : mode)
  setTimeout(() => session.process?.drain(), FULL_PIPE_MS)
  return session
}

/** Waits for the lines of a crowd. @returns How many did not come. */
async function missing(bench: ServerBench, session: Session, from: number, messages: number): Promise<number> {
  const { printing, printsThird } = bench.facts
  if (!session.process || printing === 'late' || !printsThird) return 0
  const capture = printing === 'stderr' ? session.process.err : session.process.out
  const count = () => missingIn(linesFrom(bench.recorder.events.slice(from), session.id, bench.facts), messages)
  await capture.until(() => count() <= 0, OUTPUT_MS)
  return count()
}

/** Twenty clients at once, five times; what is recorded is the first round that went wrong. */
export const twentyAtOnce: Probe<ServerBench> = {
  name: 'twenty at once',
  after: ['learning'],
  alone: true,
  wanted: lasts,
  async observe(bench) {
    const { recorder } = bench
    const until = performance.now() + CROWDS_MS
    let [rounds, bad] = [0, 0]
    const isSure = () => bad === rounds && rounds === SURE_ROUNDS
    for (; rounds < ROUNDS && !isSure() && performance.now() < until; rounds++) {
      const from = recorder.length
      const wrong = await round(bench, rounds < FULL_ROUNDS, bad > 0)
      if (!wrong || bad > 0) recorder.forget(from)
      if (wrong) bad++
    }
    recorder.count('rounds', rounds)
    recorder.count('bad', bad)
  },
}

async function round(bench: ServerBench, heldUp: boolean, again: boolean): Promise<boolean> {
  const from = bench.recorder.length
  const session = heldUp ? await startHeldUp(bench) : await bench.start()
  const patienceMs = again ? bench.patienceMs : bench.settings.patienceMs
  await crowd(bench, session, { size: CROWD, gather: heldUp ? 'nothing' : 'X and Z', patienceMs })
  const clients = clientsIn(since(bench, from))
  const served = clients.filter(({ right }) => right).length
  const wrong = !clients.every(isServed) || (await missing(bench, session, from, 2 * served)) > 0
  const next = !wrong && (await bench.exchange(session, bench.number(), { purpose: 'next' }))
  const ended = await hasEnded(session)
  await bench.stop(session)
  return wrong || ended || (next !== false && !next.right)
}

/** A hundred connections that are there at the same time. */
export const hundredAtOnce: Probe<ServerBench> = {
  name: 'a hundred at once',
  after: ['learning'],
  alone: true,
  wanted: lasts,
  async observe(bench) {
    const { recorder } = bench
    const from = recorder.length
    const session = await bench.start()
    const clients = Math.max(CROWD, Math.min(HUNDRED, Math.floor(HUNDRED_MS / bench.facts.answerMs)))
    recorder.count('clients', clients)
    recorder.count('connected', await queue(bench, session, clients, bench.patienceMs))
    const served = clientsIn(since(bench, from)).filter(isServed).length
    recorder.count('served', served)
    const ended = await hasEnded(session)
    const { right } = await bench.exchange(session, bench.number(), { purpose: 'next' })
    if (right && !ended && served === clients) recorder.forget(from)
    if (session.process && !session.process.exit) await childrenLeft(bench, session)
  },
}

/** Records what is left of children that have ended in one moment: their parent has time to wait for them. */
async function childrenLeft(bench: ServerBench, session: Session): Promise<void> {
  for (let look = 0; look < LOOKS && session.process!.holdings().zombies > 0; look++) await bench.pause(LOOK_MS)
  bench.holdings(session)
}

/** Clients that speak at once, many times: are lines torn? What is recorded is the first round in which one was. */
export const linesAtOnce: Probe<ServerBench> = {
  name: 'lines at once',
  after: ['learning', 'stalled clients'],
  alone: true,
  wanted: (facts, { observed }) => {
    const { printing, concurrency } = facts
    return lasts(facts) && observed && printing === 'live' && concurrency !== 'sequential'
  },
  async observe(bench) {
    const { recorder } = bench
    let session: Session | undefined
    let [rounds, torn, unserved] = [0, 0, 0]
    for (; rounds < TORN_ROUNDS && torn < TORN_ENOUGH && unserved < UNSERVED_ENOUGH; rounds++) {
      const from = recorder.length
      // A full pipe holds up the first line, so that all others are ready to come when there is room again.
      const heldUp = rounds < TORN_FULL_ROUNDS
      session = heldUp ? await startHeldUp(bench) : await bench.alive(session)
      const bad = await tears(bench, session, heldUp)
      if (!bad.line || torn > 0) recorder.forget(from)
      if (bad.line) torn++
      if (bad.unserved) unserved++
      // What else is wrong is judged elsewhere; here it must not hold up the others.
      if (heldUp || bad.unserved) await bench.stop(session)
    }
    recorder.count('rounds', rounds)
    recorder.count('torn', torn)
  },
}

async function tears(bench: ServerBench, session: Session, heldUp: boolean) {
  const from = bench.recorder.length
  const gather = heldUp ? 'nothing' : 'X'
  await crowd(bench, session, { size: TORN_CROWD, gather, patienceMs: bench.patienceMs })
  const clients = clientsIn(since(bench, from))
  const unserved = !clients.every(isServed)
  await missing(bench, session, from, 2 * clients.filter(({ right }) => right).length)
  const line = tornLine(linesFrom(bench.recorder.events.slice(from), session.id, bench.facts), messagesOf(clients))
  return { line, unserved }
}

const since = (bench: ServerBench, from: number): Exchange[] =>
  exchangesOf({ probe: bench.recorder.probe, events: bench.recorder.events.slice(from) })
