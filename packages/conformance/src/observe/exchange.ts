import type { Exit } from '@hs/supervise'
import { readText, successors, text } from '../message.js'
import type { Event, EventOf, Observation, Observations, Purpose } from './observation.js'

/** One connection from its beginning to its end, and what the program printed meanwhile: a view of an observation. */
export interface Exchange extends Purpose {
  readonly connection: number
  readonly process: number
  /** What the checker sent before the third message (servers), or before the answer (clients). */
  readonly sent: string
  /** What came until then. */
  readonly reply: string
  /** The number in the reply, however it is dressed. */
  readonly y?: number
  /** A server answered X with X+1, in either arithmetic, however dressed. */
  readonly right: boolean
  /** Something is in front of the right answer: an earlier one, or what memory held. */
  readonly inFront?: true
  /** The third message (servers), or the answer (clients); undefined: none was sent. */
  readonly third: string | undefined
  /** What came after it. */
  readonly after: string
  /** How many pieces the program's bytes came in; `segments` is what the kernel counted. */
  readonly chunks: readonly string[]
  readonly segments?: number
  /** Bytes that the program had not read in the end. */
  readonly unread?: number
  /** How the program ended the connection, before the checker did. */
  readonly ended?: {
    readonly how: 'finish' | 'close' | 'reset'
    readonly afterMs: number
    readonly beforeThird: boolean
  }
  /** It ended the connection only after the checker had. */
  readonly endedLate?: true
  /** Why there was no connection. */
  readonly unconnected?: string
  /** From the first byte sent to the first received. */
  readonly answerMs?: number
  readonly out: string
  readonly err: string
  /** The process ended by itself meanwhile. */
  readonly exit?: Exit & { readonly excess?: string }
  /** It had ended before the checker closed the connection. */
  readonly exitFirst?: true
  /** From the third message (servers), or the answer (clients), to what came after it. */
  readonly afterMs?: number
  /** Which part of the observation this is. */
  readonly probe: string
  readonly from: number
  readonly to: number
}

const is =
  <T extends Event['type']>(...types: T[]) =>
  (event: Event): event is EventOf<T> =>
    (types as readonly string[]).includes(event.type)

/** The connections of each observation, computed when they are first looked at: many judges read the same ones. */
export class Exchanges {
  readonly observations: Observations
  readonly #known: Map<string, readonly Exchange[]>

  constructor(observations: Iterable<Observation>, known = new Map<string, readonly Exchange[]>()) {
    this.observations = new Map([...observations].map((one) => [one.probe, one]))
    this.#known = known
  }

  /** The connections of a probe; none if it could not be made. */
  get(probe: string): readonly Exchange[] {
    const observation = this.observations.get(probe)
    if (!observation) return []
    const known = this.#known.get(probe) ?? exchangesOf(observation)
    this.#known.set(probe, known)
    return known
  }

  /** The same, as if only these probes had been made. */
  only(probes: ReadonlySet<string>): Exchanges {
    return new Exchanges(
      [...this.observations.values()].filter(({ probe }) => probes.has(probe)),
      this.#known,
    )
  }
}

/** All connections of an observation, in the order in which they were made. */
export function exchangesOf({ probe, events }: Pick<Observation, 'probe' | 'events'>): Exchange[] {
  return events.filter(is('connect', 'unconnected')).map((first) => exchangeOf(probe, events, first))
}

/** @param first - How the connection began. */
export function exchangeOf(
  probe: string,
  events: readonly Event[],
  first: EventOf<'connect' | 'unconnected'>,
): Exchange {
  const { connection, process, purpose, x, dress, name } = first
  const from = beginningOf(events, first)
  const settled = indexFrom(events, from, (event) => event.type === 'settled' && event.connection === connection)
  const to = settled < 0 ? events.length : settled + 1
  const window = events.slice(from, to)
  const all = window.filter((event) => 'connection' in event && event.connection === connection)
  const closed = all.findIndex((event) => event.type === 'end' && event.by === 'checker')
  // What comes after that does not answer anything.
  const own = closed < 0 ? all : all.slice(0, closed)
  const thirdAt = own.findIndex((event) => event.type === 'send' && event.z)
  const before = thirdAt < 0 ? own : own.slice(0, thirdAt)
  const later = thirdAt < 0 ? [] : own.slice(thirdAt)
  const exit = exitAfter(events, process, from, to)
  const reply = bytesOf(before, 'receive')
  return {
    ...defined({ purpose, x, dress, name }),
    ...readingOf(reply, x, () => earlierAnswers(events.slice(0, from), process)),
    connection,
    process,
    sent: bytesOf(before, 'send'),
    reply,
    third: thirdAt < 0 ? undefined : bytesOf(later, 'send'),
    after: bytesOf(later, 'receive'),
    chunks: own.filter(is('receive')).map(({ text }) => text),
    ...endingOf(own, before, all),
    ...timesOf(own, later),
    ...(first.type === 'unconnected' && { unconnected: first.why }),
    ...(settled >= 0 && countsOf(events[settled] as EventOf<'settled'>)),
    out: outputOf(window, process, 'out'),
    err: outputOf(window, process, 'err'),
    ...exitOf(exit, all[closed]?.at),
    probe,
    from,
    to,
  }
}

