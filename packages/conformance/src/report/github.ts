import type { Report } from './report.js'
import { lessonText, profileLines, summaryLine } from './text.js'
import { byTheme, MARKS, markOf } from './themes.js'

/** Markdown for the summary page of a workflow run. */
export function github(report: Report): string {
  const head = `## ${report.passed ? '✅' : '❌'} ${escapeMarkdown(report.name)}\n`
  if (report.notStarted !== undefined) return `${head}\nIt could not be started: ${escapeMarkdown(report.notStarted)}\n`
  const lines = [head, summaryLine(report), '', ...profileLines(report).map((line) => `- ${line}`), '']
  lines.push('| | case | |', '| --- | --- | --- |')
  for (const [theme, results] of byTheme(report.results)) {
    lines.push(`| | **${theme}** | |`)
    for (const result of results) {
      lines.push(
        `| ${MARKS[markOf(result)].emoji} | ${result.id} ${escapeMarkdown(result.title)} | ${result.level} ${escapeMarkdown(result.note ?? '')} |`,
      )
    }
  }
  for (const result of report.results) {
    if (!result.fault || result.level === 'MAY') continue
    lines.push(
      '',
      `<details><summary>${MARKS[markOf(result)].emoji} ${result.id}: ${escapeMarkdown(result.fault.summary)}</summary>`,
      '',
    )
    lines.push(
      '```text',
      ...lessonText(result, report).map((line) => line.replaceAll('```', "'''")),
      '```',
      '',
      '</details>',
    )
  }
  return `${lines.join('\n')}\n`
}

function escapeMarkdown(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[|`*_[\]\\]/g, '\\$&')
    .replaceAll('\n', ' ')
}
