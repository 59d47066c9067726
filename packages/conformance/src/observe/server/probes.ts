import { text } from '../../message.js'
import type { Exchange } from '../exchange.js'
import { mentions } from '../output.js'
import { QUIET_MS } from '../peer.js'
import type { Probe } from '../probe.js'
import { hasEnded, type Session } from '../program.js'
import type { ServerBench } from './bench.js'
import { hundredAtOnce, linesAtOnce, twentyAtOnce } from './crowds.js'
import { deliveries } from './deliveries.js'
import { interleaved } from './interleaved.js'
import { learning, type Trial } from './learning.js'
import { slowClient, waitingClient } from './patience.js'
import { idle, series } from './series.js'
import { stalledClients } from './stalled.js'
import { survivals } from './survive.js'
import { usage } from './usage.js'
import { wrongThird } from './wrong-third.js'

type ServerProbe = Probe<ServerBench>

/** Buffers as people declare them. */
const BUFFER_SIZES = [16, 20, 30, 32, 50, 64, 80, 100, 128, 200, 255, 256, 500, 512, 1000, 1024, 2000, 2048, 4096]
/** How long a program may take to answer a buffer that is full. */
const GROW_MS = 60
/** How often a process is started again that ends while short messages follow long ones. */
const RESTARTS = 3
/** Handshakes that fill a buffer of 4 KiB with lines. */
const FILLING = 300
/** How long a program may hesitate that is not held up by a full pipe. */
const FULL_PIPE_MS = 250
/** A printf that comes after the answer has its chance before the kill. */
const BEFORE_KILL_MS = 300

/** Performs the trials that `learning` asks for. */
const learn: ServerProbe = {
  name: 'learning',
  async observe(bench) {
    const number = bench.number()
    const plan = learning(bench.settings.observed)
    for (let step = plan.next([]); !step.done; ) step = plan.next(await perform(bench, step.value, number))
  },
}

async function perform(bench: ServerBench, trial: Trial, number: number): Promise<Exchange[]> {
  const { purpose, numbers, dress, mode, pauseMs = 0, slackMs = 0, how, dresses } = trial
  let session = await bench.start(mode)
  const seen: Exchange[] = []
  if (how === 'grow') seen.push(await grow(bench, session, number, purpose))
  else if (how === 'fill') seen.push(...(await fill(bench, session, number, dress, purpose)))
  else {
    let restarts = 0
    for (const [at, x = number + 4 * at] of numbers.entries()) {
      if (session.process?.exit && ++restarts > RESTARTS) break
      session = session.process?.exit ? await bench.start(mode) : session
      const exchange = await bench.exchange(session, x, { purpose, pauseMs, dress: dresses?.[at] ?? dress })
      seen.push(exchange)
      if (slackMs > 0) await bench.pause(exchange.ended ? 20 : slackMs)
      await hasEnded(session)
      // The end of the program belongs to what came last.
      seen[seen.length - 1] = bench.recorder.exchange(exchange.connection)
      if (exchange.reply === '' && numbers.length > 1) break
    }
  }
  await bench.stop(session)
  return seen
}

/** How many bytes does a program wait for that answers only a whole buffer? */
async function grow(bench: ServerBench, session: Session, x: number, purpose: string): Promise<Exchange> {
  const peer = await bench.connect(session, { x, purpose })
  if (!peer) return bench.recorder.exchange(bench.recorder.nextId() - 1)
  peer.send(text(x))
  let sent = text(x).length
  for (const size of BUFFER_SIZES) {
    if (await peer.until(() => peer.received !== '' || peer.state !== 'open', GROW_MS)) break
    peer.send('\0'.repeat(size - sent))
    sent = size
  }
  await peer.until(() => peer.received !== '' || peer.state !== 'open', QUIET_MS)
  return bench.finish(session, { peer, x }, { dress: '\0'.repeat(sent) })
}

