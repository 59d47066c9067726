import { readText, text } from '../../message.js'
import type { Peer } from '../peer.js'
import type { Probe } from '../probe.js'
import { hasEnded, type Session } from '../program.js'
import type { ServerBench } from './bench.js'
import { lasts } from './facts.js'

/** How often something happens before a client comes that does all right. */
const TIMES = 3
/** After a connection, and before the next: what happens to several at once is another matter. */
const APART_MS = 20
const SILENCE_MS = 100
/** How long a program may take to answer what is not a message, or to close. */
const GARBAGE_MS = 30
const FLOOD_MS = 100
/** More than any buffer expects. */
const FLOOD = `HELLO ${'7'.repeat(4994)}`
/** First messages that are none; the first of them is not the beginning of one either. */
const GARBAGE = ['GET / HTTP/1.1\r\n\r\n', 'HELLO', 'x', '\n', '\xff\xfe\x00\x01', 'HELLO %s%s%n%n', ' ', 'HELLO ']

type Happens = (bench: ServerBench, session: Session) => Promise<void>

/** Waits until the program has dealt with a connection, as far as can be seen. `rests`: that was waited for. */
async function apart(bench: ServerBench, session: Session, rests: boolean): Promise<void> {
  if (!session.process) await bench.pause(APART_MS)
  else if (!rests) await hasEnded(session)
}

type Talk = (peer: Peer) => Promise<void> | void

/** A connection to which nothing has to be answered. */
async function unanswered(bench: ServerBench, session: Session, purpose: string, talk: Talk = () => {}): Promise<void> {
  const peer = await bench.connect(session, { purpose })
  if (!peer) return
  await talk(peer)
  const { reply } = await bench.finish(session, { peer, x: 0 }, { z: 'none', awaitLines: false })
  await apart(bench, session, reply === '')
}

/** As far as the answer. */
async function answered(bench: ServerBench, session: Session, purpose: string, talk: Talk = () => {}): Promise<void> {
  const client = await bench.meet(session, { purpose })
  if (!client) return
  const { received } = client.peer
  if (received !== '') await talk(client.peer)
  await bench.finish(session, client, { z: 'none', awaitLines: false })
  await apart(bench, session, received === '')
}

const leavesAtOnce: Happens = (bench, session) => unanswered(bench, session, 'leaves at once')

const leavesAfterX: Happens = (bench, session) =>
  unanswered(bench, session, 'leaves after X', (peer) => peer.send(bench.dressed(text(bench.number()))))

const leavesBeforeZ: Happens = (bench, session) => answered(bench, session, 'leaves before Z')

const staysSilent: Happens = (bench, session) =>
  unanswered(bench, session, 'stays silent', async (peer) => {
    await peer.untilOver(SILENCE_MS)
  })

const isReset: Happens = async (bench, session) => {
  await unanswered(bench, session, 'reset', (peer) => peer.reset())
  if (session.process?.exit) return
  await unanswered(bench, session, 'reset after X', async (peer) => {
    peer.send(bench.dressed(text(bench.number())))
    await bench.pause(1)
    peer.reset()
  })
  if (session.process?.exit) return
  await answered(bench, session, 'reset before Z', (peer) => peer.reset())
}

const sendsMuch: Happens = async (bench, session) => {
  await unanswered(bench, session, 'flood as X', async (peer) => {
    peer.send(FLOOD)
    await peer.until(() => peer.received !== '' || peer.state !== 'open', FLOOD_MS)
  })
  if (session.process?.exit) return
  await answered(bench, session, 'flood as Z', async (peer) => {
    peer.send(FLOOD, true)
    await peer.untilOver(FLOOD_MS)
  })
}

const sendsGarbage: Happens = async (bench, session) => {
  for (const garbage of GARBAGE) {
    await speaksGarbage(bench, session, garbage, GARBAGE_MS)
    if (session.process?.exit) return
  }
}

/** A program that answers all the same is given its Z, so that it is not the end of the connection that is judged. */
async function speaksGarbage(bench: ServerBench, session: Session, garbage: string, withinMs: number) {
  const talk: Talk = async (peer) => {
    peer.send(garbage)
    await peer.until(() => peer.received !== '' || peer.state !== 'open', withinMs)
    const { sequence } = readText(peer.received)
    if (sequence === undefined) return
    peer.send(bench.dressed(text(sequence + 1)), true)
    await peer.untilOver(GARBAGE_MS)
  }
  await unanswered(bench, session, withinMs > GARBAGE_MS ? 'garbage that waits' : 'garbage', talk)
}

/** A client that has said what is not a message, and waits: its connection must not be kept open for nothing. */
async function waits(bench: ServerBench, session: Session): Promise<void> {
  await speaksGarbage(bench, session, GARBAGE[0]!, bench.settings.patienceMs)
}

interface More {
  readonly times?: number
  /** How many are tried, if it depends on what happens to be in memory. */
  readonly processes?: number
  /** After the handshake. */
  readonly last?: Happens
}

/** Something happens to one client, three times over; then a normal handshake must work. */
function survive(
  name: string,
  happens: Happens,
  { times = TIMES, processes = 1, last }: More = {},
): Probe<ServerBench> {
  return {
    name,
    after: ['learning'],
    wanted: lasts,
    async observe(bench) {
      for (let at = 0; at < processes; at++) {
        const session = await bench.start()
        for (let time = 0; time < times && !session.process?.exit; time++) await happens(bench, session)
        const next = session.process?.exit
          ? undefined
          : await bench.exchange(session, bench.number(), { purpose: 'next' })
        if (last && !(await hasEnded(session))) await last(bench, session)
        const ended = await hasEnded(session)
        await bench.stop(session)
        // What has happened to one process is not waited for in another.
        if (ended || next?.reply === '') return
      }
    },
  }
}

/** Three clients of one process, one after the other. */
const inTurn: Probe<ServerBench> = {
  name: 'in turn',
  after: ['learning'],
  wanted: ({ answered }) => answered,
  async observe(bench) {
    const session = await bench.start()
    for (let at = 0; at < 3; at++) {
      const { right } = await bench.exchange(session, bench.number())
      await hasEnded(session)
      if (!right) return
    }
  },
}

export const survivals: readonly Probe<ServerBench>[] = [
  inTurn,
  survive('leaves at once', leavesAtOnce),
  survive('leaves after X', leavesAfterX),
  survive('leaves before Z', leavesBeforeZ),
  survive('reset', isReset, { processes: 2 }),
  survive('garbage', sendsGarbage, { times: 1, last: waits }),
  survive('flood', sendsMuch, { processes: 2 }),
  survive('stays silent', staysSilent),
]
