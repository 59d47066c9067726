import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { type CheckServerOptions, checkClient, checkServer, type Report, type Verdict } from '@hs/conformance'
import type { CasePlan, Course, Part } from '../course/course.js'
import { endProcessesOf, environmentOf, Running } from '../sandbox/process.js'
import { confine, type Room, workFolder } from '../sandbox/sandbox.js'
import { type CaseOutcome, type Grade, judged, type PartOutcome } from './outcome.js'
import { checkPair } from './pair.js'

export interface GradeOptions {
  readonly course: Course
  readonly room: Room
  /** Where the submission is, if it is graded in place and not in its room. */
  readonly folder?: string
  /** Of the files handed in: the numbers that are sent follow from it. */
  readonly content: string
  readonly onCase?: (part: string, outcome: { readonly id: string; readonly verdict: Verdict }) => void
  /** Only these cases are run: `3a-server:S1.1`. */
  readonly only?: ReadonlySet<string>
}

/** Grades what lies in the work folder of a room, part by part: a later part finds what an earlier one has built. */
export async function gradeSubmission(options: GradeOptions): Promise<Grade> {
  const began = performance.now()
  const parts: PartOutcome[] = []
  for (const part of options.course.parts) {
    parts.push(await gradePart(part, options))
    const { uid } = options.room
    if (uid !== undefined && options.room.isolation === 'user') endProcessesOf(uid)
  }
  return { isolation: options.room.isolation, parts, durationMs: Math.round(performance.now() - began) }
}

/** A number that the submission cannot know and that is the same the next time. */
export function seedOf({ seed }: Course, part: string, content: string): number {
  return (
    createHash('sha256')
      .update(JSON.stringify([seed, part, content]))
      .digest()
      .readUInt32BE() >>> 1
  )
}

async function gradePart(part: Part, options: GradeOptions): Promise<PartOutcome> {
  const { course, room, content } = options
  const cwd = options.folder ?? workFolder(room)
  const env = options.folder === undefined ? environmentOf(course.path) : process.env
  const before = options.folder === undefined ? confine(room, course.limits, course.readable) : []
  const shell = (line: string) => new Running([...before, 'sh', '-c', line], cwd, env).within(course.limits.buildMs)
  const seed = seedOf(course, part.id, content)
  const about = { id: part.id, title: part.title, kind: part.kind, seed }
  const isOwn = ({ id }: CasePlan) => id === 'build' || id === 'warnings'

  const own: CaseOutcome[] = []
  let compiler = ''
  let problem = missingFile(part, cwd)
  if (problem === undefined && part.build !== undefined) {
    const { status, stdout, stderr, excess } = await shell(part.build)
    compiler = clean(stdout + stderr)
    if (status !== 0) problem = `\`${part.build}\` failed: ${excess ?? firstError(compiler) ?? `status ${status}`}`
  }
  for (const plan of part.cases.filter(isOwn)) {
    if (plan.id === 'build') own.push(outcomeOfCommand(plan, problem, part.build))
    else if (problem !== undefined) own.push(judged(plan, 'blocked', { note: 'it does not compile' }))
    else {
      const { status, stdout, stderr, excess } = await shell(part.warnings!)
      const said = clean(stdout + stderr)
      compiler += said
      const fine = status === 0 && said.trim() === ''
      own.push(
        outcomeOfCommand(plan, fine ? undefined : (excess ?? firstError(said) ?? `status ${status}`), part.warnings),
      )
    }
    options.onCase?.(part.id, own.at(-1)!)
  }
  const rest = part.cases.filter((plan) => !isOwn(plan) && (options.only?.has(`${part.id}:${plan.id}`) ?? true))
  const done = (cases: readonly CaseOutcome[], more: Partial<PartOutcome> = {}): PartOutcome => ({
    ...about,
    ...(problem !== undefined && { problem }),
    ...(compiler !== '' && { compiler }),
    ...more,
    cases: [...own, ...cases],
  })
  if (problem !== undefined) return done(rest.map((plan) => judged(plan, 'blocked', { note: 'it was not built' })))
  if (rest.length === 0) return done([])
  problem = notBuilt(part, cwd)
  if (problem !== undefined) return done(rest.map((plan) => judged(plan, 'blocked', { note: 'it was not built' })))
  if (part.kind === 'pair') {
    const cases: CaseOutcome[] = []
    for (const [at, plan] of rest.entries()) {
      const pair = { ...part, server: part.command, confine: before, cwd, env }
      const { verdict, lesson } = await checkPair(plan.id, pair, 100 + ((seed + at) % 899))
      cases.push(judged(plan, verdict, lesson && { lesson }))
      options.onCase?.(part.id, cases.at(-1)!)
    }
    return done(cases)
  }
  const report = await check(part, rest, { cwd, seed, before, totalMs: course.limits.runMs }, options)
  if (report.notStarted !== undefined) {
    problem = `the program did not start: ${clean(report.notStarted)}`
    return done(rest.map((plan) => judged(plan, 'blocked', { note: 'it did not start' })))
  }
  const { nature } = report.profile
  return done(
    rest.map((plan) => outcomeOfCase(plan, part, report)),
    nature && nature !== 'unknown' ? { nature } : {},
  )
}

