// npx pnpm exec node examples/server.ts
// A server is one line. `await using` closes it at the end of the block: what is in flight finishes first.
import { serve } from '@hs/server-core'

await using server = await serve({ port: 0 })

console.log(`serving ${server.strategy} on ${server.address.host}, transport ${server.transport}`)

// Prints:
// serving events on 127.0.0.1, transport linux
