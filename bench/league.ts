/**
 * The league: servers that a user could take instead, in other languages, interleaved with ours and with C. Writes what
 * it measured into docs/performance.md.
 */
import { parseArgs } from 'node:util'
import { compilePeers } from './compile.ts'
import { contestants } from './contestants.ts'
import { type Environment, environment } from './environment.ts'
import { buildLeague } from './league/build.ts'
import { type Pinning, pinning } from './measure.ts'
import { leagueSection, scaleSection, writeSection } from './page.ts'
import { describeRows } from './report.ts'
import { runRounds } from './rounds.ts'
import { measureScale } from './scale.ts'

const HELP = `Usage: pnpm bench:league [options]

  --rounds N   rounds (default 5)
  --count N    handshakes of each server in a round (default 60000)
  --total N    handshakes of the longest run of the scale curve (default 1000000)
  --only NAME  league or scale (default: both)
  --write      write the result into docs/performance.md
`

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    count: { type: 'string', default: '60000' },
    total: { type: 'string', default: '1000000' },
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

/** Of the servers of the benchmark, those that take part. */
const NAMES = ['C epoll', 'C pthread', 'node:net by hand', 'events, linux', 'threads, linux', 'events, node']

const note = (text: string) => void process.stderr.write(`${text}\n`)

async function main(): Promise<void> {
  if (options.help) return console.log(HELP)
  if (!['', 'league', 'scale'].includes(options.only))
    throw new Error(`--only must be league or scale, got "${options.only}"`)
  const peers = await compilePeers()
  const cores = pinning()
  const machine = environment(cores)
  if (options.only !== 'scale') await measureLeague(peers, cores, machine)
  if (options.only === 'league') return
  const scale = await measureScale(peers, cores, Number(options.total), note)
  console.log(`\n${scaleSection(scale, machine)}`)
  if (options.write) writeSection('scale', scaleSection(scale, machine))
}

async function measureLeague(
  peers: Readonly<Record<string, string>>,
  cores: Pinning,
  machine: Environment,
): Promise<void> {
  const ours = contestants(peers).filter(({ workload, name }) => workload === 'many' && NAMES.includes(name))
  const settings = { rounds: Number(options.rounds), count: Number(options.count) }
  const rows = await runRounds([...ours, ...(await buildLeague(note))], peers, cores, settings, note)
  console.log(describeRows(rows))
  for (const reason of new Set(rows.flatMap(({ absent }) => absent ?? []))) console.log(`\n  absent: ${reason}`)
  if (options.write) writeSection('league', leagueSection(rows, machine))
}

await main()
