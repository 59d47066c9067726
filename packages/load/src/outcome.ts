import { appendFileSync, writeFileSync } from 'node:fs'
import { OUTPUT_LOST, put, tell, writeAll } from '@hs/command-line'
import { PROGRAM } from './command.js'
import { isFruitless, type LoadResult } from './measure/report.js'
import type { Threshold } from './measure/thresholds.js'
import { writeHistograms } from './report/hdr.js'
import { reportJson, type Verdict, type Violation } from './report/json.js'
import { openMetrics } from './report/openmetrics.js'
import { reportText } from './report/text.js'
import { jobSummary, verdictLines } from './report/verdict.js'

export const STATUS = { fine: 0, failed: 1, usage: 2, noServer: 3, interrupted: 130, terminated: 143 } as const

/** Where results go besides stdout. */
export interface Outputs {
  readonly json: boolean
  readonly ndjson: boolean
  readonly hdr: string | undefined
  readonly openmetrics: string | undefined
  readonly tolerance: number
}

export function violationsOf(thresholds: readonly Threshold[], { report }: LoadResult): Violation[] {
  return thresholds.flatMap((threshold) => {
    const found = threshold.violation(report)
    return found === undefined ? [] : [{ condition: threshold.text, found }]
  })
}

/** Writes a result everywhere, one way after the other: what does not go out one way still goes the others. @returns The exit status. */
export function conclude(result: LoadResult, verdict: Verdict, outputs: Outputs): number {
  const { report, histograms } = result
  const { hdr, openmetrics, tolerance } = outputs
  const { GITHUB_STEP_SUMMARY: summary } = process.env
  const written = [
    put(PROGRAM, () => print(result, verdict, outputs)),
    hdr === undefined ||
      put(PROGRAM, () =>
        writeHistograms(hdr, histograms, {
          targets: report.targets.map(({ target }) => target),
          durationMs: report.durationMs,
        }),
      ),
    openmetrics === undefined || put(PROGRAM, () => writeFileSync(openmetrics, openMetrics(report))),
    !summary || put(PROGRAM, () => appendFileSync(summary, jobSummary(report, verdict, tolerance))),
  ]
  const problems = verdictLines(verdict, tolerance)
  if (!outputs.json && !outputs.ndjson) for (const problem of problems) tell(`${PROGRAM}: ${problem}\n`)
  if (problems.length > 0 || isFruitless(report)) return STATUS.failed
  return written.includes(false) ? OUTPUT_LOST : STATUS.fine
}

function print(result: LoadResult, verdict: Verdict, { json, ndjson }: Outputs): void {
  if (!json && !ndjson) {
    writeAll(1, reportText(result.report))
    return
  }
  const whole = reportJson(result, verdict)
  const { intervals: _intervals, ...rest } = whole
  // Each interval has had a line of its own already.
  writeAll(1, `${JSON.stringify(ndjson ? { type: 'report', ...rest } : whole)}\n`)
}
