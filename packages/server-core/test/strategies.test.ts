import { nodeTransport } from '@hs/transport'
import { memoryPeers, memoryTransport } from '@hs/transport/testing'
import { linuxTransport } from '@hs/transport-linux'
import { serve } from '../src/server.js'
import { events } from '../src/strategies/events.js'
import { sequential } from '../src/strategies/sequential.js'
import { strategySuite } from '../src/testing/strategy-suite.js'

const transports = [
  { name: 'node', make: nodeTransport, waiting: 'process' },
  ...(process.platform === 'linux' ? [{ name: 'linux', make: linuxTransport, waiting: 'kernel' } as const] : []),
] as const

for (const { name, make, waiting } of transports) {
  strategySuite(`sequential on ${name}`, () => ({ serve, strategy: sequential(), transport: make() }), {
    atOnce: 1,
    waiting,
  })
  strategySuite(`events on ${name}`, () => ({ serve, strategy: events(), transport: make() }), { waiting })
  strategySuite(
    `events on ${name}, three at once`,
    () => ({ serve, strategy: events({ atOnce: 3 }), transport: make() }),
    { atOnce: 3, waiting },
  )
}

const memory = memoryTransport()
strategySuite('events in memory', () => ({ serve, strategy: events(), transport: memory }), {
  peers: memoryPeers(memory),
})
