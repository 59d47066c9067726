import type { Report } from '../report.js'
import { lessonOf, profileLines, summaryLine } from './text.js'
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

/** For people, in a terminal. */
export function pretty(report: Report, { colour }: { readonly colour: boolean }): string {
  const paint = (code: number, text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text)
  const lines = [
    '',
    `${paint(1, report.name)}  ${paint(90, `${report.kind}, seed ${report.seed}${report.strict ? ', strict' : ''}`)}`,
  ]
  if (report.notStarted !== undefined) {
    return [...lines, '', `${paint(31, '✗')} It could not be started: ${report.notStarted}.`, ''].join('\n')
  }
  for (const [theme, results] of byTheme(report.results)) {
    lines.push('', paint(1, theme))
    for (const result of results) {
      const mark = markOf(result)
      const [sign, code] = SIGNS[mark]
      const level = mark === 'passed' || result.level === 'MUST' ? '' : ` ${paint(90, `(${result.level})`)}`
      const note = result.note ? ` ${paint(90, `— ${result.note}`)}` : ''
      lines.push(
        `  ${paint(code, sign)} ${result.id.padEnd(5)} ${mark === 'passed' ? result.title : paint(code, result.title)}${level}${note}`,
      )
    }
  }
  // What costs most is read first; what is only optional is told by --explain.
  const lessons = [...report.results].filter((result) => result.fault && result.level !== 'MAY')
  lessons.sort((a, b) => Number(b.level === 'MUST') - Number(a.level === 'MUST'))
  for (const result of lessons) {
    const [sign, code] = SIGNS[markOf(result)]
    lines.push('', paint(code, `${sign} ${result.id} ${result.title}`))
    for (const line of lessonOf(result)) {
      lines.push(line.startsWith('Probable cause:') ? `    ${paint(36, line)}` : line === '' ? '' : `    ${line}`)
    }
  }
  lines.push('', ...profileLines(report))
  const fixed = report.results.filter(({ known, verdict }) => known && verdict === 'passed')
  if (fixed.length > 0) lines.push(`No longer failing: ${fixed.map(({ id }) => id).join(', ')}.`)
  lines.push(paint(report.passed ? 32 : 31, summaryLine(report)))
  lines.push(
    report.passed
      ? 'Every MUST that could be judged is passed.'
      : 'More about a case: npx @hs/conformance --explain ID',
    '',
  )
  return lines.join('\n')
}
