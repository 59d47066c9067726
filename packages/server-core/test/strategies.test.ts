import { nodeTransport } from '@hs/transport'
import { linuxTransport } from '@hs/transport-linux'
import { serve } from '../src/server.js'
import { events } from '../src/strategies/events.js'
import { sequential } from '../src/strategies/sequential.js'
import { describeStrategy } from './strategy-suite.js'

const transports = [
  { name: 'node', make: nodeTransport, waiting: 'process' },
  ...(process.platform === 'linux' ? [{ name: 'linux', make: linuxTransport, waiting: 'kernel' } as const] : []),
] as const

for (const { name, make, waiting } of transports) {
  describeStrategy(`sequential on ${name}`, () => ({ serve, strategy: sequential(), transport: make() }), {
    atOnce: 1,
    waiting,
  })
  describeStrategy(`events on ${name}`, () => ({ serve, strategy: events(), transport: make() }), { waiting })
  describeStrategy(
    `events on ${name}, three at once`,
    () => ({ serve, strategy: events({ atOnce: 3 }), transport: make() }),
    { atOnce: 3, waiting },
  )
}
