import type { Report } from './report.js'
import { lessonText, profileLines, summaryLine } from './text.js'
import { themeOf } from './themes.js'

export type Visibility = 'visible' | 'hidden' | 'after_due_date' | 'after_published'

/**
 * Gradescope's `results.json`: points for what passed, the lesson for what did not. MAY cases are shown without points,
 * and what could not be seen is neither given nor taken.
 */
export function gradescope(report: Report, { visibility }: { readonly visibility: Visibility }): string {
  const tests = report.results
    .filter(({ verdict }) => verdict !== 'not-applicable')
    .map((result) => {
      const { id, title, level, weight, verdict, note } = result
      const counts = level !== 'MAY' && verdict !== 'not-observable'
      return {
        number: id,
        name: `${id} ${title} (${level})`,
        ...(counts && { score: verdict === 'passed' ? weight : 0, max_score: weight }),
        // What costs nothing is neither: without a status, Gradescope shows no red.
        ...((counts || verdict === 'passed') && { status: verdict === 'passed' ? 'passed' : 'failed' }),
        output:
          verdict === 'failed'
            ? lessonText(result, report).join('\n')
            : (note ?? (verdict === 'passed' ? '' : verdict)),
        output_format: 'text',
        tags: [themeOf(id), level, verdict],
        visibility,
      }
    })
  const output =
    report.notStarted === undefined
      ? [summaryLine(report), ...profileLines(report)].join('\n')
      : `The program could not be started: ${report.notStarted}`
  return `${JSON.stringify(
    {
      score: report.score.earned,
      output,
      output_format: 'text',
      execution_time: Math.round(report.durationMs / 1000),
      visibility,
      stdout_visibility: 'hidden',
      tests,
      extra_data: { seed: report.seed, profile: report.profile, points_possible: report.score.possible },
    },
    null,
    2,
  )}\n`
}
