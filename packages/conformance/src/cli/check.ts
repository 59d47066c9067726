/** The commands that judge: one program, a recording, many programs. */
import { writeFileSync } from 'node:fs'
import { OUTPUT_LOST, put, UsageError, type Values, writeAll } from '@hs/command-line'
import type { CheckOptions } from '../check.js'
import { parseRecording } from '../parse-recording.js'
import { matrixPage } from '../report/matrix-page.js'
import { parsePrograms } from '../report/programs.js'
import { isObstacle, type Report } from '../report/report.js'
import { summaryLine } from '../report/text.js'
import type { Checking, JUDGE, MATRIX } from './commands.js'
import { judgingOf, readJson } from './input.js'
import { reportersOf, statusOf, writeReports } from './output.js'
import { type Checker, PROGRAM, STATUS } from './program.js'

export async function checkOne(
  kind: 'server' | 'client',
  values: Checking,
  command: readonly string[],
  checker: Checker,
): Promise<number> {
  const { address, record, name, expect } = values
  checkTarget(kind, address, command)
  const reporters = reportersOf(values.reporter)
  const progress = progressLine()
  let recorded = true
  const options: CheckOptions = {
    ...judgingOf(values, checker.listCases()),
    ...observingOf(values),
    ...progress.hooks,
    ...(name !== undefined && { name }),
    ...(record !== undefined && {
      onRecording(recording) {
        recorded = put(PROGRAM, () => writeFileSync(record, `${JSON.stringify(recording)}\n`))
      },
    }),
  }
  const report =
    kind === 'client'
      ? await checker.checkClient({ command }, options)
      : await checker.checkServer(address ? { address } : { command }, { ...options, ...(expect && { expect }) })
  progress.clear()
  const written = writeReports(report, reporters, values)
  return statusOf(report, recorded && written)
}

function checkTarget(kind: 'server' | 'client', address: unknown, command: readonly string[]): void {
  if (kind === 'client') {
    if (command.length === 0) throw new UsageError('give the command of the client after --')
    if (!command.some((word) => word.includes('{port}')))
      throw new UsageError('the command of a client needs {port}, and mostly {host} and {sequence}')
    return
  }
  if (address !== undefined && command.length > 0) throw new UsageError('give an address or a command, not both')
  if (address === undefined && command.length === 0) throw new UsageError('give an address, or a command after --')
}

export function judge(values: Values<typeof JUDGE>, { judgeRecording, listCases }: Checker): number {
  const reporters = reportersOf(values.reporter)
  const options = judgingOf(values, listCases())
  const report = readJson(values.file, (data) => judgeRecording(parseRecording(data), options))
  return statusOf(report, writeReports(report, reporters, values))
}

export async function matrix(values: Values<typeof MATRIX>, checker: Checker): Promise<number> {
  const { file, html, json, jobs } = values
  const options = { ...judgingOf(values, checker.listCases()), ...observingOf(values), jobs }
  const programs = readJson(file, parsePrograms)
  if (programs.length === 0) throw new UsageError(`${file} lists no programs`)
  const began = performance.now()
  const reports = await checker.checkMatrix(programs, {
    ...options,
    onReport: (report, at, of) => writeAll(1, `${matrixLine(report, `[${at + 1}/${of}]`)}\n`),
  })
  const written = [
    html === undefined || put(PROGRAM, () => writeFileSync(html, matrixPage(reports, programs))),
    json === undefined || put(PROGRAM, () => writeFileSync(json, `${JSON.stringify(reports, null, 2)}\n`)),
  ]
  const passed = reports.filter((report) => report.passed).length
  writeAll(1, `${passed} of ${reports.length} pass, in ${((performance.now() - began) / 1000).toFixed(1)} s\n`)
  if (passed < reports.length) return STATUS.failed
  return written.includes(false) ? OUTPUT_LOST : STATUS.passed
}

function matrixLine(report: Report, where: string): string {
  const what = report.notStarted === undefined ? summaryLine(report) : `not started: ${report.notStarted}`
  const failed = report.results.filter((result) => isObstacle(result) && result.verdict === 'failed')
  const ids = failed.length > 0 ? ` (${failed.map(({ id }) => id).join(' ')})` : ''
  return `${report.passed ? 'ok  ' : 'FAIL'} ${where} ${report.name}: ${what}${ids}`
}

function observingOf(values: Pick<Checking, 'errors' | 'seed' | 'timeout' | 'startTimeout' | 'totalTimeout' | 'cwd'>) {
  const { errors, seed, timeout, startTimeout, totalTimeout, cwd } = values
  return {
    errors,
    patienceMs: timeout,
    startMs: startTimeout,
    totalMs: totalTimeout,
    ...(seed !== undefined && { seed }),
    ...(cwd !== undefined && { cwd }),
  }
}

/** One line on stderr that says how far the run is, if that is a terminal. */
function progressLine(): { readonly hooks: Pick<CheckOptions, 'onCase'>; readonly clear: () => void } {
  if (process.stderr.isTTY !== true) return { hooks: {}, clear: () => {} }
  const show = (text: string) => writeAll(2, `\r\x1b[2K${text}`)
  const width = () => (process.stderr.columns || 80) - 1
  return {
    hooks: { onCase: ({ id, title, at, of }) => show(`[${at + 1}/${of}] ${id} ${title}`.slice(0, width())) },
    clear: () => show(''),
  }
}
