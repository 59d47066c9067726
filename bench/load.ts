/**
 * Our load generator against the one in C, on the same servers: `npx pnpm bench:load [rounds]`. They have turns of the
 * same length, the C one first in every other round; ratios are taken within a round, then their median.
 */
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { compilePeers } from './compile.ts'
import { pinning } from './measure.ts'
import { type CommandLine, startServer } from './server-process.ts'

const CLIENTS = 64
const TURN_SECONDS = 2
/** Ours compiles its code while it runs: what it does in this time is not counted. */
const WARM_UP_SECONDS = 2
const GOAL = 0.9

interface Turn {
  /** Handshakes per second. */
  readonly rate: number
  readonly errors: number
}

const rounds = Number(process.argv[2] ?? 5)
const peers = await compilePeers()
const { on, pinned } = pinning()
const require = createRequire(import.meta.url)
const built = (name: string, file: string) => join(dirname(require.resolve(`${name}/package.json`)), 'dist', file)
const tcpserver = built('@hs/cli-server', 'tcpserver.js')
const servers: readonly (readonly [string, CommandLine])[] = [
  ['server-epoll in C', [peers['server-epoll']!, '0']],
  ['events, Linux transport', [process.execPath, tcpserver, '0', '--transport', 'linux']],
  ['events, node:net', [process.execPath, tcpserver, '0', '--transport', 'node']],
]

console.log(
  `${CLIENTS} clients, ${rounds} rounds of ${TURN_SECONDS} s${pinned ? ', server and load on a core each' : ''}`,
)
for (const [name, command] of servers) {
  await using server = await startServer(on(0, command), 'ignore')
  const ratios: number[] = []
  const rates: { c: number[]; ours: number[] } = { c: [], ours: [] }
  let errors = 0
  for (let round = 0; round < rounds; round++) {
    const both: Partial<Record<'c' | 'ours', Turn>> = {}
    for (const who of round % 2 === 0 ? (['c', 'ours'] as const) : (['ours', 'c'] as const)) {
      const turn = who === 'c' ? await loadInC(server.port) : await loadOfOurs(server.port)
      both[who] = turn
      rates[who].push(turn.rate)
      errors += turn.errors
    }
    ratios.push(both.ours!.rate / both.c!.rate)
  }
  const ratio = median(ratios)
  console.log(
    `${name}: C ${median(rates.c).toFixed(0)}/s, @hs/load ${median(rates.ours).toFixed(0)}/s, ` +
      `ratio ${ratio.toFixed(2)} (${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}), ` +
      `${errors} errors: ${ratio >= GOAL ? 'reached' : 'missed'} (goal ${GOAL})`,
  )
}

async function loadInC(port: number): Promise<Turn> {
  const report = await run(on(1, [peers.load!, '127.0.0.1', String(port), String(CLIENTS), `${TURN_SECONDS}s`]))
  const errors = Object.values(report.errors as Record<string, number>).reduce((sum, count) => sum + count, 0)
  return { rate: Number(report.handshakes) / Number(report.seconds), errors }
}

async function loadOfOurs(port: number): Promise<Turn> {
  const program = [process.execPath, built('@hs/load', 'bin.js')] as const
  const times = ['--warmup', `${WARM_UP_SECONDS}s`, '--duration', `${TURN_SECONDS}s`]
  const what = ['-c', String(CLIENTS), ...times, '--json', '--quiet', '--transport', 'linux']
  const report = await run(on(1, [...program, `127.0.0.1:${port}`, ...what]))
  return { rate: Number(report.perSecond), errors: Number(report.started) - Number(report.established) }
}

async function run([program, ...words]: CommandLine): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)(program, words)
  return JSON.parse(stdout) as Record<string, unknown>
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
