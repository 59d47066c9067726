import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { compilePeers } from './compile.ts'
import { type Contestant, contestants } from './contestants.ts'
import { environment } from './environment.ts'
import { pinning } from './measure.ts'
import { goalsSection, startupSection, writeSection } from './page.ts'
import { describeRows, describeVerdicts, judge } from './report.ts'
import { runRounds, TURNS } from './rounds.ts'
import { describeStartup, linesOfStartup, measureStartup } from './startup.ts'

const HELP = `Usage: pnpm bench [options]

  --rounds N     rounds, in each of which every contestant has ${TURNS} turns (default 5)
  --count N      handshakes of each contestant in a round (default 60000)
  --only TEXT    of ours, only those whose workload and name hold the text: "idle", "many events, linux"
  --startup      measure the start of tcpclient instead
  --runs N       starts of each program (default 31)
  --json FILE    write everything that was measured
  --write        write the goals and what was reached into docs/performance.md
`

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    count: { type: 'string', default: '60000' },
    only: { type: 'string', default: '' },
    startup: { type: 'boolean', default: false },
    runs: { type: 'string', default: '31' },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

async function main(): Promise<void> {
  if (options.help) return console.log(HELP)
  const peers = await compilePeers()
  const cores = pinning()
  const machine = environment(cores)
  console.log(describe(machine))

  if (options.startup) {
    const startup = await measureStartup(peers, positive('runs'), note)
    console.log(`\n${describeStartup(startup)}`)
    save({ environment: machine, startup })
    if (options.write) writeSection('startup', startupSection(linesOfStartup(startup), machine))
    return
  }
  const settings = { rounds: positive('rounds'), count: positive('count') }
  const rows = await runRounds(choose(contestants(peers)), peers, cores, settings, note)
  const verdicts = judge(rows)
  console.log(`\n${describeRows(rows)}\n\n${describeVerdicts(verdicts)}`)
  for (const reason of new Set(rows.flatMap(({ absent }) => absent ?? []))) console.log(`\n  absent: ${reason}`)
  save({ environment: machine, settings, rows, verdicts })
  if (options.write) writeSection('goals', goalsSection(verdicts, machine))
}

/** Those of ours that `--only` names, and all that they are compared with. */
function choose(all: readonly Contestant[]): Contestant[] {
  const named = all.filter(({ workload, name, ours }) => ours && `${workload} ${name}`.includes(options.only))
  if (named.length === 0) throw new Error(`--only "${options.only}" names none of ours`)
  const workloads = new Set(named.map(({ workload }) => workload))
  return all.filter((one) => named.includes(one) || (!one.ours && workloads.has(one.workload)))
}

/** Progress; stdout is for the results. */
function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

function describe(environment: Readonly<Record<string, unknown>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')
}

function positive(name: 'rounds' | 'count' | 'runs'): number {
  const value = Number(options[name])
  if (Number.isInteger(value) && value > 0) return value
  throw new Error(`--${name} must be a positive integer, got "${options[name]}"`)
}

function save(results: object): void {
  if (options.json) writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`)
}

await main()
