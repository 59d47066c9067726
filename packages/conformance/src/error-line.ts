import { isError } from './capture.js'
import type { LabSettings } from './case.js'
import type { Findings } from './findings.js'
import type { Subject } from './subject.js'

/** How much of each stream had come at some moment. */
export interface Mark {
  readonly out: number
  readonly err: number
}

export const FROM_THE_BEGINNING: Mark = { out: 0, err: 0 }

/** A line that begins with ERROR. */
export interface ErrorLine {
  /** It is where it has to be. */
  readonly right: boolean
  /** It is on the other stream. */
  readonly elsewhere: boolean
  /** A line that means the same. */
  readonly almost: string | undefined
}

/** Whether a line says that something is wrong. */
export const isComplaint = (line: string) => /error|wrong|invalid|incorrect|mismatch|fail/i.test(line)

/** Looks for the line, as far as the output has come. */
export function findError(
  { out, err }: Pick<Subject, 'out' | 'err'>,
  errors: LabSettings['errors'],
  { errorsSeen }: Findings,
  from = FROM_THE_BEGINNING,
): ErrorLine {
  const on = { stdout: isError(out.text(from.out)), stderr: isError(err.text(from.err)) }
  if (on.stdout) errorsSeen.add('stdout')
  if (on.stderr) errorsSeen.add('stderr')
  const right = errors === 'either' ? on.stdout || on.stderr : on[errors]
  const almost = [...out.lines(from.out), ...err.lines(from.err)].find(isComplaint)
  return { right, elsewhere: !right && (on.stdout || on.stderr), almost }
}

/** What came instead of it, for a report. */
export function instead({ elsewhere, almost }: ErrorLine, errors: LabSettings['errors'], output: string): string {
  return elsewhere ? `ERROR on ${errors === 'stdout' ? 'stderr' : 'stdout'}` : (almost ?? output)
}

export const streamsOf = (errors: LabSettings['errors']) => (errors === 'either' ? 'stdout or stderr' : errors)

export const ALMOST = 'The text has to begin with ERROR, in capital letters, at the beginning of a line.'
