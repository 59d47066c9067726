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

/** The line in which a runtime names an exception that nobody caught: the lines around it only look like ERROR. */
const isThrown = (line: string) =>
  /^(?:Exception in thread|Unhandled exception|Uncaught|panic:|terminate called|thread '.*' .*panicked|[\w.]+(?:Error|Exception)\b)/.test(
    line,
  )

/** The exception that has ended a program, in the words of its runtime. */
export function uncaught({ exit, err }: Pick<Subject, 'exit' | 'err'>): string | undefined {
  if (!exit || exit.code === 0 || (exit.signal && exit.signal !== 'SIGABRT')) return undefined
  return err.lines().findLast(isThrown)
}

/** Why a program may have come to its end, where it has said so itself. */
export function causeOfLastWords(subject: Pick<Subject, 'exit' | 'err'>): string | undefined {
  const thrown = uncaught(subject)
  if (thrown !== undefined)
    return `An exception that nobody caught has ended the program (${thrown}): catch it, or look at what came before it is made a number.`
  const last = subject.err.lines().at(-1) ?? ''
  if (/Interrupted system call$/.test(last))
    return 'A call was interrupted by a signal (SIGCHLD, when a child had ended), and that was taken for an error: where errno is EINTR, call it again, or give sigaction the flag SA_RESTART.'
  if (/Bad file descriptor$/.test(last))
    return 'A descriptor was used that had been closed: take it out of the set (FD_CLR) or the table where you close it, and leave the listening one open.'
  return undefined
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
  const lines = [...out.lines(from.out), ...err.lines(from.err)]
  const almost = err.lines(from.err).find(isThrown) ?? lines.find(isComplaint)
  return { right, elsewhere: !right && (on.stdout || on.stderr), almost }
}

/** What came instead of it, for a report. */
export function instead({ elsewhere, almost }: ErrorLine, errors: LabSettings['errors'], output: string): string {
  return elsewhere ? `ERROR on ${errors === 'stdout' ? 'stderr' : 'stdout'}` : (almost ?? output)
}

export const streamsOf = (errors: LabSettings['errors']) => (errors === 'either' ? 'stdout or stderr' : errors)

/** Why it is not ERROR that is printed, where something else is. */
export function causeOfOther(line: string): string {
  return isThrown(line)
    ? 'An exception ended the handling before ERROR was printed: catch it, or look at what was read before it is made a number.'
    : 'The text has to begin with ERROR, in capital letters, at the beginning of a line.'
}
