import { nodeTransport } from '@hs/transport'
// Threads do not see the test runner's TypeScript.
import { serve, threads } from '../dist/index.js'
import { describeStrategy } from './strategy-suite.js'

const make = (options: Parameters<typeof threads>[0]) => () => ({
  serve,
  strategy: threads(options),
  transport: nodeTransport(),
})

describeStrategy('threads', make({ threads: 2 }), { threads: 2 })
describeStrategy('threads, one connection each', make({ threads: 2, atOnce: 1 }), { threads: 2, atOnce: 2 })
