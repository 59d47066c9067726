import { nodeTransport } from '@hs/transport'
import { linuxTransport } from '@hs/transport-linux'
// Threads do not see the test runner's TypeScript.
import { serve, threads } from '../dist/index.js'
import { strategySuite } from '../src/testing/strategy-suite.js'

const transports = [
  { name: 'node', make: nodeTransport, waiting: 'process' },
  ...(process.platform === 'linux' ? [{ name: 'linux', make: linuxTransport, waiting: 'kernel' } as const] : []),
] as const

for (const { name, make, waiting } of transports) {
  const setup = (options: Parameters<typeof threads>[0]) => () => ({
    serve,
    strategy: threads(options),
    transport: make(),
  })
  strategySuite(`threads on ${name}`, setup({ threads: 2 }), { threads: 2, waiting })
  strategySuite(`threads on ${name}, one connection each`, setup({ threads: 2, atOnce: 1 }), {
    threads: 2,
    atOnce: 2,
    waiting,
  })
}