/** Do lines come when a whole buffer of them was printed? */
async function fill(
  bench: ServerBench,
  session: Session,
  number: number,
  dress: string,
  purpose: string,
): Promise<Exchange[]> {
  const x = 1_000_000_000 + number
  let last: Exchange | undefined
  for (let at = 0; at < FILLING && (session.process?.out.total ?? 1) === 0 && !session.process?.exit; at++) {
    const from = bench.recorder.length
    const exchange = await bench.exchange(session, x, { purpose, dress, awaitLines: false })
    if (!exchange.right) return [exchange]
    if (last && exchange.out === '') bench.recorder.forget(from)
    else last = exchange
  }
  return last ? [last] : []
}

/** Handshakes that are watched at leisure: what comes after the answer, and after Z, in how many segments. */
const handshakes: ServerProbe = {
  name: 'handshakes',
  after: ['learning'],
  wanted: ({ answered }) => answered,
  async observe(bench) {
    let session: Session | undefined
    for (let at = 0; at < 4; at++) {
      session = await bench.alive(session)
      // The third and fourth are quick, so that what is split in time is not joined by waiting.
      const exchange = await bench.exchange(session, bench.number(), {
        lookMs: at < 2 ? QUIET_MS : 30,
        countSegments: true,
      })
      if (at === 0) await bench.pause(QUIET_MS)
      await bench.stopIfSpent(session, exchange)
    }
  },
}

/** The numbers that surprise programs. */
const NUMBERS = [
  0, 9, 99, 999, 9999, -5, -100, -1234, -1, -2, 8, 98, -50, 1234567890, 32767, 65535, 123456789, 1_999_999_999,
  2147483645, 2147483647, 2147483646,
]

const numbers: ServerProbe = {
  name: 'numbers',
  after: ['learning'],
  wanted: ({ answered }) => answered,
  async observe(bench) {
    let session: Session | undefined
    for (const x of NUMBERS) {
      session = await bench.alive(session)
      const exchange = await bench.exchange(session, x)
      await bench.stopIfSpent(session, exchange)
    }
  },
}

/** Kills the program after X, and after Z: what is in the pipe by then survives. */
const killed: ServerProbe = {
  name: 'killed',
  after: ['learning'],
  wanted: ({ answered }, { observed }) => answered && observed,
  async observe(bench) {
    for (const which of ['first', 'third'] as const) {
      const session = await bench.start('plain')
      const client = await bench.meet(session, { purpose: which })
      if (!client) continue
      const { peer, x } = client
      if (which === 'third') {
        peer.send(bench.dressed(text(x + 2)), true)
        await peer.untilOver(bench.facts.closes ? bench.settings.patienceMs : QUIET_MS)
      }
      const message = text(which === 'first' ? x : x + 2)
      const { out } = session.process!
      await out.until(() => mentions(out.text(), message), BEFORE_KILL_MS)
      await bench.kill(session)
      peer.close()
    }
  },
}

/** A pipe that is full holds up a program that prints before it answers. */
const fullPipe: ServerProbe = {
  name: 'full pipe',
  after: ['learning'],
  wanted: ({ answered }, { observed }) => answered && observed,
  async observe(bench) {
    const session = await bench.start('full')
    if (!session.process!.full) return bench.recorder.count('unfilled', 1)
    const client = await bench.arrive(session)
    if (!client) return
    const { peer, x } = client
    peer.send(bench.dressed(text(x)))
    const early = await peer.until(() => peer.received !== '', FULL_PIPE_MS)
    bench.recorder.count('early', early ? 1 : 0)
    bench.recorder.add({ type: 'note', text: 'stdout has room again' })
    session.process!.drain()
    await bench.answer(client)
    await bench.finish(session, client)
  },
}

/** In the order in which they run, as far as they may: what takes long begins first. */
export const serverProbes: readonly ServerProbe[] = [
  learn,
  stalledClients,
  waitingClient,
  deliveries,
  series,
  numbers,
  wrongThird,
  handshakes,
  slowClient,
  killed,
  fullPipe,
  idle,
  usage,
  ...survivals,
  interleaved,
  twentyAtOnce,
  hundredAtOnce,
  linesAtOnce,
]
