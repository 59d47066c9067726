import { answer, type Command, type Option, parse, tell, writeAll } from '@hs/command-line'
import type { Course, Part } from '../course/course.js'
import { loadCourse } from '../course/load.js'
import { type Step, stepsOf } from '../grade/hint.js'
import { type CaseOutcome, casesOf, type Grade, isFailure, type PartOutcome, pointsOf } from '../grade/outcome.js'
import { groupBy } from '../group.js'
import { MARKS } from '../report/marks.js'
import { PROGRAM, STATUS } from '../status.js'
import { courseOption, gradeHere, hintOption } from './here.js'

declare const __VERSION__: string

const epilogue = 'Exit status: 0 nothing fails, 1 something fails, 2 wrong usage or a mistake in course.toml.'

const checkCommand = {
  name: `${PROGRAM} check`,
  version: __VERSION__,
  summary: 'Builds and checks what is in this folder, as course.toml says, and lists what passes.',
  positionals: {},
  options: {
    course: courseOption,
    json: { describe: 'Print the outcome as one JSON object', default: false } as Option<boolean>,
  },
  examples: [[`${PROGRAM} check`, 'all cases']],
  epilogue,
} as const satisfies Command

const nextCommand = {
  name: `${PROGRAM} next`,
  version: __VERSION__,
  summary: 'Shows the one failure to mend first, with a hint.',
  positionals: {},
  options: { course: courseOption, hint: hintOption },
  examples: [[`${PROGRAM} next --hint 2`, 'also where to look']],
  epilogue,
} as const satisfies Command

export async function checkMain(argv: readonly string[]): Promise<number> {
  const parsed = await parse(checkCommand, argv)
  if ('text' in parsed) return answer(checkCommand.name, parsed)
  const course = loadCourse(parsed.values.course)
  const grade = await gradeHere({ course })
  writeAll(1, parsed.values.json ? `${JSON.stringify(grade)}\n` : listing(grade))
  return casesOf(grade).some(isFailure) ? STATUS.failed : STATUS.fine
}

export async function nextMain(argv: readonly string[]): Promise<number> {
  const parsed = await parse(nextCommand, argv)
  if ('text' in parsed) return answer(nextCommand.name, parsed)
  const course = loadCourse(parsed.values.course)
  const { hint } = parsed.values
  const grade = await gradeHere({ course })
  const first = firstFailure(grade, course)
  if (!first) {
    writeAll(1, 'Nothing fails.\n')
    return STATUS.fine
  }
  if (hint > course.hints) tell(`${PROGRAM}: this course gives hints up to ${course.hints}\n`)
  writeAll(1, `${failureText(first, Math.min(hint, course.hints))}\n`)
  const all = casesOf(grade).filter(isFailure).length
  const more = hint < Math.min(3, course.hints) ? ` More about this one: ${PROGRAM} next --hint ${hint + 1}` : ''
  writeAll(1, `\n${all === 1 ? 'It is the only failure.' : `${all} cases fail or are blocked.`}${more}\n`)
  return STATUS.failed
}

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
  const possible = cases.reduce((sum, one) => sum + one.possible, 0)
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

const shortList = (ids: readonly string[]) => (ids.length <= 8 ? ids.join(' ') : `${ids.slice(0, 7).join(' ')} …`)
