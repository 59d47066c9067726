import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { type CheckServerOptions, checkClient, checkServer, type Report, type Verdict } from '@hs/conformance'
import { Supervisor } from '@hs/supervise'
import { clean } from '../clean.js'
import type { CasePlan, Course, Part } from '../course/course.js'
import { type Ended, endProcessesOf, runToEnd } from '../sandbox/process.js'
import { confine, type Room, workFolder } from '../sandbox/sandbox.js'
import { type CaseOutcome, type Grade, judged, type PartOutcome } from './outcome.js'
import { checkPair } from './pair.js'

type OnCase = (part: string, outcome: { readonly id: string; readonly verdict: Verdict }) => void

export interface GradeOptions {
  readonly course: Course
  readonly room: Room
  /** The folder of a submission that is graded in place, and not in its room. */
  readonly folder?: string
  /** Of the files handed in: the numbers that are sent follow from it. */
  readonly content: string
  readonly onCase?: OnCase
  /** Only these cases are run: `server:S1.1`. */
  readonly only?: ReadonlySet<string>
}

/** Grades what lies in the work folder of a room, part by part: a later part finds what an earlier one has built. */
export async function gradeSubmission(options: GradeOptions): Promise<Grade> {
  const began = performance.now()
  const { isolation, uid } = options.room
  const parts: PartOutcome[] = []
  for (const part of options.course.parts) {
    parts.push(await gradePart(part, options))
    if (uid !== undefined && isolation === 'user') endProcessesOf(uid)
  }
  return { isolation, parts, durationMs: Math.round(performance.now() - began) }
}

/** A number that the submission cannot know and that is the same the next time. */
function seedOf({ seed }: Course, part: string, content: string): number {
  const text = JSON.stringify([seed, part, content])
  return createHash('sha256').update(text).digest().readUInt32BE() >>> 1
}

/** What a part is graded with. */
interface Bench {
  readonly cwd: string
  readonly supervisor: Supervisor
  /** The words before each command. */
  readonly before: readonly string[]
  readonly seed: number
  readonly options: GradeOptions
}

/** What came of some cases of a part. */
type Found = Pick<PartOutcome, 'problem' | 'compiler' | 'nature' | 'cases'>

async function gradePart(part: Part, options: GradeOptions): Promise<PartOutcome> {
  const { course, room, folder, only } = options
  const seed = seedOf(course, part.id, options.content)
  const cwd = folder ?? workFolder(room)
  const supervisor = new Supervisor(cwd)
  const before = folder === undefined ? confine(room, course.limits, course.sandbox.readable) : []
  const bench: Bench = { cwd, supervisor, before, seed, options }
  const isOwn = ({ id }: CasePlan) => id === 'build' || id === 'warnings'
  try {
    const built = await build(part, part.cases.filter(isOwn), bench)
    const rest = part.cases.filter((plan) => !isOwn(plan) && (only?.has(`${part.id}:${plan.id}`) ?? true))
    const problem = built.problem ?? notBuilt(part, cwd)
    const found = problem === undefined ? await judge(part, rest, bench) : blocked(rest, problem, 'it was not built')
    const { id, title, kind } = part
    return { id, title, kind, seed, ...built, ...found, cases: [...built.cases, ...found.cases] }
  } finally {
    await supervisor.close()
  }
}

function blocked(cases: readonly CasePlan[], problem: string, note: string): Found {
  return { problem, cases: cases.map((plan) => judged(plan, 'blocked', { note })) }
}

/** Looks for the files, compiles, and looks for warnings. */
async function build(
  part: Part,
  plans: readonly CasePlan[],
  { cwd, supervisor, before, options }: Bench,
): Promise<Found> {
  const shell = async (line: string) => {
    const ended = await runToEnd(supervisor, [...before, 'sh', '-c', line], options.course.limits)
    return { failed: ended.failed, said: clean(ended.stdout + ended.stderr), why: whyOf(ended) }
  }
  let compiler = ''
  let problem = missingFile(part, cwd)
  if (problem === undefined && part.build !== undefined) {
    const { failed, said, why } = await shell(part.build)
    compiler = said
    if (failed) problem = `\`${part.build}\` failed: ${why}`
  }
  const cases: CaseOutcome[] = []
  for (const plan of plans) {
    if (plan.id === 'build') cases.push(ofCommand(plan, problem, part.build))
    else if (problem !== undefined) cases.push(judged(plan, 'blocked', { note: 'it was not built' }))
    else {
      const { failed, said, why } = await shell(part.warnings!)
      compiler += said
      cases.push(ofCommand(plan, failed || said.trim() !== '' ? why : undefined, part.warnings))
    }
    options.onCase?.(part.id, cases.at(-1)!)
  }
  return { ...(problem !== undefined && { problem }), ...(compiler !== '' && { compiler }), cases }
}

