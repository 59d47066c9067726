import { nodeTransport } from '@hs/transport'
import { serve } from '../src/server.js'
import { events } from '../src/strategies/events.js'
import { sequential } from '../src/strategies/sequential.js'
import { describeStrategy } from './strategy-suite.js'

describeStrategy('sequential', () => ({ serve, strategy: sequential(), transport: nodeTransport() }), { atOnce: 1 })
describeStrategy('events', () => ({ serve, strategy: events(), transport: nodeTransport() }))
describeStrategy(
  'events, three at once',
  () => ({ serve, strategy: events({ atOnce: 3 }), transport: nodeTransport() }),
  { atOnce: 3 },
)
