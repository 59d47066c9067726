// npx pnpm exec node examples/own-strategy.ts
// A strategy is a loop. This one lets no host get ahead of the others: one connection of each is served at a time.
import { handshake } from '@hs/client'
import { type ConcurrencyStrategy, serve } from '@hs/server-core'

const onePerHost: ConcurrencyStrategy = {
  name: 'one-per-host',
  async run({ listener, serveOne }) {
    const lastOf = new Map<string, Promise<void>>()
    for await (const connection of listener) {
      const { host } = connection.remote
      const turn = (lastOf.get(host) ?? Promise.resolve()).then(() => serveOne(connection))
      lastOf.set(host, turn)
      void turn.then(() => lastOf.get(host) === turn && lastOf.delete(host))
    }
    // A connection that waits for its turn is not served yet, so this loop is not over yet.
    await Promise.all(lastOf.values())
  },
}

const server = await serve({ port: 0, strategy: onePerHost })
const { port } = server.address
await Promise.all([1, 2, 3].map((sequence) => handshake({ port, sequence })))
await server.close()

console.log(`${server.strategy}: ${server.counters.established} established`)

// Prints:
// one-per-host: 3 established
