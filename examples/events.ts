// npx pnpm exec node examples/events.ts
// Everything that happens on a server, as NDJSON: one object per line, ready for a log.
import { handshake } from '@hs/client'
import { serve } from '@hs/server-core'

const server = await serve({
  port: 0,
  strategy: 'threads',
  onEvent: (event) => console.log(JSON.stringify(event)),
})
await handshake({ port: server.address.port, sequence: 5 })
await server.close()

// Prints:
// {"type":"connection","connection":...,"remote":{"host":"127.0.0.1","port":...},"strategy":"threads","thread":...}
// {"type":"received",...,"text":"HELLO 5"}
// {"type":"sent",...,"text":"HELLO 6"}
// {"type":"received",...,"text":"HELLO 7"}
// {"type":"established",...,"x":5,"y":6,"z":7}
// {"type":"closed",...,"durationMs":...}
