import { columns, formatCount, formatMs } from '../report/format.js'
import type { CompareReport, ScenarioReport } from './compare.js'
import type { ServerReport } from './server-report.js'

const HEADINGS = [
  'server',
  'speed',
  '95 % interval',
  'per second',
  'p50',
  'p99',
  'opened',
  'failed',
  'CPU',
  'memory',
  'growth',
]

/** What the columns mean, for below the tables. */
const LEGEND =
  'speed: relative to the first server (in "stalled" by p99, else by rate), with a bootstrap interval over the rounds; ' +
  'CPU and growth of memory: per handshake; memory: at most. "-": not known, or too little to say.'

/** The comparison for a terminal. */
export function compareText(report: CompareReport): string {
  const parts = report.scenarios.map((scenario) =>
    [`${scenario.title}: ${scenario.about}`, ...columns([HEADINGS, ...scenario.servers.map(cells)])].join('\n'),
  )
  return `${[...parts, ...report.problems, legend(report), note(report)].join('\n\n')}\n`
}

/** The same as Markdown. */
export function compareMarkdown(report: CompareReport): string {
  const line = (row: readonly string[]) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const table = ({ title, about, servers }: ScenarioReport) =>
    [
      `## ${title}\n\n${about}\n`,
      line(HEADINGS),
      line(HEADINGS.map((_, at) => (at === 0 ? '---' : '---:'))),
      ...servers.map((server) => line(cells(server))),
    ].join('\n')
  // What a server printed is not Markdown: indent it as code.
  const problems = report.problems.map((problem) => problem.replace(/^/gm, '    '))
  return `# Servers compared\n\n${[...report.scenarios.map(table), ...problems, legend(report), note(report)].join('\n\n')}\n`
}

function legend({ scenarios }: CompareReport): string {
  return scenarios.length > 0 ? LEGEND : 'Nothing was measured.'
}

function cells(server: ServerReport): string[] {
  const { name, relative, perSecond, latency, opened, started, failed } = server
  const { cpuUsPerHandshake, peakBytes, bytesPerHandshake } = server
  return [
    name,
    relative ? `${formatRatio(relative.value)}x` : '-',
    relative?.low === undefined ? '-' : `${formatRatio(relative.low)} to ${formatRatio(relative.high!)}`,
    formatCount(perSecond),
    latency.count > 0 ? formatMs(latency.p50) : '-',
    latency.count > 0 ? formatMs(latency.p99) : '-',
    `${formatCount(opened)} of ${formatCount(started)}`,
    formatCount(failed),
    cpuUsPerHandshake === undefined ? '-' : `${cpuUsPerHandshake.toFixed(0)} us`,
    peakBytes === undefined ? '-' : `${(peakBytes / 2 ** 20).toFixed(0)} MiB`,
    bytesPerHandshake === undefined ? '-' : `${formatCount(bytesPerHandshake)} B`,
  ]
}

/** How it was measured. */
function note({ machine, rounds, durationMs, seed, interrupted, made }: CompareReport): string {
  return (
    `${interrupted ? 'Interrupted: not all rounds are in it. ' : ''}` +
    `${rounds} ${rounds === 1 ? 'round' : 'rounds'} of ${formatMs(durationMs)} each, seed ${seed}, ${made}, on ` +
    `${machine.cores} x ${machine.cpu}, ${machine.system}, Node ${machine.node}.`
  )
}

function formatRatio(ratio: number): string {
  if (ratio >= 100) return ratio.toFixed(0)
  if (ratio >= 10) return ratio.toFixed(1)
  return ratio.toFixed(2)
}