/** A client that did not connect has said why before that was known; one that is quick has even ended. */
function beginningOf(events: readonly Event[], first: EventOf<'connect' | 'unconnected'>): number {
  const at = events.indexOf(first)
  if (!('by' in first) || first.by !== 'program') return at
  const isOver = (event: Event) => event.type === 'exit' && event.process === first.process
  if (first.type === 'connect' && !events.slice(0, at).some(isOver)) return at
  return events.findIndex((event) => event.type === 'start' && event.process === first.process)
}

/** The end of the process, until another connection is made to it. */
function exitAfter(events: readonly Event[], process: number, from: number, to: number): EventOf<'exit'> | undefined {
  const isNext = (event: Event) => is('connect', 'unconnected')(event) && event.process === process
  const isExit = (event: Event) => event.type === 'exit' && event.process === process
  const next = indexFrom(events, to, isNext)
  const exit = indexFrom(events, from, isExit)
  return exit < 0 || (next >= 0 && exit > next) ? undefined : (events[exit] as EventOf<'exit'>)
}

/** The first of these events at or after a position; -1: there is none. */
function indexFrom(events: readonly Event[], from: number, isSo: (event: Event) => boolean): number {
  for (let at = from; at < events.length; at++) if (isSo(events[at]!)) return at
  return -1
}

/** @param closedAt - When the checker closed the connection. */
function exitOf(
  exit: EventOf<'exit'> | undefined,
  closedAt = Number.POSITIVE_INFINITY,
): Pick<Exchange, 'exit' | 'exitFirst'> {
  if (!exit) return {}
  const { code, signal, excess, at } = exit
  return { exit: { code, signal, ...(excess && { excess }) }, ...(at <= closedAt && { exitFirst: true as const }) }
}

const countsOf = ({ segments, unread }: EventOf<'settled'>) => defined({ segments, unread })

/** How the program ended the connection, before or after the checker did. */
function endingOf(own: Event[], before: Event[], all: Event[]): Pick<Exchange, 'ended' | 'endedLate'> {
  const isEnd = (event: Event): event is EventOf<'end'> => event.type === 'end' && event.by === 'program'
  const end = own.find(isEnd)
  if (!end) return all.some(isEnd) ? { endedLate: true } : {}
  const sentAt = own.slice(0, own.indexOf(end)).findLast(is('send'))?.at ?? own[0]!.at
  return { ended: { how: end.how, afterMs: end.at - sentAt, beforeThird: before.includes(end) } }
}

function timesOf(own: Event[], later: Event[]): Pick<Exchange, 'answerMs' | 'afterMs'> {
  const [sent, received, after] = [own.find(is('send')), own.find(is('receive')), later.find(is('receive'))]
  return {
    ...(sent && received && { answerMs: received.at - sent.at }),
    ...(after && { afterMs: after.at - later[0]!.at }),
  }
}

/** Without what is undefined. */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}

const bytesOf = (events: readonly Event[], type: 'send' | 'receive') =>
  events
    .filter(is(type))
    .map(({ text }) => text)
    .join('')

/** A program may have given up on a client that lets it wait for this time longer than it should. */
export const LATE_MS = 200

/** The longest time, by the clock, for which the checker let a program wait for its next message. */
export function longestPause(events: readonly Event[]): number {
  const steps = events.filter(is('connect', 'send', 'receive'))
  return Math.max(0, ...steps.map(({ type, at }, step) => (type === 'send' && step > 0 ? at - steps[step - 1]!.at : 0)))
}

/** What a process wrote to a stream, within some events. */
export function outputOf(events: readonly Event[], process: number, stream: 'out' | 'err'): string {
  let output = ''
  for (const event of events)
    if (event.type === 'output' && event.process === process && event.stream === stream) output += event.text
  return output
}

/** What a reply says, also if something else comes before it. */
function readingOf(
  reply: string,
  x: number | undefined,
  earlier: () => string[],
): Pick<Exchange, 'y' | 'right' | 'inFront'> {
  const y = readText(reply).sequence
  if (x === undefined) return { right: false, ...(y !== undefined && { y }) }
  if (y !== undefined && successors(x).includes(y)) return { y, right: true }
  const said = bare(reply)
  const before = said === '' ? [] : earlier()
  const found = successors(x).find(
    (number) =>
      (said.endsWith(text(number)) && said !== text(number)) || before.some((one) => said === `${one}${number}`),
  )
  if (found !== undefined) return { y: found, right: true, inFront: true }
  return { right: false, ...(y !== undefined && { y }) }
}

/** What the connections before were answered by the same process. */
function earlierAnswers(events: readonly Event[], process: number): string[] {
  const answers = new Map<number, string>()
  for (const event of events) {
    if (event.type === 'connect' && event.process === process) answers.set(event.connection, '')
    const answer = event.type === 'receive' ? answers.get(event.connection) : undefined
    if (event.type === 'receive' && answer !== undefined) answers.set(event.connection, answer + event.text)
  }
  return [...answers.values()].map(bare).filter((said) => said !== '')
}

/** Without terminators. */
const bare = (message: string) => message.replace(/[\0\r\n]+$/, '')

/** The number that was sent as Z. */
export const thirdNumber = ({ third }: Pick<Exchange, 'third'>): number | undefined =>
  third === undefined ? undefined : readText(third).sequence
