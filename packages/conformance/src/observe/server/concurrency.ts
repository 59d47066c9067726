/** How a server serves several clients at a time, computed from what was observed. Pure. */
import type { Event, EventOf, Observation } from '../observation.js'

type ConcurrencyModel = 'sequential' | 'threads' | 'processes' | 'events' | 'concurrent' | 'unknown'

export interface Concurrency {
  readonly concurrency: ConcurrencyModel
  /** How many clients it serves at a time, if a pool has fewer seats than were tried. */
  readonly seats: number
  /** In a sequential server: what the client did that the others waited for. */
  readonly waitedFor?: 'before X' | 'after the answer'
  /** It served others when it had given up the client that stalled. */
  readonly givesUp?: true
}

export const UNKNOWN_CONCURRENCY: Concurrency = { concurrency: 'unknown', seats: Number.POSITIVE_INFINITY }

/** Clients that are held at a time, beside one that is silent. */
export const HELD = 4

/** What holds the connections names the model. */
function modelOf({ holds }: EventOf<'holds'>): ConcurrencyModel {
  const { connections, receivers, separate, receiving, loops, tasks, tasksBefore } = holds
  // A child that was forked for each connection waits in recv, or holds one that no other child holds.
  if (receivers > 1 || separate > 1) return 'processes'
  // Threads that share the queue may leave all of these connections to one of them, but each watches for newcomers.
  if (receiving > 1 || loops > 1 || tasks - tasksBefore >= connections - 1) return 'threads'
  return 'events'
}

/** Reads the probe `stalled clients`. */
export function concurrencyIn(observation: Observation | undefined): Concurrency {
  const events = observation?.events ?? []
  const silent = indexOf(events, 'silent', 'send')
  if (silent === undefined) return UNKNOWN_CONCURRENCY
  const isServed = (name: string) => (indexOf(events, name, 'receive') ?? Number.POSITIVE_INFINITY) < silent
  const isGivenUp = (name: string) => (indexOf(events, name, 'end') ?? Number.POSITIVE_INFINITY) < silent
  const holds = events.find((event): event is EventOf<'holds'> => event.type === 'holds')
  const seats = Number.POSITIVE_INFINITY
  if (!isServed('other 1') || isGivenUp('silent')) {
    return { concurrency: 'sequential', seats, waitedFor: 'before X', ...(isGivenUp('silent') && { givesUp: true }) }
  }
  const stalls = !isServed('other 2') || isGivenUp('stalled')
  // A client that is served as soon as the silent one is gone had no seat: it is a pool of two.
  if (stalls && holds) return { concurrency: modelOf(holds), seats: 2 }
  if (stalls) {
    const givesUp = isGivenUp('stalled')
    return { concurrency: 'sequential', seats, waitedFor: 'after the answer', ...(givesUp && { givesUp }) }
  }
  if (!holds) return { concurrency: 'concurrent', seats }
  const { connections } = holds.holds
  return { concurrency: modelOf(holds), seats: connections < HELD ? connections + 1 : seats }
}

/** When a client of that name did something first, or its connection was ended by the program. */
function indexOf(events: readonly Event[], name: string, type: 'send' | 'receive' | 'end'): number | undefined {
  const first = events.find((event) => event.type === 'connect' && event.name === name) as EventOf<'connect'>
  const at = events.findIndex(
    (event) =>
      event.type === type && event.connection === first?.connection && (event.type !== 'end' || event.by === 'program'),
  )
  return at < 0 ? undefined : at
}
