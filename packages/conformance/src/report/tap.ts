import type { CaseResult, Report } from './report.js'
import { lessonText } from './text.js'
import { markOf } from './themes.js'

/**
 * TAP 13: what Perl's `prove` reads, and readers of TAP 14, too. SHOULD and MAY cases that fail are marked TODO, so that
 * they do not fail the run; what was not seen is SKIP.
 */
export function tap(report: Report): string {
  if (report.notStarted !== undefined) return `TAP version 13\n1..0\nBail out! ${oneLine(report.notStarted)}\n`
  const lines = ['TAP version 13', `1..${report.results.length}`]
  for (const [at, result] of report.results.entries()) {
    const { id, title, verdict } = result
    const mark = markOf(result)
    const ok = verdict === 'passed' || mark === 'unseen' ? 'ok' : 'not ok'
    lines.push(`${ok} ${at + 1} - ${id} ${title.replaceAll('#', '\\#')}${directive(result)}`)
    if (result.fault) {
      lines.push('  ---', `  level: ${result.level}`, `  clause: ${result.clause}`, '  message: |')
      // Empty lines keep their indent: some readers take an empty one for the end.
      lines.push(...lessonText(result, report).map((line) => `    ${line}`), '  ...')
    }
  }
  if (report.stoppedBy !== undefined) lines.push(`# ended by ${oneLine(report.stoppedBy)}`)
  return `${lines.join('\n')}\n`
}

function directive(result: CaseResult): string {
  const mark = markOf(result)
  if (mark === 'unseen') return ` # SKIP ${oneLine(result.note ?? result.verdict)}`
  if (mark === 'warned' || mark === 'undone') return ` # TODO ${result.level}`
  if (mark === 'known') return ' # TODO known failure'
  if (mark === 'blocked') return result.level === 'MUST' && !result.known ? '' : ` # TODO ${oneLine(result.note ?? '')}`
  return ''
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').replaceAll('#', '\\#')
