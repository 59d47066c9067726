import type { Clock, Connection, Listener } from '@hs/transport'
import { GatedConnection } from './connection.js'

/** Headers that are awaited at a time. Each of them is a balancer that has connected and says nothing. */
const MAX_AWAITED = 256

/** When the listener is closed, headers that are on their way get this much time and no more. */
const LAST_HEADERS_MS = 500

/**
 * The connections of a listener, each of them when its PROXY header has come, and at once if it has none. Headers are
 * awaited side by side: a balancer that says nothing does not hold up the others. No more is accepted than is asked for.
 */
export async function* afterHeaders(
  listener: Listener,
  hasHeader: (connection: GatedConnection) => boolean,
  clock: Clock,
  headerMs: number,
): AsyncGenerator<GatedConnection, undefined> {
  const source = listener[Symbol.asyncIterator]()
  const ready: GatedConnection[] = []
  const awaited = new Set<GatedConnection>()
  let accepting = false
  let ended = false
  let broken: { readonly error: unknown } | undefined
  let wake = () => {}

  const take = ({ done, value }: IteratorResult<Connection>) => {
    accepting = false
    if (done) {
      ended = true
      for (const connection of awaited) connection.hurry(clock, LAST_HEADERS_MS)
      return
    }
    const connection = new GatedConnection(value)
    if (!hasHeader(connection)) {
      ready.push(connection)
      return
    }
    awaited.add(connection)
    connection.readHeader(clock, headerMs, () => {
      awaited.delete(connection)
      ready.push(connection)
      wake()
    })
  }
  const fail = (error: unknown) => {
    ended = true
    broken = { error }
  }
  const accept = () => {
    accepting = true
    source
      .next()
      .then(take)
      .catch(fail)
      .then(() => wake())
  }

  try {
    for (;;) {
      const connection = ready.shift()
      if (connection) {
        yield connection
        continue
      }
      if (ended && awaited.size === 0) break
      if (!ended && !accepting && awaited.size < MAX_AWAITED) accept()
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    if (broken) throw broken.error
    return undefined
  } finally {
    for (const connection of [...ready, ...awaited]) connection.abort()
    await source.return?.()
  }
}
