/** Writes reports where they are wanted, and makes an exit status of one. */
import { writeFileSync } from 'node:fs'
import { OUTPUT_LOST, put, tell, UsageError, writeAll } from '@hs/command-line'
import type { Report } from '../report/report.js'
import { type ReporterName, render } from '../report/reporters.js'
import type { Reporting } from './commands.js'
import type { Reporter } from './options.js'
import { PROGRAM, STATUS } from './program.js'

/** The default file of a reporter; undefined: stdout. */
const placeOf = (name: ReporterName) => (name === 'github' ? process.env.GITHUB_STEP_SUMMARY : undefined)

/** @throws {UsageError} If more than one of them would write to stdout. */
export function reportersOf(wanted: readonly Reporter[] = [{ name: 'pretty' }]): readonly Reporter[] {
  const onStdout = wanted.filter(({ name, file }) => (file ?? placeOf(name)) === undefined)
  if (onStdout.length > 1)
    throw new UsageError('only one reporter can write to stdout; give the others a file: --reporter junit=results.xml')
  return wanted
}

/** @returns Whether all could be written. */
export function writeReports(
  report: Report,
  reporters: readonly Reporter[],
  { color, visibility }: Omit<Reporting, 'reporter'>,
): boolean {
  const colour = color ?? (process.stdout.isTTY === true && !process.env.NO_COLOR)
  const { columns } = process.stdout
  const written = reporters.map(({ name, file }) => {
    const terminal = file === undefined
    const text = render(report, name, {
      colour: colour && terminal,
      ...(columns && terminal && { columns }),
      visibility,
    })
    const where = file ?? placeOf(name)
    // The summary of a workflow run is one file for all its steps.
    const flag = name === 'github' ? 'a' : 'w'
    return put(PROGRAM, () => (where === undefined ? writeAll(1, text) : writeFileSync(where, text, { flag })))
  })
  return !written.includes(false)
}

export function statusOf({ notStarted, stoppedBy, passed, counts }: Report, written: boolean): number {
  if (notStarted !== undefined) {
    tell(`${PROGRAM}: ${notStarted}\n`)
    return STATUS.notStarted
  }
  if (stoppedBy !== undefined) {
    tell(`${PROGRAM}: ${stoppedBy} ended the run, ${counts['not-run']} not run; give it more time\n`)
    return STATUS.stopped
  }
  if (!passed) return STATUS.failed
  return written ? STATUS.passed : OUTPUT_LOST
}