interface Check {
  readonly cwd: string
  readonly seed: number
  readonly before: readonly string[]
  readonly totalMs: number
}

async function check(
  part: Part,
  cases: readonly CasePlan[],
  { cwd, seed, before, totalMs }: Check,
  { onCase }: GradeOptions,
): Promise<Report> {
  const only = cases.map(({ id }) => id)
  const command = [...before, ...part.command]
  const settings: CheckServerOptions = {
    name: part.title,
    cwd,
    seed,
    only,
    errors: part.errors,
    patienceMs: part.timeoutMs,
    totalMs,
    ...(part.expect && { expect: part.expect }),
    ...(onCase && { onResult: (result) => onCase(part.id, result) }),
  }
  return part.kind === 'server' ? checkServer({ command }, settings) : checkClient({ command }, settings)
}

function missingFile({ files }: Part, cwd: string): string | undefined {
  const missing = files.filter((file) => isAbsolute(file) || !existsSync(join(cwd, file)))
  return missing.length === 0 ? undefined : `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`
}

/** A program in the submission's own folder that no build has made. */
function notBuilt({ command, client }: Part, cwd: string): string | undefined {
  const own = [command[0], client[0]].filter((word) => word?.startsWith('./'))
  const missing = own.find((word) => !existsSync(join(cwd, word!)))
  return missing && `${missing} was not built`
}

function outcomeOfCommand(plan: CasePlan, problem: string | undefined, command: string | undefined): CaseOutcome {
  if (problem === undefined) return judged(plan, 'passed')
  return judged(plan, 'failed', { lesson: { summary: sentence(problem), reproduce: command ?? '' } })
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`

function outcomeOfCase(plan: CasePlan, part: Part, { results, seed }: Report): CaseOutcome {
  const result = results.find(({ id }) => id === plan.id)
  if (!result) return judged(plan, 'not-run', { note: 'it was not reached' })
  const { verdict, note, fault, clause, clauseText } = result
  if (!fault) return judged(plan, verdict, note === undefined ? {} : { note: clean(note) })
  // Of its own line, the checker would show the way into the sandbox, which no student can type.
  const { steps: _, reproduce: __, ...lesson } = fault
  const reproduce = [
    `npx @hs/conformance ${part.kind} --only ${plan.id} --seed ${seed}`,
    ...(part.expect ? [`--expect ${part.expect}`] : []),
    ...(part.errors === 'either' ? [] : [`--errors ${part.errors}`]),
    `-- ${part.command.join(' ')}`,
  ].join(' ')
  return judged(plan, verdict, { lesson: { ...lesson, reproduce, clause: `${clause} ${clauseText}` } })
}

/** No control character of a program reaches a terminal or a page. */
function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
  return text.replace(/\x1b\[[\d;]*[A-Za-z]/g, '').replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '·')
}

/** The line of a compiler that says most. */
function firstError(output: string): string | undefined {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  return (lines.find((line) => /\b(error|warning)\b/i.test(line)) ?? lines[0])?.slice(0, 300)
}
