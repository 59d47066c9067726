/** The sections of docs/performance.md that a benchmark writes, each between two comments with its name. */
import { readFileSync, writeFileSync } from 'node:fs'
import { alignedTable } from '../test/table.ts'
import type { Environment } from './environment.ts'
import { linesOfVerdicts, type Row, ratios, showSpread, spread, type Verdict } from './report.ts'
import type { Point, Scale } from './scale.ts'

const PAGE = new URL('../docs/performance.md', import.meta.url)

type Section = 'goals' | 'league' | 'scale' | 'startup'

/** @throws If the page has no such section. */
export function writeSection(name: Section, text: string): void {
  const page = readFileSync(PAGE, 'utf8')
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no section "${name}"`)
  writeFileSync(PAGE, `${page.slice(0, from + begin.length)}\n${text}\n\n${page.slice(to)}`)
}

export function startupSection(lines: readonly (readonly string[])[], machine: Environment): string {
  return `${alignedTable(lines)}\n\n${describe(machine)}`
}

export function goalsSection(verdicts: readonly Verdict[], machine: Environment): string {
  return `${alignedTable(linesOfVerdicts(verdicts))}\n\n${describe(machine)}`
}

/** All servers, the cheapest first, each compared with C in the same rounds. */
export function leagueSection(rows: readonly Row[], machine: Environment): string {
  const base = rows.find(({ contestant }) => contestant.name === 'C epoll')!
  const lines = rows
    .filter(({ absent }) => absent === undefined)
    .map((row) => ({ row, cpu: spread(ratios(row, base, 'cpuUs')) }))
    .sort((a, b) => a.cpu.median - b.cpu.median)
    .map(({ row, cpu }) => [
      row.contestant.ours ? `**${row.contestant.name}**` : row.contestant.name,
      showSpread(cpu),
      showSpread(spread(ratios(row, base, 'rate'))),
      showSpread(spread(ratios(row, base, 'p99Us'))),
    ])
  return `${alignedTable([['server', 'CPU', 'rate', 'p99'], ...lines])}\n\n${describe(machine)}`
}

export function scaleSection({ open, total, threads }: Scale, machine: Environment): string {
  const least = (points: readonly Point[]) => Math.min(...points.map(({ cpuUs }) => cpuUs))
  const lines = (points: readonly Point[]) =>
    points.map(({ at, cpuUs }) => [at.toLocaleString('en'), cpuUs.toFixed(1), (cpuUs / least(points)).toFixed(2)])
  return [
    alignedTable([['idle connections open', 'CPU µs', 'relative'], ...lines(open)]),
    alignedTable([['handshakes served so far', 'CPU µs', 'relative'], ...lines(total)]),
    alignedTable([['threads', 'CPU µs', 'relative'], ...lines(threads)]),
    describe(machine),
  ].join('\n\n')
}

function describe({ node, system, cpu, cores, pinned, date }: Environment): string {
  return `${date.slice(0, 10)}, ${system}, ${cpu}, ${cores} cores${pinned ? ', server and load pinned to one each' : ''}, Node ${node}.`
}
