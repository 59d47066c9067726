import { text } from '../../message.js'
import type { Probe } from '../probe.js'
import type { Session } from '../program.js'
import type { Client, ServerBench } from './bench.js'

/** How long the end may take, of a connection on which all has been said. */
const END_MS = 500
/** How many bytes a client sends that sends its whole buffer. */
const BUFFER = 100

interface Delivery {
  /** X, in segments. */
  readonly first: (x: number) => readonly string[]
  /** What follows the answer, in segments; none: Z was sent with X. */
  readonly third: (z: number) => readonly string[]
}

const whole = (dressed: (number: number) => string): Delivery => ({
  first: (x) => [dressed(x)],
  third: (z) => [dressed(z)],
})

/** Ways in which the bytes of a handshake may come. */
const DELIVERIES: Readonly<Record<string, Delivery>> = {
  nul: whole((number) => `${text(number)}\0`),
  newline: whole((number) => `${text(number)}\n`),
  padded: whole((number) => text(number).padEnd(BUFFER, '\0')),
  'two segments': {
    first: (x) => ['HEL', text(x).slice(3)],
    third: (z) => [text(z).slice(0, 7), text(z).slice(7)],
  },
  'terminator apart': { first: (x) => [text(x)], third: (z) => ['\0', text(z)] },
  'both at once': { first: (x) => [text(x) + text(x + 2)], third: () => [] },
}

/** Handshakes whose bytes travel in an unusual way. */
export const deliveries: Probe<ServerBench> = {
  name: 'deliveries',
  after: ['learning'],
  wanted: ({ answered }) => answered,
  async observe(bench) {
    let session: Session | undefined
    for (const [purpose, delivery] of Object.entries(DELIVERIES)) {
      session = await bench.alive(session)
      const client = await bench.arrive(session, { purpose })
      if (!client) continue
      const exchange = await deliver(bench, session, client, delivery)
      await bench.stopIfSpent(session, exchange)
      if (bench.facts.closes && !exchange.ended) await bench.stop(session)
    }
  },
}

async function deliver(bench: ServerBench, session: Session, client: Client, { first, third }: Delivery) {
  const { peer, x } = client
  await peer.sendApart(first(x))
  // That it is silent without its dress is known.
  await bench.answer(client, bench.facts.dress === '' ? undefined : bench.shortPatienceMs)
  const segments = third(x + 2)
  if (peer.received !== '') await peer.sendApart(segments, true)
  const end = bench.facts.closes ? { endMs: END_MS } : {}
  return bench.finish(session, client, { z: 'sent', numbers: [x, x + 2], ...end })
}
