// npx pnpm exec node examples/client.ts
// The client as a library: three numbers and times, or one error that says what happened, where, and what to do.
import { createServer } from 'node:net'
import { type HelloError, handshake } from '@hs/client'
import { serve } from '@hs/server-core'

const server = await serve({ port: 0 })
const { x, y, z, totalMs } = await handshake({ port: server.address.port, sequence: 41 })
console.log(`${x}, ${y}, ${z} within ${Math.ceil(totalMs)} ms`)
await server.close()

// A server with the most frequent bug of all: it sends back what it was sent.
const echo = createServer((socket) => socket.pipe(socket)).listen(0)
try {
  await handshake({ port: (echo.address() as { port: number }).port, sequence: 41 })
} catch (error) {
  // Match the code, never the message. `failure` is plain data, made to be logged.
  const { code, failure } = error as HelloError
  if (code !== 'ERR_HS_WRONG_NUMBER') throw error
  console.log(failure.message)
  console.log(`in state ${failure.state}: expected ${failure.expected}, received ${failure.received}`)
}
echo.close()

// Prints:
// 41, 42, 43 within ... ms
// The server sent HELLO 41 instead of HELLO 42; it sent back the number that it received: add 1 before sending.
// in state awaiting-y: expected HELLO 42, received HELLO 41
