import { text } from '../../message.js'
import type { Probe } from '../probe.js'
import type { ClientBench } from './bench.js'

/** How many bytes servers send that send their whole buffer. */
const PADDED = 100

/** Right answers that travel in an unusual way. `dress`: what the program needs after a message. */
const DELIVERIES: Readonly<Record<string, (answer: string, dress: string) => string[]>> = {
  nul: (answer) => [`${answer}\0`],
  newline: (answer) => [`${answer}\n`],
  padded: (answer) => [answer.padEnd(PADDED, '\0')],
  pieces: (answer, dress) => [answer.slice(0, 3), answer.slice(3, 7), answer.slice(7) + dress],
  'terminator apart': (answer) => [answer, '\0'],
}

export const deliveries: Probe<ClientBench> = {
  name: 'deliveries',
  after: ['learning'],
  wanted: ({ understands }) => understands,
  async observe(bench) {
    for (const [purpose, piecesOf] of Object.entries(DELIVERIES)) {
      const x = bench.number()
      await bench.run(x, { purpose, answer: piecesOf(text(x + 1), bench.facts.dress) })
    }
  },
}
