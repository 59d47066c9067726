import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { UsageError, writeAll } from '@hs/command-line'
import { Supervisor } from '@hs/supervise'
import { command, courseHere, flag, hint, STATUS } from '../command.js'
import type { Course } from '../course/course.js'
import { loadCourse } from '../course/load.js'
import { casesOf, type Grade, isFailure } from '../grade/outcome.js'
import { runToEnd } from '../sandbox/process.js'
import { failureText, firstFailure, gradeHere, shortList } from './check.js'

/** How often the files are looked at. Their times, and not notices of the system: those differ, and some are lost. */
const LOOK_MS = 200

const table = {
  positionals: {},
  options: { course: courseHere, hint, once: flag('End after the first check that passes') },
} as const

export function watchMain(argv: readonly string[]): Promise<number> {
  const cut = argv.indexOf('--')
  const build = cut < 0 ? [] : argv.slice(cut + 1)
  return command('watch', table, (values) => watch(values, build))(cut < 0 ? argv : argv.slice(0, cut))
}

interface Values {
  readonly course: string
  readonly hint: number
  readonly once: boolean
}

async function watch(values: Values, build: readonly string[]): Promise<number> {
  const course = loadCourse(values.course)
  const files = [...new Set(course.parts.flatMap(({ files }) => files))]
  if (files.length === 0) throw new UsageError(`${values.course} names no files that could be watched`)
  let failing: Set<string> | undefined
  for (;;) {
    const before = timesOf(files)
    const grade = await buildAndCheck(course, build, failing)
    if (grade) {
      failing = failingIn(grade)
      // What was checked alone may have broken something else.
      const whole = failing.size === 0 ? await gradeHere({ course }) : grade
      failing = failingIn(whole)
      show(summary(whole, course, Math.min(values.hint, course.hints)))
      if (failing.size === 0) {
        failing = undefined
        if (values.once) return STATUS.fine
      }
    }
    while (timesOf(files) === before) await sleep(LOOK_MS)
  }
}

/** @returns Undefined where it was not built. */
async function buildAndCheck(
  course: Course,
  build: readonly string[],
  failing: ReadonlySet<string> | undefined,
): Promise<Grade | undefined> {
  if (build.length > 0) {
    status(`building: ${build.join(' ')}`)
    const supervisor = new Supervisor(undefined)
    const { failed, stdout, stderr, excess } = await runToEnd(supervisor, build, course.limits)
    await supervisor.close()
    if (failed) {
      show(`✗ ${build.join(' ')} failed${excess ? `: ${excess}` : ''}\n\n${(stdout + stderr).trim()}`)
      return undefined
    }
  }
  const only = failing && failing.size > 0 ? failing : undefined
  status(only ? `checking what failed: ${[...only].map((key) => key.split(':')[1]).join(' ')}` : 'checking')
  return gradeHere({ course, ...(only && { only }), onCase: (part, { id }) => status(`checked ${part} ${id}`) })
}

const failingIn = ({ parts }: Grade) =>
  new Set(parts.flatMap(({ id, cases }) => cases.filter(isFailure).map((one) => `${id}:${one.id}`)))

function summary(grade: Grade, course: Course, hint: number): string {
  const first = firstFailure(grade, course)
  if (!first) return `✓ nothing fails (${casesOf(grade).length} cases)`
  const all = casesOf(grade).filter(isFailure)
  return `${failureText(first, hint)}\n\n${all.length} fail or are blocked: ${shortList(all.map(({ id }) => id))}`
}

const timesOf = (files: readonly string[]) =>
  files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs).join()

/** A terminal is used as a screen; anything else gets lines. */
const isTerminal = process.stdout.isTTY === true

function status(text: string): void {
  if (isTerminal) writeAll(1, `\r\x1b[K${text.slice(0, (process.stdout.columns || 80) - 1)}`)
}

function show(text: string): void {
  const at = new Date().toTimeString().slice(0, 8)
  writeAll(1, isTerminal ? `\x1b[2J\x1b[H${at}  waiting for changes; Ctrl-C ends\n\n${text}\n` : `[${at}] ${text}\n`)
}
