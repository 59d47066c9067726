import { text } from '../../message.js'
import type { Probe } from '../probe.js'
import { hasEnded, type Session } from '../program.js'
import type { ServerBench } from './bench.js'

type Wrong = 'too-large' | 'equal' | 'too-small' | 'digit-more' | 'negative'

/** Third messages that are wrong, by what is wrong with them. */
const WRONG_THIRDS: Readonly<Record<Wrong, (y: number) => string>> = {
  // With another first digit: a comparison of beginnings notices that. An odd distance keeps it apart from every other X.
  'too-large': (y) => text(y + 110),
  equal: (y) => text(y),
  'too-small': (y) => text(y - 1),
  'digit-more': (y) => `${text(y + 1)}0`,
  negative: (y) => text(-(y + 1)),
}

/** Wrong third messages; after the first, a client that does all right; in the end, a third message without a number. */
export const wrongThird: Probe<ServerBench> = {
  name: 'wrong third',
  after: ['learning'],
  wanted: ({ answered }) => answered,
  async observe(bench) {
    let session: Session | undefined
    let comesBack = true
    for (const [purpose, messageOf] of Object.entries(WRONG_THIRDS)) {
      session = comesBack ? await bench.alive(session) : await bench.start()
      const closed = await wrong(bench, session, purpose, messageOf)
      if (purpose === 'too-large' && !(await hasEnded(session))) {
        const next = await bench.exchange(session, bench.number(), { purpose: 'next' })
        comesBack = closed && next.right && next.ended !== undefined
      }
      if (!comesBack || bench.facts.single || bench.facts.ends) await bench.stop(session)
    }
    if (session) await bench.stop(session)
    await wrong(bench, await bench.start(), 'no-number', () => 'HELLO abc')
  },
}

/** @returns Whether the program closed the connection. */
async function wrong(bench: ServerBench, session: Session, purpose: string, messageOf: (y: number) => string) {
  const x = bench.number()
  const exchange = await bench.exchange(session, x, {
    purpose,
    z: messageOf(x + 1),
    awaitError: bench.settings.observed,
  })
  await hasEnded(session)
  return exchange.ended !== undefined
}
