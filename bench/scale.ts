import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { measureLoad, type Pinning, whileHeld } from './measure.ts'
import { spread } from './report.ts'
import { type CommandLine, type ServerProcess, startServer } from './server-process.ts'

/** What a handshake costs with this many connections open, after this many handshakes, or with this many threads. */
export interface Point {
  readonly at: number
  readonly cpuUs: number
}

export interface Scale {
  readonly open: readonly Point[]
  readonly total: readonly Point[]
  readonly threads: readonly Point[]
}

const OPEN = [0, 1, 10, 100, 1_000, 5_000, 15_000]

/** Turns of each point, in which the points alternate; their median counts. */
const TURNS = 9
const HANDSHAKES = 20_000
const CONCURRENCY = 64

const program = fileURLToPath(new URL('serve.js', import.meta.url))

/**
 * How the cost of a handshake depends on what is open and on what was there before, with `events`, and on how many threads
 * there are, with `threads`; all on the Linux transport.
 */
export async function measureScale(
  peers: Readonly<Record<string, string>>,
  { on }: Pinning,
  most: number,
  note: (text: string) => void,
): Promise<Scale> {
  const load = on(1, [peers.load!])
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
  return { open: pointsOf(turns), total, threads: await measureThreads(load, note) }
}

/** The threads have all cores, and share one with the load. */
async function measureThreads(load: CommandLine, note: (text: string) => void): Promise<Point[]> {
  await using running = new AsyncDisposableStack()
  const servers = new Map<number, ServerProcess>()
  for (let threads = 1; threads <= availableParallelism(); threads++) {
    const command: CommandLine = [process.execPath, program, '0', `threads:${threads}`, 'linux']
    servers.set(threads, running.use(await startServer(command, 'ignore')))
  }
  const turns = new Map([...servers.keys()].map((threads) => [threads, [] as number[]]))
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [threads, server] of servers) {
      turns.get(threads)!.push((await measureLoad(server, load, CONCURRENCY, HANDSHAKES)).cpuUs!)
    }
    note(`threads: turn ${turn + 1} of ${TURNS}`)
  }
  return pointsOf(turns)
}

const pointsOf = (turns: ReadonlyMap<number, readonly number[]>): Point[] =>
  [...turns].map(([at, costs]) => ({ at, cpuUs: spread(costs).median }))