async function judge(part: Part, plans: readonly CasePlan[], bench: Bench): Promise<Found> {
  if (plans.length === 0) return { cases: [] }
  if (part.kind === 'pair') return judgePair(part, plans, bench)
  const { options, seed, cwd } = bench
  const { onCase } = options
  const settings: CheckServerOptions = {
    ...{ name: part.title, cwd, seed, errors: part.errors, patienceMs: part.timeoutMs },
    only: plans.map(({ id }) => id),
    totalMs: options.course.limits.runMs,
    ...(part.expect && { expect: part.expect }),
    ...(onCase && { onResult: (result) => onCase(part.id, result) }),
  }
  const target = { command: [...bench.before, ...part.command] }
  const report = await (part.kind === 'server' ? checkServer(target, settings) : checkClient(target, settings))
  if (report.notStarted !== undefined) {
    return blocked(plans, `the program did not start: ${clean(report.notStarted)}`, 'it did not start')
  }
  const { nature } = report.profile
  const cases = plans.map((plan) => ofResult(plan, part, report))
  return { cases, ...(nature && nature !== 'unknown' && { nature }) }
}

async function judgePair(
  part: Part,
  plans: readonly CasePlan[],
  { before, supervisor, seed, options }: Bench,
): Promise<Found> {
  const cases: CaseOutcome[] = []
  for (const [at, plan] of plans.entries()) {
    const run = (words: readonly string[]) => supervisor.launch({ command: [...before, ...words] })
    const lesson = await checkPair(plan.id, part, run, 100 + ((seed + at) % 899))
    cases.push(judged(plan, lesson ? 'failed' : 'passed', lesson && { lesson }))
    options.onCase?.(part.id, cases.at(-1)!)
  }
  return { cases }
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

function ofCommand(plan: CasePlan, problem: string | undefined, command = ''): CaseOutcome {
  if (problem === undefined) return judged(plan, 'passed')
  // A sentence begins with a capital letter, and the name of a file does not become another.
  const begin = /^[a-z]+ /.test(problem) ? problem.charAt(0).toUpperCase() : problem.charAt(0)
  const summary = `${begin}${problem.slice(1)}${/[.!?]$/.test(problem) ? '' : '.'}`
  return judged(plan, 'failed', { lesson: { summary, reproduce: command } })
}

function ofResult(plan: CasePlan, { kind, expect, errors, command }: Part, { results, seed }: Report): CaseOutcome {
  const result = results.find(({ id }) => id === plan.id)
  if (!result) return judged(plan, 'not-run', { note: 'it was not reached' })
  const { verdict, note, fault, clause, clauseText } = result
  if (!fault) return judged(plan, verdict, note === undefined ? {} : { note: clean(note) })
  // Of its own line, the checker would show the way into the sandbox, which no student can type.
  const { steps: _, reproduce: __, ...lesson } = fault
  const more = `${expect ? ` --expect ${expect}` : ''}${errors === 'either' ? '' : ` --errors ${errors}`}`
  const reproduce = `npx @hs/conformance ${kind} --only ${plan.id} --seed ${seed}${more} -- ${command.join(' ')}`
  return judged(plan, verdict, { lesson: { ...lesson, reproduce, clause: `${clause} ${clauseText}` } })
}

/** Why a build failed: the line of a compiler that says most. */
export function whyOf({ excess, stdout, stderr }: Ended): string {
  return excess ?? firstError(stderr) ?? firstError(stdout) ?? 'it says nothing'
}

function firstError(output: string): string | undefined {
  // `make` repeats only that something failed, and `go` names what it builds.
  const lines = clean(output)
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^(make\b.*\*\*\*|# )/.test(line))
  const found = [/error\b/i, /warning\b/i].map((word) => lines.find((line) => word.test(line)))
  return (found.find(Boolean) ?? lines[0])?.trim().slice(0, 300)
}
