import { text } from '../message.js'
import type { Settings } from './observation.js'
import type { Exit } from './readings.js'

/** A line without what the eye does not see: NULs, and blanks and carriage returns at its end. */
export const visible = (line: string): string => line.replaceAll('\0', '').replace(/[ \t\r]+$/, '')

/** The visible lines of an output, without empty ones. */
export const linesOf = (output: string): string[] =>
  output
    .split('\n')
    .map(visible)
    .filter((line) => line !== '')

/** Whether a message is in an output, in whatever company: `Received: HELLO 5`, `HELLO 5HELLO 7`. */
export function mentions(output: string, message: string | number): boolean {
  const wanted = typeof message === 'number' ? text(message) : message
  const escaped = wanted.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`${escaped}(?![0-9])`).test(output.replaceAll('\0', ''))
}

/** Whether a line begins with ERROR, or would if the message before it had a newline. */
export const hasError = (output: string): boolean =>
  output.includes('ERROR') && /(?:^|\n|HELLO ?-?\w*?)[\s\0]*ERROR/.test(output)

/** The line that shows the memory after a message as text. */
export function foreignLine(output: string, message: string): string | undefined {
  return linesOf(output).find((line) => {
    const at = line.indexOf(message)
    if (at < 0) return false
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a program may print in colour
    const rest = line.slice(at + message.length).replace(/\x1b\[[\d;]*m/g, '')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what memory looks like
    return /^\S*[\x01-\x08\x0b-\x1f\x7f-\xff]/.test(rest)
  })
}

export interface Streams {
  readonly out: string
  readonly err: string
}

/** A line that names an exception that was not caught, or an assertion; the lines around it only look like ERROR. */
const THROWN =
  /^(?:Exception in thread|Unhandled exception|Uncaught|panic:|terminate called|thread '.*' .*panicked|[\w.]+(?:Error|Exception)\b|.*: Assertion .* failed)/

/** Node begins with no more than `Error:`, as programs begin their own complaints; what it called follows. */
const THROWN_IN_NODE = /^Error: .*(?=\n +at )/m

export const thrownLine = (err: string): string | undefined =>
  linesOf(err).findLast((line) => THROWN.test(line)) ?? THROWN_IN_NODE.exec(err)?.[0]

/** An exception that was not caught, or an assertion, has ended it. */
export const throws = ({ exit, err }: { readonly exit?: Exit | undefined; readonly err: string }): boolean =>
  exit !== undefined && exit.code !== 0 && thrownLine(err) !== undefined

/** A line that says that something is wrong, in other words than ERROR. */
export const complaintIn = ({ out, err }: Streams): string | undefined =>
  linesOf(err).find((line) => THROWN.test(line)) ??
  [...linesOf(out), ...linesOf(err)].find((line) => /error|wrong|invalid|incorrect|mismatch|fail/i.test(line))

/** Where a line that begins with ERROR is. */
export function errorIn({ out, err }: Streams, errors: Settings['errors']) {
  const on = { stdout: hasError(out), stderr: hasError(err) }
  const right = errors === 'either' ? on.stdout || on.stderr : on[errors]
  return { right, elsewhere: !right && (on.stdout || on.stderr) }
}

/** On which streams some of these have printed ERROR. */
export const streamsOfError = (all: readonly Streams[]): ('stdout' | 'stderr')[] => [
  ...(all.some(({ out }) => hasError(out)) ? ['stdout' as const] : []),
  ...(all.some(({ err }) => hasError(err)) ? ['stderr' as const] : []),
]
