import { checkOptions, count, optional, type Table } from '@hs/options'
import type { ConcurrencyStrategy, Work } from '../strategy.js'

export interface EventsOptions {
  /** How many connections at a time; the rest wait. Default: no limit but the server's. */
  readonly atOnce?: number
}

const EVENTS_OPTIONS = { atOnce: optional(count) } satisfies Table<EventsOptions>

/** One thread, all connections at once. */
export function events(options: EventsOptions = {}): ConcurrencyStrategy {
  const { atOnce = Number.POSITIVE_INFINITY } = checkOptions('events', options, EVENTS_OPTIONS)
  return { name: 'events', atOnce, run: (work) => serveAtOnce(work, atOnce) }
}

/** The loop itself, which the worker threads run too. */
export async function serveAtOnce(
  { listener, serve }: Pick<Work, 'listener' | 'serve'>,
  atOnce: number,
): Promise<void> {
  if (atOnce === Number.POSITIVE_INFINITY) {
    for await (const connection of listener) serve(connection)
    return
  }
  let served = 0
  let onRoom: (() => void) | undefined
  for await (const connection of listener) {
    served++
    serve(connection, () => {
      served--
      onRoom?.()
    })
    while (served >= atOnce) {
      await new Promise<void>((resolve) => {
        onRoom = resolve
      })
    }
  }
}
