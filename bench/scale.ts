import { fileURLToPath } from 'node:url'
import { measureLoad, type Pinning, whileHeld } from './measure.ts'
import { spread } from './report.ts'
import { startServer } from './server-process.ts'

/** What a handshake costs with this many connections open, or after this many handshakes. */
export interface Point {
  readonly at: number
  readonly cpuUs: number
}

export interface Scale {
  readonly open: readonly Point[]
  readonly total: readonly Point[]
}

const OPEN = [0, 1, 10, 100, 1_000, 5_000, 15_000]

/** Turns of each point, in which the points alternate; their median counts. */
const TURNS = 9
const HANDSHAKES = 20_000
const CONCURRENCY = 64

/** How the cost of a handshake depends on what is open, and on what was there before: `events` on the Linux transport. */
export async function measureScale(
  peers: Readonly<Record<string, string>>,
  { on }: Pinning,
  most: number,
  note: (text: string) => void,
): Promise<Scale> {
  const load = on(1, [peers.load!])
  const program = fileURLToPath(new URL('serve.js', import.meta.url))
  await using server = await startServer(
    on(0, [process.execPath, program, '0', 'events', 'linux', '--patient']),
    'ignore',
  )
  const cost = async (count: number) => (await measureLoad(server, load, CONCURRENCY, count)).cpuUs!

  const total: Point[] = []
  for (let at = 10_000, done = 0; at <= most; at *= 10) {
    const cpuUs = await cost(at - done)
    total.push({ at, cpuUs })
    note(`${at} handshakes: ${cpuUs.toFixed(1)} us each`)
    done = at
  }
  const turns = new Map(OPEN.map((at) => [at, [] as number[]]))
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [at, costs] of turns) {
      costs.push(at === 0 ? await cost(HANDSHAKES) : await whileHeld(server, load, at, () => cost(HANDSHAKES)))
    }
    note(`open connections: turn ${turn + 1} of ${TURNS}`)
  }
  return { open: [...turns].map(([at, costs]) => ({ at, cpuUs: spread(costs).median })), total }
}
