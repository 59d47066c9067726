import { stripVTControlCharacters } from 'node:util'
import type { CaseResult, Report } from '../report.js'

/** Everything that teaches about one failure, as lines without colours. `picture`: instead of the report's own. */
export function lessonOf({ clause, clauseText, fault }: CaseResult, picture = fault?.diagram): string[] {
  if (!fault) return []
  const lines = [fault.summary]
  if (fault.sent !== undefined) lines.push(`sent      ${fault.sent}`)
  if (fault.comparison) lines.push(...fault.comparison)
  else {
    if (fault.expected !== undefined) lines.push(`expected  ${fault.expected}`)
    if (fault.received !== undefined) lines.push(`received  ${fault.received === '' ? '(nothing)' : fault.received}`)
  }
  lines.push(`${clause}    ${clauseText}`)
  if (fault.cause) lines.push('', `Probable cause: ${fault.cause}`)
  if (fault.steps.length > 0) lines.push('', ...picture!.split('\n'))
  lines.push('', `Again: ${fault.reproduce}`)
  return lines
}

/** What the program is, in one line each. */
export function profileLines({ profile }: Report): string[] {
  const lines: string[] = []
  const { nature, terminator, errors, arithmetic } = profile
  if (nature && nature !== 'unknown') lines.push(`It serves its connections: ${NATURES[nature]}.`)
  if (terminator) lines.push(`Its messages end with ${TERMINATORS[terminator] ?? terminator}.`)
  if (errors) lines.push(`ERROR was seen on ${errors === 'both' ? 'stdout and stderr' : errors}.`)
  if (arithmetic)
    lines.push(`After 2147483647 comes ${arithmetic === 'int32' ? '-2147483648: it counts in 32 bits' : '2147483648'}.`)
  return lines
}

const NATURES = {
  sequential: 'one after the other (sequential)',
  threads: 'at once, in threads',
  processes: 'at once, in processes',
  events: 'at once, on one thread (events)',
  concurrent: 'at once',
  unknown: '',
} as const

const TERMINATORS: Readonly<Record<string, string>> = {
  none: 'their last digit',
  nul: 'a NUL',
  lf: 'a newline',
  crlf: 'a carriage return and a newline',
  padding: 'many NULs',
  other: 'several terminators',
}

export function summaryLine({ counts, score, durationMs }: Report): string {
  const parts = [
    `${counts.passed} passed`,
    ...(counts.failed > 0 ? [`${counts.failed} failed`] : []),
    ...(counts.blocked > 0 ? [`${counts.blocked} blocked`] : []),
    ...(counts['not-observable'] > 0 ? [`${counts['not-observable']} not observable`] : []),
    ...(counts['not-applicable'] > 0 ? [`${counts['not-applicable']} not applicable`] : []),
    ...(counts['not-run'] > 0 ? [`${counts['not-run']} not run`] : []),
  ]
  return `${parts.join(', ')}; ${score.earned} of ${score.possible} points, in ${(durationMs / 1000).toFixed(1)} s`
}

/** Breaks a line that is too long for a terminal, between its words; what follows is set in by `hang`. Colours count for nothing. */
export function wrap(line: string, columns: number, hang: number): string {
  const lengthOf = (text: string) => stripVTControlCharacters(text).length
  if (lengthOf(line) <= columns) return line
  const [first = '', ...words] = line.split(/(?<! ) (?! )/)
  const lines = [first]
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`
    if (lengthOf(longer) <= columns) lines[lines.length - 1] = longer
    else lines.push(' '.repeat(hang) + word)
  }
  return lines.join('\n')
}
