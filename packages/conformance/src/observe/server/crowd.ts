import { text } from '../../message.js'
import type { Session } from '../program.js'
import type { Client, ServerBench } from './bench.js'

/** A queue that is full lets a client wait for a second and more before it asks again; this one asks at once. */
const ATTEMPT_MS = 200
/** How long the first client waits for the others, and then, when all have connected, until they are accepted. */
const GATHER_MS = 100
const ACCEPTED_MS = 20

export interface Crowd {
  readonly size: number
  /** What each client waits for the others with. */
  readonly gather: 'nothing' | 'X' | 'X and Z'
  /** How long nothing may happen before those that are not served are given up. */
  readonly patienceMs: number
}

/** Since when nothing has happened: clients are given up by that, and not by how long the whole crowd takes. */
class Progress {
  #at = performance.now()
  made(): void {
    this.#at = performance.now()
  }
  leftMs(patienceMs: number): number {
    return Math.max(0, this.#at + patienceMs - performance.now())
  }
}

/** Many clients that come at once. Each is recorded, named by its number. */
export async function crowd(bench: ServerBench, session: Session, { size, gather, patienceMs }: Crowd): Promise<void> {
  const progress = new Progress()
  const [beforeX, beforeZ] = [gathering(size), gathering(size)]
  await Promise.all(
    namesOf(bench, size).map(async ({ name, x }) => {
      const peer = await squeezeIn(bench, session, { name, x }, () => progress.leftMs(patienceMs))
      if (peer) progress.made()
      if (gather !== 'nothing') await beforeX()
      if (peer) await speak(bench, { peer, x }, progress, patienceMs)
      if (gather === 'X and Z') await beforeZ()
      if (peer && (await leave(bench, session, { peer, x }, gather === 'X and Z'))) progress.made()
    }),
  )
}

/**
 * Many clients that connect one after the other, and speak when all are there: how long it takes makes no difference.
 *
 * @returns How many could connect before the first that could not.
 */
export async function queue(bench: ServerBench, session: Session, size: number, patienceMs: number): Promise<number> {
  const clients: Client[] = []
  for (const { name, x } of namesOf(bench, size)) {
    const peer = await bench.connect(session, { name, x })
    if (!peer) break
    clients.push({ peer, x })
  }
  const progress = new Progress()
  await Promise.all(
    clients.map(async (client) => {
      await speak(bench, client, progress, patienceMs)
      if (await leave(bench, session, client, false)) progress.made()
    }),
  )
  return clients.length
}

const namesOf = (bench: ServerBench, size: number) =>
  Array.from({ length: size }, (_, at) => ({ name: `#${at + 1}`, x: bench.number() }))

async function speak(bench: ServerBench, client: Client, progress: Progress, patienceMs: number): Promise<void> {
  const { peer, x } = client
  if (peer.state !== 'open') return
  peer.send(bench.dressed(text(x)))
  do await bench.answer(client, progress.leftMs(patienceMs))
  while (peer.received === '' && peer.state === 'open' && progress.leftMs(patienceMs) > 1)
  if (peer.received !== '') progress.made()
}

/**
 * @param atOnce - As clients do (HS-4.1): Z and the end of the stream may be there in one moment.
 * @returns Whether it was served.
 */
async function leave(bench: ServerBench, session: Session, client: Client, atOnce: boolean): Promise<boolean> {
  const { peer, x } = client
  const { right, y = x + 1 } = bench.recorder.exchange(peer.connection)
  if (right && atOnce) peer.leave(bench.dressed(text(y + 1)))
  const z = right && !atOnce ? text(y + 1) : 'none'
  // A program that never closes was waited for elsewhere.
  const endMs = bench.facts.closes ? {} : { endMs: 0 }
  await bench.finish(session, client, { z, awaitLines: false, look: false, ...endMs })
  return right
}

/** Connects, again and again while the queue is full. */
async function squeezeIn(
  bench: ServerBench,
  session: Session,
  purpose: { name: string; x: number },
  left: () => number,
) {
  for (let attempt = 1; ; attempt++) {
    const peer = await bench.connect(session, purpose, Math.max(1, Math.min(ATTEMPT_MS * attempt, left())))
    if (peer || left() <= 1 || session.process?.exit) return peer
  }
}

/** @returns What a client calls to wait for that many others, but not forever. */
function gathering(size: number): () => Promise<void> {
  let here = 0
  let go = () => {}
  const gathered = new Promise<void>((resolve) => {
    go = resolve
  })
  return () => {
    here++
    if (here === 1) setTimeout(go, GATHER_MS)
    if (here === size) setTimeout(go, ACCEPTED_MS)
    return gathered
  }
}
