import { nodeTransport } from '@hs/transport'
import type { HandshakeTrace } from '../measure/results.js'
import { load } from '../run/load.js'
import { type Candidate, type PrintedEvent, startServer } from './servers.js'

/** One connection of a timeline. Times are in milliseconds from the beginning of the first one. */
interface Bar {
  /** The thread that served it; undefined where only the clients were asked. */
  readonly thread: number | undefined
  readonly arrived: number
  readonly served: number
  readonly ended: number
  readonly established: boolean
}

export interface Timeline {
  readonly server: string
  /** `'server'`: from the server's own events. `'client'`: from what the clients saw of it. */
  readonly seenBy: 'server' | 'client'
  readonly bars: readonly Bar[]
}

/** Enough to see which client waits for which, and few enough that each bar is visible on a phone. */
const CONNECTIONS = 16

/** They arrive faster than one of them is served. */
const PER_SECOND = 100

/** Each says HELLO X this long after it has connected, and HELLO Z this long after it got its answer. */
const THINK_MS = 25

/** The shortest is shown: it is the one that the rest of the machine disturbed least. */
const TRIES = 3

/** Watches one server serve clients that take their time. */
export async function timelineOf(candidate: Candidate, signal: AbortSignal): Promise<Timeline> {
  // The Linux transport lets HELLO X carry the last segment of the connect. A server would not see the connection before
  // that, and would seem to have let it wait for as long as the client thinks.
  const transport = nodeTransport()
  const server = await startServer(candidate, signal, true)
  const tries: HandshakeTrace[][] = []
  try {
    const options = { targets: [server.endpoint], transport, check: false, signal }
    // Not the first that it ever serves.
    await load({ ...options, concurrency: 1, count: CONNECTIONS })
    for (let attempt = 0; attempt < TRIES && !signal.aborted; attempt++) {
      const traces: HandshakeTrace[] = []
      await load({
        ...options,
        rate: PER_SECOND,
        count: CONNECTIONS,
        mix: { slow: 1 },
        slowMs: THINK_MS,
        timeoutMs: 20_000,
        onHandshake: (trace) => traces.push(trace),
      })
      tries.push(traces.sort((a, b) => a.started - b.started))
    }
  } finally {
    // What it printed is complete when it has ended.
    await server.stop()
  }
  const [traces = []] = tries.sort((a, b) => lengthOf(a) - lengthOf(b))
  const zero = traces[0]?.started ?? 0
  const events = candidate.strategy ? server.events : []
  const bars = traces.map((trace) => barOf(trace, events, zero))
  return { server: candidate.name, seenBy: events.length > 0 ? 'server' : 'client', bars }
}

function lengthOf(traces: readonly HandshakeTrace[]): number {
  return Math.max(0, ...traces.map(({ ended }) => ended)) - (traces[0]?.started ?? 0)
}

function barOf(trace: HandshakeTrace, events: readonly PrintedEvent[], zero: number): Bar {
  const { started, connected = started, replied, ended, outcome } = trace
  const established = outcome === 'established'
  // A port may have been used before; the connection in question came after it was asked for.
  const own = events.filter(({ remote, at }) => remote?.port === trace.localPort && at >= started - 1)
  const taken = own.find(({ type }) => type === 'connection')
  if (taken) {
    const closed = own.find(({ type }) => type === 'closed')
    return {
      thread: taken.thread ?? 0,
      arrived: started - zero,
      served: Math.max(started, taken.at) - zero,
      ended: (closed?.at ?? ended) - zero,
      established,
    }
  }
  // The server answers at once when it serves: so it began to when the answer came, or when HELLO X left, if later.
  const served = replied === undefined ? ended : Math.max(connected, replied - THINK_MS)
  return { thread: undefined, arrived: started - zero, served: served - zero, ended: ended - zero, established }
}
