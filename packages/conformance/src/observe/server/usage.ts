import type { Probe } from '../probe.js'
import type { ServerBench } from './bench.js'

/** How soon "at once" is, for runtimes that take a second to load. */
const AT_ONCE_MS = 3000

/** The program without its arguments, and with one more. */
export const usage: Probe<ServerBench> = {
  name: 'usage',
  after: ['learning'],
  wanted: (_facts, { observed, placeholders }) => observed && placeholders.includes('{port}'),
  async observe(bench) {
    await bench.trial('without arguments', AT_ONCE_MS)
    await bench.trial('an extra argument', AT_ONCE_MS)
  },
}
