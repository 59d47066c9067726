/**
 * A long run, `npx pnpm soak [handshakes]`: each strategy on each transport serves 20,000 handshakes, a faulty peer after
 * each fifth. It fails if descriptors or connections grow, or anything is not counted. After each tenth everything
 * comes to rest, and is counted: the series shows where it leads.
 */
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { handshake } from '../../client/dist/index.js'
import { type Counters, events, type HelloServer, sequential, serve, threads } from '../dist/index.js'

const HANDSHAKES = Number(process.argv[2] ?? 20_000)
const AT_ONCE = 50
const STEPS = 10
const FAULTS = 5
/** A run that takes longer than this hangs. */
const MOST_MS_PER_MODEL = 120_000
/** How long the last descriptors may take to close. */
const REST_MS = 5_000

const strategies = { sequential: () => sequential(), events: () => events(), threads: () => threads({ threads: 2 }) }
const transports = process.platform === 'linux' ? (['node', 'linux'] as const) : (['node'] as const)

let failed = false
for (const [name, make] of Object.entries(strategies)) {
  for (const transport of transports) {
    const limit = setTimeout(() => {
      console.error(`${name} on ${transport}: hangs`)
      process.exit(1)
    }, MOST_MS_PER_MODEL)
    await soak(`${name} on ${transport}`, await serve({ port: 0, strategy: make(), transport }))
    clearTimeout(limit)
  }
}
process.exitCode = failed ? 1 : 0

async function soak(name: string, server: HelloServer): Promise<void> {
  const { address } = server
  const descriptors: number[] = []
  const heap: number[] = []
  const started = performance.now()
  let faulty = 0
  for (let step = 0; step < STEPS; step++) {
    let left = HANDSHAKES / STEPS
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let turn = left--; turn > 0; turn = left--) {
          await handshake({ ...address, sequence: turn })
          if (turn % FAULTS === 0) await fault(server, ++faulty)
        }
      }),
    )
    const most = step === 0 ? Number.POSITIVE_INFINITY : Math.max(...descriptors)
    descriptors.push(await atRest(server, (step + 1) * (HANDSHAKES / STEPS) + faulty, most))
    heap.push(Math.round(process.memoryUsage().heapUsed / 2 ** 20))
  }
  const seconds = (performance.now() - started) / 1000
  const { accepted, established, failed: failures, probes, active, dropped } = server.counters
  const sum = established + probes + active + Object.values(failures).reduce((total, count) => total + count, 0)
  const wrong = [
    // Each event loop opens one of its own at the first socket that it has to reset, and keeps it: in the first half.
    descriptors.at(-1)! > Math.max(...descriptors.slice(0, STEPS / 2 + 1)) && 'descriptors grow',
    active > 0 && `${active} connections are still open`,
    dropped > 0 && `${dropped} were dropped`,
    established !== HANDSHAKES && `${established} established of ${HANDSHAKES}`,
    accepted !== HANDSHAKES + faulty && `${accepted} accepted of ${HANDSHAKES + faulty}`,
    accepted !== sum && `${accepted} accepted, but ${sum} counted`,
  ].filter(Boolean)
  await server.close()
  console.log(`${name}: ${HANDSHAKES} handshakes and ${faulty} faults in ${seconds.toFixed(1)} s`)
  console.log(`  descriptors ${descriptors.join(' ')}`)
  console.log(`  heap in MiB ${heap.join(' ')}`)
  for (const reason of wrong) console.log(`  FAILED: ${reason}`)
  failed ||= wrong.length > 0
}

/** A peer that breaks the protocol in one of four ways; resolves when it is gone. */
function fault({ address }: HelloServer, kind: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(address.port, address.host, () => {
      switch (kind % 4) {
        case 0:
          socket.destroy()
          break
        case 1:
          socket.write('HELLO 5', () => socket.resetAndDestroy())
          break
        case 2:
          socket.write('nonsense')
          break
        case 3:
          socket.write('HELLO 5\nHELLO 9\n')
          break
      }
    })
    socket.on('error', () => {})
    socket.on('end', () => socket.destroy())
    socket.on('close', () => resolve())
    socket.resume()
  })
}

/** How many descriptors are open, once all have been accepted that came, and all is closed that closes by itself. */
async function atRest(server: HelloServer, came: number, most: number): Promise<number> {
  const count = () => readdirSync('/proc/self/fd').length
  const isBusy = ({ accepted, active }: Counters) => accepted < came || active > 0 || count() > most
  const until = performance.now() + REST_MS
  while (isBusy(server.counters) && performance.now() < until) await sleep(10)
  return count()
}
