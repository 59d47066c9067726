import { createServer } from 'node:net'

/** Ports from here on: below the range of outgoing connections, and accepted by programs that check the range. */
const FIRST_PORT = 20_000
const PORTS = 12_000

/** A port that nothing listens on. Another program may still take it first. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS)
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '0.0.0.0', () => resolve(true))
    })
    if (!free) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}
