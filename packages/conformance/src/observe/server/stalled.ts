import { connections, descriptors, hasProc, listenerOn, loopsOf, tasksOf } from '@hs/supervise'
import type { EventOf } from '../observation.js'
import type { Probe } from '../probe.js'
import type { Session } from '../program.js'
import type { Client, ServerBench } from './bench.js'
import { HELD } from './concurrency.js'
import { lasts } from './facts.js'

/** How long others wait for a stalled client before the server is called sequential. */
const STALL_MS = 2000
/** How long a client waits at most for a seat that is free. */
const SEAT_MS = 300
const ACCEPTED_MS = 20
/** A server that listens may still be starting its threads, which takes this much work at most. */
const STARTING_MS = 1000

/** One client is silent, another stops after the answer: are others served meanwhile, and by what? */
export const stalledClients: Probe<ServerBench> = {
  name: 'stalled clients',
  waits: true,
  after: ['learning'],
  wanted: lasts,
  async observe(bench) {
    const session = await bench.start()
    await session.process?.rest(STARTING_MS)
    const tasksBefore = tasksIn(session)
    const silent = await bench.arrive(session, { name: 'silent' })
    if (!silent) return
    // A runtime that starts a thread for the first time takes as long as for its first answer.
    await bench.pause(ACCEPTED_MS + bench.facts.answerMs)
    const held: Client[] = []
    const stallMs = STALL_MS + 2 * bench.facts.answerMs
    let other = await bench.meet(session, { name: 'other 1' }, stallMs)
    if (isServed(other) && !(await silent.peer.untilOver(ACCEPTED_MS))) {
      if (other) await bench.finish(session, other, { awaitLines: false })
      const stalled = await bench.meet(session, { name: 'stalled' }, bench.settings.patienceMs)
      if (stalled) held.push(stalled)
      other = await bench.meet(session, { name: 'other 2' }, stallMs)
      if (isServed(other) && !(await stalled?.peer.untilOver(ACCEPTED_MS))) {
        if (other) await bench.finish(session, other, { awaitLines: false })
        other = undefined
        await hold(bench, session, held)
        look(bench, session, held, tasksBefore)
      }
    }
    // Everyone is let go with a whole handshake: how a server takes an early end is judged elsewhere.
    await bench.speak(silent, bench.settings.patienceMs)
    await bench.finish(session, silent, { awaitLines: false })
    if (other && !isServed(other) && held.length === 1) {
      if (await other.peer.until(() => other?.peer.received !== '', SEAT_MS))
        look(bench, session, [...held, other], tasksBefore)
    }
    for (const client of held) await bench.finish(session, client, { awaitLines: false, endMs: ACCEPTED_MS })
    // A client that had to wait is served now.
    if (!other) return
    if (!isServed(other)) await bench.answer(other, bench.settings.patienceMs + 1000)
    await bench.finish(session, other, { awaitLines: false })
  },
}

const isServed = (client: Client | undefined) => client !== undefined && client.peer.received !== ''

/** More clients that stop after the answer. A pool has fewer seats than this: one that is not answered at once is let go. */
async function hold(bench: ServerBench, session: Session, held: Client[]): Promise<void> {
  for (let at = 1; at < HELD; at++) {
    const client = await bench.meet(session, { name: `held ${at}` }, SEAT_MS)
    if (client && isServed(client)) held.push(client)
    else if (client) await bench.finish(session, client, { z: 'none', awaitLines: false })
  }
}

const tasksIn = ({ process }: Session) =>
  (process?.pids() ?? []).reduce((sum, pid) => sum + tasksOf(pid, new Set()).count, 0)

/** Records what processes and tasks hold these connections. */
function look(bench: ServerBench, { id, process, port }: Session, held: readonly Client[], tasksBefore: number): void {
  if (!process || !hasProc || held.length === 0) return
  const remote = new Set(held.map(({ peer }) => peer.ports.local))
  const inodes = new Set(
    connections(port)
      .filter(({ remotePort }) => remote.has(remotePort))
      .map(({ inode }) => inode),
  )
  const holders = process.pids().map((pid) => {
    const open = new Set([...descriptors(pid).values()].map((name) => /^socket:\[(\d+)\]$/.exec(name)?.[1]))
    return { ...tasksOf(pid, inodes), pid, held: [...inodes].filter((inode) => open.has(inode)) }
  })
  const busy = holders.filter((one) => one.held.length > 0)
  const separate = busy.filter(({ pid, held: own }) =>
    own.some((inode) => busy.every((other) => other.pid === pid || !other.held.includes(inode))),
  )
  const queue = listenerOn(port)
  const watched = new Set([...inodes, ...(queue ? [queue.inode] : [])])
  const sum = (values: number[]) => values.reduce((all, one) => all + one, 0)
  const holds: EventOf<'holds'>['holds'] = {
    connections: held.length,
    receivers: busy.filter(({ receiving }) => receiving > 0).length,
    separate: separate.length,
    receiving: sum(holders.map(({ receiving }) => receiving)),
    loops: sum(holders.map(({ pid }) => loopsOf(pid, watched))),
    tasks: sum(holders.map(({ count }) => count)),
    tasksBefore,
  }
  bench.recorder.add({ type: 'holds', process: id, holds })
}
