/** A server and its client, for bundlers and other runtimes: `server.mjs [strategy] [transport]`. Prints how it went. */
import { handshake } from '@hs/client'
import { serve } from '@hs/server-core'

const [strategy = 'events', transport = 'auto'] = process.argv.slice(2)
try {
  const server = await serve({ port: 0, strategy, transport })
  const { x, y, z } = await handshake({ port: server.address.port, sequence: 5 })
  await server.close()
  console.log(`${strategy} on ${server.transport}: ${x} ${y} ${z}`)
} catch ({ code, message }) {
  console.log(`${code}: ${message}`)
}
