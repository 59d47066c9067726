import { stripVTControlCharacters } from 'node:util'
import { languageOf } from './language.js'
import type { CaseResult, FaultReport, Report } from './report.js'

interface Lesson {
  /** Lines that may be broken between their words; bytes, pictures, code and commands may not. */
  readonly prose?: true
  readonly text: string
}

/** Everything that teaches about one failure, without colours. `picture`: instead of the report's own. */
export function lessonOf(
  { clause, clauseText, fault }: CaseResult,
  { target }: Pick<Report, 'target'>,
  picture = fault?.diagram,
): Lesson[] {
  if (!fault) return []
  const lines: Lesson[] = [{ text: fault.summary, prose: true }, ...bytesOf(fault).map((text) => ({ text }))]
  lines.push({ text: `${clause}    ${clauseText}`, prose: true })
  if (fault.cause) lines.push({ text: '' }, { text: `Probable cause: ${fault.cause}`, prose: true })
  const fix = fixOf(fault, target)
  if (fix) lines.push({ text: `${fix.language}: ${fix.code}` })
  if (fault.steps.length > 0) lines.push({ text: '' }, ...picture!.split('\n').map((text) => ({ text })))
  return [...lines, { text: '' }, { text: `Again: ${fault.reproduce}` }]
}

export const lessonText = (result: CaseResult, report: Pick<Report, 'target'>): string[] =>
  lessonOf(result, report).map(({ text }) => text)

/** What was sent, and what came instead of what. */
export function bytesOf({ sent, expected, received, comparison }: FaultReport): string[] {
  return [
    ...(sent === undefined ? [] : [`sent      ${sent}`]),
    ...(comparison ?? [
      ...(expected === undefined ? [] : [`expected  ${expected || '(nothing)'}`]),
      ...(received === undefined ? [] : [`received  ${received || '(nothing)'}`]),
    ]),
  ]
}

/** The line that usually mends it, in the language of the program. */
export function fixOf({ fix }: FaultReport, target: string): { language: string; code: string } | undefined {
  const language = languageOf(target)
  const code = language && fix?.[language]
  return code === undefined ? undefined : { language: language!, code }
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

/** How many of each; a MAY that is not done costs nothing, and is not counted as failed. */
export function summaryLine({ results, score, durationMs, stoppedBy }: Report): string {
  const counts = new Map<string, number>()
  for (const { verdict, level } of results) {
    const word = verdict === 'failed' && level === 'MAY' ? OPTIONAL : verdict.replace('-', ' ')
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  const words = ['passed', 'failed', 'blocked', OPTIONAL, 'not observable', 'not applicable', 'not run']
  const parts = words
    .filter((word) => word === 'passed' || counts.has(word))
    .map((word) => `${counts.get(word) ?? 0} ${word}`)
  const end = stoppedBy === undefined ? '' : `; ended by ${stoppedBy}`
  return `${parts.join(', ')}; ${score.earned} of ${score.possible} points, in ${(durationMs / 1000).toFixed(1)} s${end}`
}

const OPTIONAL = 'optional and not done'

/** Breaks a line that is too long for a terminal, between its words; what follows is set in by `hang`. Colours have no width. */
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

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** As HTML and XML have it. */
export const entities = (text: string): string => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign]!)
