import type { Probe } from '../probe.js'
import type { Session } from '../program.js'
import type { ServerBench } from './bench.js'
import { lasts } from './facts.js'

/** Clients before the first look at what the process holds. */
const FIRST = 4
export const SERIES = 300
/** Clients that leave early: enough to be distinguished from what comes and goes by itself. */
const LEAVERS = 50
const FEWEST_LEAVERS = 12
/** A program that takes its time with each client is asked to serve fewer. */
const SERIES_MS = 15_000
/** What may come and go by itself: caches, logs, connections that linger in user space, a child that dies just now. */
export const ALLOWED = 10
/** How often, and how far apart, is looked again at what is on its way to be closed. */
const LOOKS_AGAIN = 10
const LOOK_AGAIN_MS = 50
/** How often, and how far apart, a program is looked at that should be asleep. */
const LOOKS = 12
const LOOK_MS = 30
/** A program that goes to sleep at least this often between two looks has found nothing to do each time. */
const RESTLESS_SLEEPS = 20

/** Many clients in a row, and then some that leave early: what the process holds before and after. */
export const series: Probe<ServerBench> = {
  name: 'series',
  after: ['learning'],
  wanted: lasts,
  async observe(bench) {
    const session = await bench.start()
    const { recorder } = bench
    const until = performance.now() + SERIES_MS
    let before: number | undefined
    let served = 0
    for (; served < SERIES && performance.now() < until; served++) {
      if (served === FIRST) before = await settled(bench, session)
      const from = recorder.length
      const endMs = bench.facts.closes ? undefined : 0
      const exchange = await bench.exchange(session, bench.number(), endMs === undefined ? {} : { endMs })
      if (!exchange.right || session.process?.exit) return recorder.count('served', served)
      recorder.forget(from)
    }
    recorder.count('served', served)
    await settled(bench, session, before)
    for (let left = 0; left < LEAVERS && (left < FEWEST_LEAVERS || performance.now() < until); left++) {
      const from = recorder.length
      const right = await leave(bench, session)
      if (!right || session.process?.exit) return recorder.count('left', left)
      recorder.forget(from)
    }
    await settled(bench, session, before)
    // What was taken for those that have left may be missing now.
    const from = recorder.length
    const { right } = await bench.exchange(session, bench.number(), { purpose: 'next' })
    recorder.count('left', LEAVERS)
    if (right) recorder.forget(from)
  },
}

/** A client that leaves after the answer; the next one comes when this one has been dealt with. */
async function leave(bench: ServerBench, session: Session): Promise<boolean> {
  const client = await bench.meet(session, { purpose: 'leaves' })
  if (!client) return false
  client.peer.finish()
  await client.peer.untilOver(LOOK_MS)
  return (await bench.finish(session, client, { z: 'none', awaitLines: false })).right
}

/** Records what the processes hold when all has been closed that is on its way to be. */
async function settled(bench: ServerBench, session: Session, before = 0): Promise<number | undefined> {
  if (!session.process) return undefined
  if (before === 0) await bench.pause(LOOK_AGAIN_MS)
  for (let look = 0; look < LOOKS_AGAIN && session.process.holdings().descriptors - before > ALLOWED; look++) {
    await bench.pause(LOOK_AGAIN_MS)
  }
  return bench.holdings(session).descriptors
}

/** Is the program at work although no client speaks? */
export const idle: Probe<ServerBench> = {
  name: 'idle',
  after: ['learning'],
  wanted: ({ answered }, { observed, proc }) => answered && observed && proc !== false,
  async observe(bench) {
    const session = await bench.start()
    const silent = await bench.connect(session, { purpose: 'silent' })
    if (silent) await bench.finish(session, { peer: silent, x: 0 }, { z: 'none', awaitLines: false })
    await bench.pause(20)
    const leaver = await bench.meet(session, { purpose: 'leaves' })
    if (leaver) await bench.finish(session, leaver, { z: 'none', awaitLines: false })
    await bench.pause(50)
    let busy = 0
    for (let look = 0; look < LOOKS; look++) {
      const before = session.process!.sleeps()
      await bench.pause(LOOK_MS)
      if (session.process!.isBusy() || session.process!.sleeps() - before >= RESTLESS_SLEEPS) busy++
    }
    bench.recorder.add({ type: 'looks', process: session.id, busy, of: LOOKS })
  },
}
