import type { ConcurrencyStrategy, Work } from '../strategy.js'

export interface EventsOptions {
  /** How many connections at a time; the rest wait. Default: no limit but the server's. */
  readonly atOnce?: number
}

/** One thread, all connections at once. */
export function events({ atOnce = Number.POSITIVE_INFINITY }: EventsOptions = {}): ConcurrencyStrategy {
  if (!(atOnce >= 1)) throw new RangeError(`atOnce must be at least 1, got ${atOnce}`)
  return { name: 'events', run: (work) => serveAtOnce(work, atOnce) }
}

/** The loop itself, which the worker threads run too. */
export async function serveAtOnce(
  { listener, serveOne }: Pick<Work, 'listener' | 'serveOne'>,
  atOnce: number,
): Promise<void> {
  if (atOnce === Number.POSITIVE_INFINITY) {
    for await (const connection of listener) void serveOne(connection)
    return
  }
  let served = 0
  let onRoom: (() => void) | undefined
  for await (const connection of listener) {
    served++
    void serveOne(connection).then(() => {
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
