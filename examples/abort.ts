// npx pnpm exec node examples/abort.ts
// An AbortSignal ends a handshake at any point: here, while it waits for a server that never answers.
import { createServer } from 'node:net'
import { type HelloError, handshake } from '@hs/client'

const user = new AbortController()
const silent = createServer((socket) => {
  socket.once('data', () => user.abort(new Error('the user pressed cancel')))
}).listen(0)

try {
  await handshake({ port: (silent.address() as { port: number }).port, signal: user.signal })
} catch (error) {
  const { code, failure, cause } = error as HelloError
  console.log(`${code} in state ${failure.state}, because ${(cause as Error).message}`)
}
silent.close()

// Prints:
// ERR_HS_ABORTED in state awaiting-y, because the user pressed cancel
