import { diagram } from './diagram.js'
import type { CaseResult, Report } from './report.js'
import { lessonOf, profileLines, summaryLine, wrap } from './text.js'
import { byTheme, MARKS, markOf } from './themes.js'

/** What stands beside the two lifelines of a picture: the indent, the time, and the lines themselves. */
const BESIDE_PICTURE = 15
const PICTURE_COLUMNS = 61
/** In front of a title: the sign and the id. */
const TITLE_AT = 10

interface Look {
  readonly colour: boolean
  readonly columns: number
}

/** For people, in a terminal. */
export function pretty(report: Report, look: Look): string {
  const { columns } = look
  const paint = painter(look)
  const about = `${report.kind}, seed ${report.seed}${report.strict ? ', strict' : ''}`
  const lines = ['', `${paint(1, report.name)}  ${paint(90, about)}`]
  if (report.notStarted !== undefined) {
    const why = report.notStarted.replace(/\.?$/, '.')
    return [...lines, '', `${paint(31, '✗')} It could not be started: ${why}`, ''].join('\n')
  }
  for (const [theme, results] of byTheme(report.results)) {
    lines.push('', paint(1, theme), ...results.map((result) => lineOf(result, look)))
  }
  // What costs most is read first; what is only optional is explained by --explain.
  const lessons = [...report.results].filter((result) => result.fault && result.level !== 'MAY')
  lessons.sort((a, b) => Number(b.level === 'MUST') - Number(a.level === 'MUST'))
  lines.push(...lessons.flatMap((result) => lessonLines(result, report, look)))
  lines.push('', ...profileLines(report).map((line) => wrap(line, columns, 0)))
  const fixed = report.results.filter(({ known, verdict }) => known && verdict === 'passed')
  if (fixed.length > 0) lines.push(`No longer failing: ${fixed.map(({ id }) => id).join(', ')}.`)
  lines.push(wrap(paint(report.passed ? 32 : 31, summaryLine(report)), columns, 0), lastLine(report), '')
  return lines.join('\n')
}

const painter =
  ({ colour }: Look) =>
  (code: number, text: string) =>
    colour ? `\x1b[${code}m${text}\x1b[0m` : text

function lineOf(result: CaseResult, look: Look): string {
  const paint = painter(look)
  const mark = markOf(result)
  const { sign, colour: code } = MARKS[mark]
  const title = mark === 'passed' ? result.title : paint(code, result.title)
  const level = mark === 'passed' || result.level === 'MUST' ? '' : ` ${paint(90, `(${result.level})`)}`
  const note = result.note ? ` ${paint(90, `— ${result.note}`)}` : ''
  return wrap(`  ${paint(code, sign)} ${result.id.padEnd(5)} ${title}${level}${note}`, look.columns, TITLE_AT)
}

function lessonLines(result: CaseResult, report: Report, look: Look): string[] {
  const { columns } = look
  const paint = painter(look)
  const { sign, colour: code } = MARKS[markOf(result)]
  const width = Math.max(16, columns - BESIDE_PICTURE)
  const picture = columns < PICTURE_COLUMNS ? diagram(result.fault!.steps, report.kind, width) : undefined
  const lines = lessonOf(result, report, picture).map(({ text, prose }) => {
    const shown = text === '' ? '' : `    ${text.startsWith('Probable cause:') ? paint(36, text) : text}`
    return prose ? wrap(shown, columns, 4) : shown
  })
  return ['', wrap(paint(code, `${sign} ${result.id} ${result.title}`), columns, 4), ...lines]
}

function lastLine({ passed, stoppedBy }: Report): string {
  if (stoppedBy !== undefined)
    return `The run was ended by ${stoppedBy}: give it more time for the cases that were not run.`
  return passed ? 'Every MUST that could be judged is passed.' : 'More about a case: npx @hs/conformance --explain ID'
}
