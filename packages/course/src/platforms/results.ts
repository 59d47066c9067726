import { type Course, possibleOf } from '../course/course.js'
import { stepsOf } from '../grade/hint.js'
import { type CaseOutcome, type Grade, type PartOutcome, pointsOf } from '../grade/outcome.js'
import { MARKS } from '../report/marks.js'

/** What Gradescope takes from results/results.json. */
export function gradescopeResults(course: Course, grade: Grade): object {
  const problems = grade.parts.filter(({ problem }) => problem !== undefined)
  return {
    execution_time: Math.round(grade.durationMs / 1000),
    output: problems.map(({ title, problem }) => `${title}: ${problem}`).join('\n'),
    output_format: 'text',
    test_output_format: 'text',
    test_name_format: 'text',
    visibility: 'visible',
    stdout_visibility: 'hidden',
    extra_data: {
      isolation: grade.isolation,
      seeds: Object.fromEntries(grade.parts.map(({ id, seed }) => [id, seed])),
    },
    tests: grade.parts.flatMap((part, at) => part.cases.map((one) => gradescopeTest(one, part, course, at))),
  }
}

function gradescopeTest(outcome: CaseOutcome, part: PartOutcome, course: Course, at: number): object {
  const { id, title, level, verdict, points, possible, visibility } = outcome
  return {
    score: points,
    max_score: possible,
    hide_points: possible === 0,
    status: verdict === 'passed' || verdict === 'not-applicable' || verdict === 'not-observable' ? 'passed' : 'failed',
    name: `${part.title}: ${id} ${title}`,
    name_format: 'text',
    number: `${at + 1}.${id}`,
    output: outputOf(outcome, part, course, at),
    output_format: 'text',
    tags: [part.id, level, verdict],
    visibility,
    extra_data: { part: part.id, case: id, verdict },
  }
}

function outputOf(outcome: CaseOutcome, { compiler }: PartOutcome, course: Course, at: number): string {
  const { id, verdict, note } = outcome
  if (verdict === 'passed') return ''
  const steps = stepsOf(outcome, course.parts[at]!, course.hints).flatMap(({ title, lines }) => [
    title.toUpperCase(),
    ...lines,
    '',
  ])
  const said = (id === 'build' || id === 'warnings') && compiler ? ['WHAT THE COMPILER SAYS', compiler.trim()] : []
  return [...(steps.length > 0 ? steps : [note ?? MARKS[verdict][1]]), ...said].join('\n').trim()
}

/** What GitHub Classroom's reporter takes from the step of a grader, in base64. */
export function classroomResults(course: Course, grade: Grade): object {
  const cases = grade.parts.flatMap((part, at) => part.cases.map((outcome) => ({ part, outcome, at })))
  const possible = possibleOf(course)
  return {
    version: 1,
    status: pointsOf(grade) === possible ? 'pass' : 'fail',
    max_score: possible,
    tests: cases
      .filter(({ outcome }) => outcome.possible > 0)
      .map(({ part, outcome, at }) => ({
        name: `${part.title}: ${outcome.id} ${outcome.title}`,
        status: outcome.points === outcome.possible ? 'pass' : 'fail',
        score: outcome.points,
        message: outcome.visibility === 'hidden' ? '' : outputOf(outcome, part, course, at),
        test_code: `${part.id}:${outcome.id}`,
        filename: '',
        line_no: 0,
        execution_time: '0s',
      })),
  }
}
