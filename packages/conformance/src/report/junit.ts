import type { CaseResult, Report } from './report.js'
import { isObstacle } from './report.js'
import { entities, lessonText } from './text.js'
import { themeOf } from './themes.js'

/** JUnit XML as CI systems read it: what keeps a run from passing is a failure, everything else that did not pass is skipped. */
export function junit(report: Report): string {
  const { results, name, durationMs } = report
  const failures = results.filter(isObstacle).length
  const errors = report.notStarted === undefined ? 0 : 1
  const skipped = results.filter((result) => result.verdict !== 'passed' && !isObstacle(result)).length
  const counts = `tests="${results.length + errors}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="${seconds(durationMs)}"`
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="hs-conformance" ${counts}>`,
    `  <testsuite name="${escapeXml(name)}" ${counts}>`,
  ]
  if (report.notStarted !== undefined) {
    lines.push(
      '    <testcase classname="start" name="starts">',
      `      <error message="${escapeXml(report.notStarted)}"/>`,
      '    </testcase>',
    )
  }
  for (const result of results) lines.push(...testcase(result, report))
  return `${[...lines, '  </testsuite>', '</testsuites>'].join('\n')}\n`
}

function testcase(result: CaseResult, report: Report): string[] {
  const { id, title, level, verdict, note, fault, durationMs } = result
  const open = `    <testcase classname="${escapeXml(themeOf(id))}" name="${escapeXml(`${id} ${title} (${level})`)}" time="${seconds(durationMs)}"`
  if (verdict === 'passed') return [`${open}/>`]
  const message = escapeXml(fault?.summary ?? note ?? verdict)
  const text = escapeXml(lessonText(result, report).join('\n'))
  const inner = isObstacle(result)
    ? `      <failure type="${verdict}" message="${message}">${text}</failure>`
    : `      <skipped message="${escapeXml(verdict)}: ${message}"/>`
  return [`${open}>`, inner, '    </testcase>']
}

const seconds = (ms: number) => (ms / 1000).toFixed(3)

function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has no way to say them
  return entities(text).replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, '?')
}
