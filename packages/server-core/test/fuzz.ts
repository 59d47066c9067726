/**
 * Random peers, `npx pnpm fuzz [connections] [seed]`: each sends a random exchange, cut anywhere, with garbage in it or
 * none, and ends it by a close, half of one, or a reset, at any point. Afterwards everything that was accepted is
 * counted, nothing is open, and a normal handshake works. Runs each strategy on each transport.
 */
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { handshake } from '../../client/dist/index.js'
import { events, type HelloServer, sequential, serve, threads } from '../dist/index.js'

const CONNECTIONS = Number(process.argv[2] ?? 100_000)
const SEED = Number(process.argv[3] ?? Date.now() % 1_000_000)
const AT_ONCE = 100
const REST_MS = 5_000
/** Each event loop of Node opens `/dev/null` at the first socket that it has to reset; a leak would be thousands. */
const LAZY_DESCRIPTORS = 3
/** Silent peers are part of it, so their deadline must be short; the last resort of those who wait for an answer, too. */
const TIMEOUT_MS = 250

const strategies = { events: () => events(), threads: () => threads({ threads: 2 }), sequential: () => sequential() }
const transports = process.platform === 'linux' ? (['linux', 'node'] as const) : (['node'] as const)

console.log(`seed ${SEED}`)
const random = generator(SEED)
let failed = false
for (const [name, make] of Object.entries(strategies)) {
  for (const transport of transports) {
    // A sequential server waits for each silent peer, and so do all others.
    const connections = name === 'sequential' ? Math.ceil(CONNECTIONS / 100) : CONNECTIONS
    const server = await serve({ port: 0, strategy: make(), transport, timeoutMs: TIMEOUT_MS })
    failed = !(await fuzz(`${name} on ${transport}`, server, connections)) || failed
    await server.close()
  }
}
process.exitCode = failed ? 1 : 0

async function fuzz(name: string, server: HelloServer, connections: number): Promise<boolean> {
  // A first few, so that all threads are there, and have opened what they keep open.
  await Promise.all(Array.from({ length: AT_ONCE }, () => peer(server)))
  const before = await atRest(server, 0)
  let left = connections
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) await peer(server)
    }),
  )
  const after = await atRest(server, before + LAZY_DESCRIPTORS)
  const { accepted, established, probes, active, failed: failures } = server.counters
  const failing = Object.values(failures).reduce((sum, count) => sum + count, 0)
  const wrong = [
    after > before + LAZY_DESCRIPTORS && `descriptors grew from ${before} to ${after}`,
    active !== 0 && `${active} are still open`,
    accepted !== established + probes + failing && 'not everything that was accepted was counted',
    await handshake({ ...server.address, sequence: 5 }).then(
      ({ z }) => z !== 7 && 'wrong numbers',
      (error: Error) => error.message,
    ),
  ].filter(Boolean)
  const counts = Object.entries(failures).map(([code, count]) => `${count} ${code}`)
  console.log(`${name}: ${accepted} accepted, ${established} established, ${probes} probes, ${counts.join(', ')}`)
  console.log(`  descriptors ${before} before, ${after} after`)
  for (const reason of wrong) console.log(`  FAILED: ${reason}`)
  return wrong.length === 0
}

/** One random peer; resolves when its socket is gone. */
function peer({ address }: HelloServer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ ...address, allowHalfOpen: true, noDelay: true })
    const pieces = cut(bytes())
    const ending = pick(['close', 'half', 'reset', 'stay'] as const)
    const early = random() < 0.3
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.on('end', () => socket.destroy())
    socket.on('connect', async () => {
      if (early) pieces.splice(Math.floor(random() * pieces.length))
      for (const piece of pieces) {
        if (socket.destroyed) return
        socket.write(piece)
        // Now and then another turn of the loop, so that pieces travel apart.
        if (random() < 0.5) await new Promise(setImmediate)
      }
      if (ending === 'close') socket.destroy()
      else if (ending === 'half') socket.end()
      else if (ending === 'reset') socket.resetAndDestroy()
    })
    socket.resume()
  })
}

/** What a peer may send: right, nearly right, or anything. */
function bytes(): Buffer {
  const x = Math.floor((random() - 0.5) * 2 ** pick([4, 16, 31, 53, 60]))
  const end = pick(['', '\n', '\r\n', '\0', '\n\0', '\0'.repeat(100)])
  const right = `HELLO ${x}${end}HELLO ${x + 2}${end}`
  switch (pick(['right', 'right', 'one', 'changed', 'noise', 'nothing', 'long'] as const)) {
    case 'right':
      return Buffer.from(right)
    case 'one':
      return Buffer.from(`HELLO ${x}${end}`)
    case 'changed': {
      const changed = Buffer.from(right)
      changed[Math.floor(random() * changed.length)] = Math.floor(random() * 256)
      return changed
    }
    case 'noise':
      return Buffer.from(Array.from({ length: Math.floor(random() * 200) }, () => Math.floor(random() * 256)))
    case 'nothing':
      return Buffer.alloc(0)
    case 'long':
      return Buffer.alloc(5_000, pick(['HELLO ', '7', ' ', 'x']))
  }
}

function cut(whole: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  for (let rest = whole; rest.length > 0; ) {
    const length = random() < 0.5 ? rest.length : 1 + Math.floor(random() * rest.length)
    pieces.push(rest.subarray(0, length))
    rest = rest.subarray(length)
  }
  return pieces
}

/** How many descriptors are open, once all is closed that closes by itself. */
async function atRest(server: HelloServer, most: number): Promise<number> {
  const count = () => readdirSync('/proc/self/fd').length
  for (const until = performance.now() + REST_MS; performance.now() < until; await sleep(20)) {
    if (server.counters.active === 0 && count() <= most) break
    if (most === 0 && server.counters.active === 0 && performance.now() > until - REST_MS + 500) break
  }
  return count()
}

function pick<T>(values: readonly T[]): T {
  return values[Math.floor(random() * values.length)]!
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
