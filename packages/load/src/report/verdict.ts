import type { Comparison } from '../measure/baseline.js'
import type { LoadReport } from '../measure/report.js'
import { formatCount, formatMs } from './format.js'
import type { Verdict } from './json.js'

/** What was decided, a sentence each. @param tolerance - A share: 0.05 is 5 %. */
export function verdictLines({ violations, baseline = [] }: Verdict, tolerance: number): string[] {
  return [
    ...violations.map(({ condition, found }) => `failed, since ${condition}: it is ${found}`),
    ...baseline.filter(({ isRegression }) => isRegression).map((comparison) => regression(comparison, tolerance)),
  ]
}

function regression({ figure, ratio }: Comparison, tolerance: number): string {
  if (!ratio) return `failed, since ${figure} cannot be compared with the earlier load: too few intervals have one`
  const worse = figure === 'rate' ? 'lower' : 'higher'
  return `failed, since ${figure} is ${comparisonText(ratio)} times that of the earlier load: more than ${100 * tolerance} % ${worse}`
}

function comparisonText({ value, low, high }: NonNullable<Comparison['ratio']>): string {
  return low === undefined
    ? value.toFixed(2)
    : `${value.toFixed(2)} (95 % interval ${low.toFixed(2)} to ${high!.toFixed(2)})`
}

/** The report as Markdown, for the summary of a job. */
export function jobSummary(report: LoadReport, verdict: Verdict, tolerance: number): string {
  const problems = verdictLines(verdict, tolerance)
  const row = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  const { latency, targets } = report
  return [
    `### hs-load: ${formatCount(report.perSecond)} handshakes per second, ${problems.length > 0 ? 'failed' : 'passed'}`,
    '',
    row(['target', 'started', 'opened', 'established', 'failed']),
    row(['---', '---:', '---:', '---:', '---:']),
    ...targets.map(({ target, started, opened, established, failed }) => {
      const failures = Object.entries(failed).map(([outcome, count]) => `${formatCount(count)} ${outcome}`)
      return row([`\`${target}\``, ...[started, opened, established].map(formatCount), failures.join(', ') || 0])
    }),
    '',
    row(['', 'p50', 'p90', 'p99', 'max']),
    row(['---', '---:', '---:', '---:', '---:']),
    ...Object.entries(latency)
      .filter(([, { count }]) => count > 0)
      .map(([phase, { p50, p90, p99, max }]) => row([phase, ...[p50, p90, p99, max].map(formatMs)])),
    ...(verdict.baseline
      ? [
          '',
          row(['compared with the earlier load', 'ratio (95 % interval)', '']),
          row(['---', '---:', '---']),
          ...verdict.baseline.map(({ figure, ratio, isRegression }) =>
            row([figure, ratio ? comparisonText(ratio) : 'not known', isRegression ? 'regression' : '']),
          ),
        ]
      : []),
    ...problems.flatMap((problem) => ['', `- ${problem}`]),
    '',
    '',
  ].join('\n')
}
