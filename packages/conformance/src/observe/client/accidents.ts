import { freePort } from '@hs/supervise'
import type { Probe } from '../probe.js'
import type { ClientBench } from './bench.js'

type ClientProbe = Probe<ClientBench>

/** How long a client waits for a silent server (HS-6.2). */
const DEADLINE_MS = 5000
/** How long the checker waits for its end: the rest is for the machine. No run can be shorter. */
const SILENCE_MS = 5200
/** How soon "at once" is: longer than it takes to be refused on loopback, or to load a runtime. */
const AT_ONCE_MS = 3000

/** A server that takes X and never answers. It waits for nothing that is learned, so it runs beside all others. */
export const silence: ClientProbe = {
  name: 'silence',
  waits: true,
  async observe(bench) {
    // A program that is slow to begin may be slow to end, too.
    const silentMs = (connectMs: number) => Math.max(SILENCE_MS, DEADLINE_MS + 2 * connectMs)
    await bench.run(bench.number(false), { dress: '', silentMs })
  },
}

/** A server that closes, or breaks the connection, instead of answering, or answers with far too much. */
export const accidents: ClientProbe = {
  name: 'accidents',
  after: ['learning'],
  wanted: ({ speaks }) => speaks,
  async observe(bench) {
    for (const instead of ['close', 'reset'] as const) await bench.run(bench.number(), { purpose: instead, instead })
    if (bench.facts.understands)
      await bench.run(bench.number(), { purpose: 'long', answer: [`HELLO ${'7'.repeat(4994)}`] })
  },
}

/** Nothing listens. */
export const refused: ClientProbe = {
  name: 'refused',
  async observe(bench) {
    const words = bench.words(await freePort(), bench.number(false))
    await bench.trial('refused', words, AT_ONCE_MS)
  },
}

/** The program without its arguments, and without the last. */
export const usage: ClientProbe = {
  name: 'usage',
  async observe(bench) {
    if (bench.bareWords) await bench.trial('without arguments', bench.bareWords, AT_ONCE_MS)
    await bench.trialWithoutX('without its last argument', AT_ONCE_MS)
  },
}
