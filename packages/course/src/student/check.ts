import { existsSync } from 'node:fs'
import { tell, writeAll } from '@hs/command-line'
import type { Verdict } from '@hs/conformance'
import { command, courseHere, flag, hint as hintOption, PROGRAM, STATUS } from '../command.js'
import { type Course, type Part, sumOf } from '../course/course.js'
import { loadCourse } from '../course/load.js'
import { readText } from '../files.js'
import { gradeSubmission } from '../grade/grade.js'
import { type Step, stepsOf } from '../grade/hint.js'
import { type CaseOutcome, casesOf, type Grade, isFailure, type PartOutcome, pointsOf } from '../grade/outcome.js'
import { groupBy } from '../group.js'
import { MARKS } from '../report/marks.js'

interface Here {
  readonly course: Course
  readonly onCase?: (part: string, outcome: { readonly id: string; readonly verdict: Verdict }) => void
  readonly only?: ReadonlySet<string>
}

/**
 * Grades what is in this folder, in place and without a sandbox: it belongs to the student. Its numbers follow from what is
 * handed in alone: beside that, anything may lie there.
 */
export function gradeHere({ course, ...options }: Here): Promise<Grade> {
  const folder = process.cwd()
  const files = course.parts.flatMap(({ files }) => files).filter((file) => existsSync(file))
  const content = files.map((file) => readText(file)).join('\0')
  return gradeSubmission({ course, folder, room: { isolation: 'none', folder, uid: undefined }, content, ...options })
}

const checkTable = {
  positionals: {},
  options: { course: courseHere, json: flag('Print the outcome as one JSON object') },
} as const

export const checkMain = command('check', checkTable, async ({ course, json }) => {
  const grade = await gradeHere({ course: loadCourse(course) })
  writeAll(1, json ? `${JSON.stringify(grade)}\n` : listing(grade))
  return casesOf(grade).some(isFailure) ? STATUS.failed : STATUS.fine
})

const nextTable = {
  positionals: {},
  options: { course: courseHere, hint: hintOption },
} as const

export const nextMain = command('next', nextTable, async ({ course: file, hint }) => {
  const course = loadCourse(file)
  const grade = await gradeHere({ course })
  const first = firstFailure(grade, course)
  if (!first) {
    writeAll(1, 'Nothing fails.\n')
    return STATUS.fine
  }
  if (hint > course.hints) tell(`${PROGRAM}: this course gives hints up to ${course.hints}\n`)
  const all = casesOf(grade).filter(isFailure).length
  const count = all === 1 ? 'It is the only failure.' : `${all} cases fail or are blocked.`
  const more = hint < course.hints ? ` More about this one: npx @hs/course next --hint ${hint + 1}` : ''
  writeAll(1, `${failureText(first, Math.min(hint, course.hints))}\n\n${count}${more}\n`)
  return STATUS.failed
})

interface Failure {
  readonly outcome: CaseOutcome
  readonly part: Part
  readonly compiler: string | undefined
}

/** The first that has failed itself, in the order of the course: others are mostly blocked by it. */
export function firstFailure(grade: Grade, course: Course): Failure | undefined {
  const failures = grade.parts.flatMap(({ cases, compiler }, at) =>
    cases.filter(isFailure).map((outcome) => ({ outcome, part: course.parts[at]!, compiler })),
  )
  return failures.find(({ outcome }) => outcome.verdict === 'failed') ?? failures[0]
}

export function failureText({ outcome, part, compiler }: Failure, hint: number): string {
  const steps = stepsOf(outcome, part, hint)
  const said = outcome.id === 'build' && compiler ? ['', ...compiler.trim().split('\n').slice(0, 30)] : []
  const stepText = ({ title, lines }: Step) =>
    `\n${title}\n${[...lines, ...(title === 'What happened' ? said : [])].map((line) => `  ${line}`.trimEnd()).join('\n')}`
  return [`${MARKS.failed[0]} ${outcome.id} ${outcome.title} (${part.title})`, ...steps.map(stepText)].join('\n')
}

function listing(grade: Grade): string {
  const cases = casesOf(grade)
  const possible = sumOf(cases.map((one) => one.possible))
  const failing = cases.filter(isFailure).length
  const points = possible > 0 ? `; ${pointsOf(grade)} of ${possible} points` : ''
  const passed = cases.filter(({ verdict }) => verdict === 'passed').length
  return `${grade.parts.map(partText).join('\n')}\n${passed} passed, ${failing} failed or blocked${points}\n`
}

/** What fails, each with its reason; the rest only by its number: what is blocked would be a long list of one failure. */
function partText({ title, problem, cases }: PartOutcome): string {
  const failed = cases.filter((one) => isFailure(one) && one.verdict !== 'blocked')
  const lines = failed.map(({ id, title, verdict, note, lesson }) => {
    const why = lesson?.summary ?? note
    return `  ${MARKS[verdict][0]} ${id.padEnd(6)} ${title}${why ? `\n           ${why}` : ''}\n`
  })
  const blocked = groupBy(
    cases.filter(({ verdict }) => verdict === 'blocked'),
    ({ note = 'blocked' }) => note,
  )
  const waiting = [...blocked].map(
    ([note, ids]) => `  ${MARKS.blocked[0]} ${ids.length} ${note}: ${shortList(ids.map(({ id }) => id))}\n`,
  )
  const passed = cases.filter(({ verdict }) => verdict === 'passed').length
  return `${title}${problem ? `: ${problem}` : ''}\n${lines.join('')}${waiting.join('')}  ${MARKS.passed[0]} ${passed} passed\n`
}

export const shortList = (ids: readonly string[]) =>
  ids.length <= 8 ? ids.join(' ') : `${ids.slice(0, 7).join(' ')} …`
