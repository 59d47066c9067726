/**
 * Our load generator against the one in C, on the same servers: `npx pnpm bench:load [rounds] [--cold]`. They have short
 * turns, each first in every other one; ratios are taken within a round, then their median. `--cold`: each round is one
 * turn of about a second, of a process that has just started.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs, promisify } from 'node:util'
import { compilePeers } from './compile.ts'
import { pinning } from './measure.ts'
import { showSpread, spread } from './report.ts'
import { TURNS } from './rounds.ts'
import { type CommandLine, startServer } from './server-process.ts'

const CLIENTS = 64
/** Ours compiles its code while it runs. */
const WARM_UP_HANDSHAKES = 60_000
const GOAL = 1

interface Turn {
  readonly seconds: number
  readonly errors: number
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { cold: { type: 'boolean' } } })
const [rounds = 5] = positionals.map(Number)
const { turns, handshakes } = values.cold ? { turns: 1, handshakes: 20_000 } : { turns: TURNS, handshakes: 4_000 }
const peers = await compilePeers()
const { on, pinned } = pinning()
const require = createRequire(import.meta.url)
const tcpserver = join(dirname(require.resolve('@hs/cli-server/package.json')), 'dist', 'tcpserver.js')
const servers: readonly (readonly [string, CommandLine])[] = [
  ['server-epoll in C', [peers['server-epoll']!, '0']],
  ['events, Linux transport', [process.execPath, tcpserver, '0', '--transport', 'linux']],
  ['events, node:net', [process.execPath, tcpserver, '0', '--transport', 'node']],
]

console.log(`${CLIENTS} clients, ${rounds} rounds${pinned ? ', server and load on a core each' : ''}`)
for (const [name, command] of servers) {
  await using server = await startServer(on(0, command), 'ignore')
  await using warm = values.cold ? undefined : startOurs(server.port)
  await warm?.turn(WARM_UP_HANDSHAKES)
  await turnInC(server.port, WARM_UP_HANDSHAKES)
  const ratios: number[] = []
  const rates = { c: [] as number[], ours: [] as number[] }
  let errors = 0
  for (let round = 0; round < rounds; round++) {
    await using cold = warm ? undefined : startOurs(server.port)
    const seconds = { c: 0, ours: 0 }
    for (let number = 0; number < turns; number++) {
      for (const load of number % 2 === 0 ? (['c', 'ours'] as const) : (['ours', 'c'] as const)) {
        const turn = await (load === 'c' ? turnInC(server.port, handshakes) : (warm ?? cold)!.turn(handshakes))
        seconds[load] += turn.seconds
        errors += turn.errors
      }
    }
    for (const load of ['c', 'ours'] as const) rates[load].push((turns * handshakes) / seconds[load])
    ratios.push(seconds.c / seconds.ours)
  }
  const ratio = spread(ratios)
  console.log(
    `${name}: per second C ${showSpread(spread(rates.c))}, @hs/load ${showSpread(spread(rates.ours))}, ` +
      `ratio ${showSpread(ratio)}, ${errors} errors: ${ratio.median >= GOAL ? 'reached' : 'missed'} (goal ${GOAL})`,
  )
}

async function turnInC(port: number, count: number): Promise<Turn> {
  const [program, ...words] = on(1, [peers.load!, '127.0.0.1', `${port}`, `${CLIENTS}`, `${count}`])
  const { stdout } = await promisify(execFile)(program, words)
  const { seconds, errors } = JSON.parse(stdout) as { seconds: number; errors: Record<string, number> }
  return { seconds, errors: Object.values(errors).reduce((sum, count) => sum + count) }
}

function startOurs(port: number) {
  const script = join(import.meta.dirname, 'load-turns.js')
  const [program, ...words] = on(1, [process.execPath, script, `${port}`, `${CLIENTS}`])
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async turn(count: number): Promise<Turn> {
      child.stdin.write(`${count}\n`)
      const { done, value } = await lines.next()
      if (done) throw new Error('@hs/load ended before its turn was over')
      return JSON.parse(value) as Turn
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await ended
    },
  }
}
