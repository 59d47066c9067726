import { text } from '../../message.js'
import { longestPause } from '../exchange.js'
import type { Probe } from '../probe.js'
import type { ServerBench } from './bench.js'

/** A client that takes its time between two messages: far less than a person would. */
const PAUSE_MS = 400
/** What a program that waits for a person may still take for a client that says nothing. */
export const LONGEST_PAUSE_MS = 600
const ATTEMPTS = 4
/** How long a program may take to close when its client has. */
const FOLLOWS_MS = 500

/** A client that takes its time, before X and before Z. */
export const slowClient: Probe<ServerBench> = {
  name: 'slow client',
  after: ['learning'],
  wanted: ({ answered }) => answered,
  async observe(bench) {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const from = bench.recorder.length
      const session = await bench.start()
      const { ended } = await bench.exchange(session, bench.number(), { pauseMs: PAUSE_MS, lookMs: PAUSE_MS })
      // A program may give up on a client that a late machine has let wait for much longer.
      if (!ended?.beforeThird || longestPause(bench.recorder.events.slice(from)) <= LONGEST_PAUSE_MS) break
      if (attempt < ATTEMPTS) bench.recorder.forget(from)
      await bench.stop(session)
    }
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
    const x = bench.number()
    const peer = await bench.connect(session, { x })
    if (!peer) return
    peer.send(bench.dressed(text(x)))
    await bench.answer(peer, x)
    peer.send(bench.dressed(text(x + 2)), true)
    if (!(await peer.untilOver(bench.settings.patienceMs))) {
      peer.finish()
      await peer.untilOver(FOLLOWS_MS)
    }
    await bench.finish(session, peer, x, { z: 'sent', endMs: 0 })
  },
}
