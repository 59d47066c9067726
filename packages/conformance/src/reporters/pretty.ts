import type { Report } from '../report.js'
import { diagram } from '../transcript.js'
import { lessonOf, profileLines, summaryLine, wrap } from './text.js'
import { byTheme, type Mark, markOf } from './themes.js'

const SIGNS: Readonly<Record<Mark, readonly [sign: string, colour: number]>> = {
  passed: ['✓', 32],
  failed: ['✗', 31],
  warned: ['!', 33],
  undone: ['·', 90],
  known: ['≈', 33],
  blocked: ['-', 31],
  unseen: ['?', 90],
}

/** What stands beside the two lifelines of a picture: the indent, the time, and the lines themselves. */
const BESIDE_PICTURE = 15
const PICTURE_COLUMNS = 61
/** In front of a title: the sign and the id. */
const TITLE_AT = 10

/** For people, in a terminal. */
export function pretty(
  report: Report,
  { colour, columns }: { readonly colour: boolean; readonly columns: number },
): string {
  const paint = (code: number, text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text)
  const lines = [
    '',
    `${paint(1, report.name)}  ${paint(90, `${report.kind}, seed ${report.seed}${report.strict ? ', strict' : ''}`)}`,
  ]
  if (report.notStarted !== undefined) {
    const why = report.notStarted.replace(/\.?$/, '.')
    return [...lines, '', `${paint(31, '✗')} It could not be started: ${why}`, ''].join('\n')
  }
  for (const [theme, results] of byTheme(report.results)) {
    lines.push('', paint(1, theme))
    for (const result of results) {
      const mark = markOf(result)
      const [sign, code] = SIGNS[mark]
      const level = mark === 'passed' || result.level === 'MUST' ? '' : ` ${paint(90, `(${result.level})`)}`
      const note = result.note ? ` ${paint(90, `— ${result.note}`)}` : ''
      const line = `  ${paint(code, sign)} ${result.id.padEnd(5)} ${mark === 'passed' ? result.title : paint(code, result.title)}${level}${note}`
      lines.push(wrap(line, columns, TITLE_AT))
    }
  }
  // What costs most is read first; what is only optional is told by --explain.
  const lessons = [...report.results].filter((result) => result.fault && result.level !== 'MAY')
  lessons.sort((a, b) => Number(b.level === 'MUST') - Number(a.level === 'MUST'))
  for (const result of lessons) {
    const [sign, code] = SIGNS[markOf(result)]
    lines.push('', wrap(paint(code, `${sign} ${result.id} ${result.title}`), columns, 4))
    const { clause, fault } = result
    const narrow = columns < PICTURE_COLUMNS
    const picture = narrow ? diagram(fault!.steps, report.kind, Math.max(16, columns - BESIDE_PICTURE)) : undefined
    for (const line of lessonOf(result, picture)) {
      const isCause = line.startsWith('Probable cause:')
      // Words may be broken anywhere between them; bytes, the picture and the command may not.
      const isProse = isCause || line === fault!.summary || line.startsWith(`${clause} `)
      const shown = line === '' ? '' : `    ${isCause ? paint(36, line) : line}`
      lines.push(isProse ? wrap(shown, columns, 4) : shown)
    }
  }
  lines.push('', ...profileLines(report).map((line) => wrap(line, columns, 0)))
  const fixed = report.results.filter(({ known, verdict }) => known && verdict === 'passed')
  if (fixed.length > 0) lines.push(`No longer failing: ${fixed.map(({ id }) => id).join(', ')}.`)
  lines.push(wrap(paint(report.passed ? 32 : 31, summaryLine(report)), columns, 0))
  lines.push(
    report.passed
      ? 'Every MUST that could be judged is passed.'
      : 'More about a case: npx @hs/conformance --explain ID',
    '',
  )
  return lines.join('\n')
}
