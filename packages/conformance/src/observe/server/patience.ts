import { text } from '../../message.js'
import { LATE_MS } from '../exchange.js'
import type { Probe } from '../probe.js'
import type { ServerBench } from './bench.js'

/** A client that takes its time between two messages: far less than a person would. */
const PAUSE_MS = 400
/** What a program that waits for a person may still take for a client that says nothing. */
export const LONGEST_PAUSE_MS = PAUSE_MS + LATE_MS
/** How long a program may take to close when its client has. */
const FOLLOWS_MS = 500

/** A client that takes its time, before X and before Z. */
export const slowClient: Probe<ServerBench> = {
  name: 'slow client',
  after: ['learning'],
  wanted: ({ answered }) => answered,
  async observe(bench) {
    await bench.exchange(await bench.start(), bench.number(), { pauseMs: PAUSE_MS, lookMs: PAUSE_MS })
  },
}

/** A client that waits for the end of the connection, and then ends it: does the server follow? */
export const waitingClient: Probe<ServerBench> = {
  name: 'waiting client',
  waits: true,
  after: ['learning'],
  wanted: ({ answered, closes }) => answered && !closes,
  async observe(bench) {
    const session = await bench.start()
    const client = await bench.meet(session)
    if (!client) return
    const { peer, x } = client
    peer.send(bench.dressed(text(x + 2)), true)
    if (!(await peer.untilOver(bench.settings.patienceMs))) {
      peer.finish()
      await peer.untilOver(FOLLOWS_MS)
    }
    await bench.finish(session, client, { z: 'sent', endMs: 0 })
  },
}
