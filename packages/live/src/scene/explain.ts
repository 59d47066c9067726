/** Which clients wait for which, and why: the sentence above each lane. Pure. */
import type { Connection } from './events.js'
import { at, type LaneScene } from './scene.js'

/** A client that has said nothing for longer than this is mentioned. */
const SILENT_MS = 2_000

/** @param now - The moment that the picture shows. */
export function explain(lane: LaneScene, now: number): string {
  if (lane.state === 'starting') return 'The server starts.'
  if (lane.state === 'down') return lane.note ?? 'The server is not running.'
  const waiting = at(lane, 'waiting')
  const served = at(lane, 'served')
  switch (lane.info.strategy) {
    case undefined:
      return explainFromOutside(served, waiting)
    case 'sequential':
      return explainSequential(served[0], waiting, now)
    case 'threads':
      return explainThreads(lane.info.threads, served, waiting, now)
    default:
      return explainEvents(served, waiting, now)
  }
}

function explainSequential(served: Connection | undefined, waiting: readonly Connection[], now: number): string {
  if (!served) return 'No client is here.'
  const silent = silence(served, now)
  const whom = `client ${name(served)}${silent ? `, which has been silent for ${silent}` : ''}`
  if (waiting.length === 0) return `The only thread serves ${whom}. No client waits.`
  return `${clients(waiting)} for ${whom}: the only thread serves one client at a time, from its first message to its last.`
}

function explainThreads(
  threads: number,
  served: readonly Connection[],
  waiting: readonly Connection[],
  now: number,
): string {
  const silent = served.filter((each) => silence(each, now) !== undefined).length
  if (served.length === 0) return `No client is here; ${count(threads, 'thread')} would serve one client each.`
  const held = silent > 0 ? `, ${silent === served.length ? 'each' : silent} by a client that is silent` : ''
  if (waiting.length === 0) {
    return `${served.length} of ${count(threads, 'thread')} ${served.length === 1 ? 'is' : 'are'} taken${held}. No client waits.`
  }
  return `${clients(waiting)} for a free thread: all ${threads} are taken${held}.`
}

function explainEvents(served: readonly Connection[], waiting: readonly Connection[], now: number): string {
  if (served.length === 0) return 'No client is here.'
  const silent = served.filter((each) => silence(each, now) !== undefined).length
  const others =
    silent > 0 ? ` ${silent === 1 ? 'A silent client stops' : `${silent} silent clients stop`} no other.` : ''
  if (waiting.length > 0) return `${clients(waiting)} for the thread's next round.${others}`
  const all = served.length === 1 ? `client ${name(served[0]!)}` : `all ${served.length} clients at once`
  return `One thread serves ${all}: while one thinks, it answers another. No client waits.${others}`
}

function explainFromOutside(served: readonly Connection[], waiting: readonly Connection[]): string {
  if (served.length + waiting.length === 0) return 'No client is here.'
  const answered = `${count(served.length, 'client')} ${served.length === 1 ? 'has' : 'have'} an answer`
  return `As its clients see it: ${answered}, ${waiting.length} ${waiting.length === 1 ? 'waits' : 'wait'} for one.`
}

/** The number that a client begins with is its name. */
function name({ x, id }: Connection): string {
  return x === undefined ? `from outside (${id})` : String(x)
}

function silence({ lastWord }: Connection, now: number): string | undefined {
  return now - lastWord > SILENT_MS ? `${Math.floor((now - lastWord) / 1000)} s` : undefined
}

function clients(waiting: readonly Connection[]): string {
  return `${count(waiting.length, 'client')} ${waiting.length === 1 ? 'waits' : 'wait'}`
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
