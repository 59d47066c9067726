import type { Probe } from '../probe.js'
import { accidents, refused, silence, usage } from './accidents.js'
import { piped, wrongAnswers } from './answers.js'
import type { ClientBench } from './bench.js'
import { deliveries } from './deliveries.js'
import { learning } from './learning.js'
import { CLIENT_NUMBERS } from './numbers.js'

type ClientProbe = Probe<ClientBench>

/** How long the server waits before it answers a program that may say more, or not wait. */
const SLOW_MS = 300
/** How long a program may hesitate that is not held up by a full pipe. */
const FULL_PIPE_MS = 300

/** Performs the runs that `learning` asks for. */
const learn: ClientProbe = {
  name: 'learning',
  async observe(bench) {
    const plan = learning()
    const [any, small] = [bench.number(false), bench.number(true)]
    for (let step = plan.next(); !step.done; ) {
      const { purpose, x, dress } = step.value
      step = plan.next(await bench.run(x === 'any' ? any : x === 'small' ? small : x, { purpose, dress }))
    }
  },
}

/** Runs in which the answer takes its time: what comes before it, and in how many segments all came. */
const patient: ClientProbe = {
  name: 'patient',
  after: ['learning'],
  wanted: ({ understands }) => understands,
  async observe(bench) {
    for (const pauseMs of bench.some([15, 15, SLOW_MS])) {
      const purpose = pauseMs === SLOW_MS ? 'slow' : 'quick'
      await bench.run(bench.number(), { purpose, pauseMs, countSegments: true })
    }
  },
}

const numbers: ClientProbe = {
  name: 'numbers',
  after: ['learning'],
  wanted: ({ understands }) => understands,
  async observe(bench) {
    for (const [id, list] of Object.entries(CLIENT_NUMBERS)) {
      // C1.11 tells that there is no room for longer ones.
      const room = bench.facts.small && id !== 'C1.11' ? list.filter((x) => Math.abs(x) < 100) : list
      for (const x of bench.some<number>(room)) await bench.run(x)
    }
  },
}

/** A pipe that is full holds up a program that prints before it sends Z. */
const fullPipe: ClientProbe = {
  name: 'full pipe',
  after: ['learning'],
  wanted: ({ understands }) => understands,
  async observe(bench) {
    await bench.run(bench.number(), { fullForMs: FULL_PIPE_MS })
  },
}

/** In the order in which they run, as far as they may: what takes long begins first. */
export const clientProbes: readonly ClientProbe[] = [
  learn,
  silence,
  patient,
  numbers,
  wrongAnswers,
  accidents,
  deliveries,
  piped,
  fullPipe,
  usage,
  refused,
]
