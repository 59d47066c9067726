import type { Probe } from '../probe.js'
import { hasEnded, type Session } from '../program.js'
import type { Client, ServerBench } from './bench.js'
import { lasts } from './facts.js'

const CLIENTS = 4
/** Each comes when the one before is accepted, also on a busy machine: all in one moment is another probe. */
const ACCEPTED_MS = 20

/**
 * Four clients that are there at the same time, and speak in another order. When the first has gone, a fifth comes: its
 * descriptor is the one that was given back, and smaller than those of the others.
 */
export const interleaved: Probe<ServerBench> = {
  name: 'interleaved',
  after: ['learning', 'stalled clients'],
  wanted: (facts) => lasts(facts) && facts.concurrency !== 'sequential',
  async observe(bench) {
    const session = await bench.start()
    const size = Math.min(CLIENTS, bench.facts.seats)
    const early: Client[] = []
    for (let at = 0; at < size; at++) {
      await bench.pause(ACCEPTED_MS)
      const client = await bench.arrive(session, { name: `#${at + 1}` })
      if (!client) return
      early.push(client)
    }
    if (!(await each(shuffled(bench, early), (client) => begin(bench, client)))) return giveUp(bench, session, early)
    const [first, ...others] = early as [Client, ...Client[]]
    await bench.finish(session, first)
    const newcomer = await bench.arrive(session, { name: `#${size + 1}` })
    if (!newcomer) return
    const rest = [...others, newcomer]
    if (!(await begin(bench, newcomer))) return giveUp(bench, session, rest)
    for (const client of shuffled(bench, rest)) await bench.finish(session, client)
    await hasEnded(session)
  },
}

async function begin(bench: ServerBench, client: Client): Promise<boolean> {
  await bench.speak(client)
  return bench.recorder.exchange(client.peer.connection).right
}

/** One of them was answered wrongly, or not at all: the others cannot tell more. */
async function giveUp(bench: ServerBench, session: Session, clients: readonly Client[]): Promise<void> {
  for (const client of clients) await bench.finish(session, client, { z: 'none', awaitLines: false })
}

async function each<T>(items: readonly T[], isRight: (item: T) => Promise<boolean>): Promise<boolean> {
  for (const item of items) if (!(await isRight(item))) return false
  return true
}

function shuffled<T>(bench: ServerBench, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: bench.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item)
}
