// npx pnpm exec node examples/counters.ts
// What a server has done so far, at any time and at no cost: handshakes, failures by code, and health checks apart.
import { once } from 'node:events'
import { connect } from 'node:net'
import { handshake } from '@hs/client'
import { serve } from '@hs/server-core'

const server = await serve({ port: 0 })
const { port } = server.address

await handshake({ port, sequence: 1 })
await handshake({ port, sequence: 2 })

// A health check connects and goes; a browser says something else.
const healthCheck = connect(port)
await once(healthCheck, 'connect')
healthCheck.end()
const browser = connect(port)
browser.end('GET / HTTP/1.1')
await Promise.all([once(healthCheck, 'close'), once(browser, 'close')])

await server.close()
console.log(server.counters)

// Prints:
// {
//   accepted: 4,
//   established: 2,
//   probes: 1,
//   failed: { ERR_HS_MALFORMED: 1 },
//   active: 0,
//   dropped: 0,
//   linesLost: 0,
//   reasonsLost: 0
// }
