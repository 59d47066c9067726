import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { VERSION } from '../command.js'
import { type Course, possibleOf } from '../course/course.js'
import { type Grade, pointsOf } from '../grade/outcome.js'
import { gradeInCell } from '../sandbox/cell.js'
import type { Isolation } from '../sandbox/sandbox.js'
import { readSubmission } from '../sandbox/submission.js'
import type { Entry } from './roster.js'

export interface Student extends Entry {
  /** `missing`: nothing was handed in. `unreadable`: what was handed in could not be read. `failed`: the grader did. */
  readonly status: 'graded' | 'missing' | 'unreadable' | 'failed'
  readonly points: number
  readonly possible: number
  readonly grade?: Grade
}

export interface ClassOptions {
  readonly course: Course
  readonly entries: readonly Entry[]
  /** Where grades are kept: what was graded before, by the same course, is not graded again. */
  readonly cache: string
  readonly jobs: number
  readonly isolation: Isolation
  readonly signal?: AbortSignal
  readonly onStudent?: (student: Student, about: { readonly cached: boolean; readonly done: number }) => void
}

/** Grades everyone, some at a time, in the order of the entries. */
export async function gradeClass(options: ClassOptions): Promise<Student[]> {
  const { entries, jobs, signal } = options
  mkdirSync(options.cache, { recursive: true })
  const students: Student[] = []
  let next = 0
  let done = 0
  const work = async (slot: number) => {
    for (let at = next++; at < entries.length && !signal?.aborted; at = next++) {
      const { student, cached } = await gradeEntry(entries[at]!, slot, options)
      if (signal?.aborted) return
      students[at] = student
      options.onStudent?.(student, { cached, done: ++done })
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, entries.length) }, (_, slot) => work(slot)))
  return students.filter(() => true)
}

async function gradeEntry(
  entry: Entry,
  slot: number,
  { course, cache, isolation, signal }: ClassOptions,
): Promise<{ student: Student; cached: boolean }> {
  const base = { ...entry, points: 0, possible: possibleOf(course) }
  const { folder, problem } = entry
  if (problem !== undefined) return { student: { ...base, status: 'unreadable' }, cached: false }
  if (folder === undefined) return { student: { ...base, status: 'missing' }, cached: false }
  let file: string
  try {
    const content = readSubmission(folder, course.limits.diskBytes).hash
    const key = createHash('sha256')
      .update(JSON.stringify([VERSION, course, content, isolation]))
      .digest('hex')
    file = join(cache, `${key.slice(0, 32)}.json`)
  } catch (error) {
    return { student: { ...base, status: 'unreadable', problem: oneLine(error) }, cached: false }
  }
  const known = readGrade(file)
  if (known) return { student: { ...base, status: 'graded', points: pointsOf(known), grade: known }, cached: true }
  try {
    const grade = await gradeInCell({ course, source: folder, slot, isolation, ...(signal && { signal }) })
    // In one step, so that an interruption leaves no half of it.
    writeFileSync(`${file}.${slot}`, JSON.stringify(grade))
    renameSync(`${file}.${slot}`, file)
    return { student: { ...base, status: 'graded', points: pointsOf(grade), grade }, cached: false }
  } catch (error) {
    return { student: { ...base, status: 'failed', problem: oneLine(error) }, cached: false }
  }
}

function readGrade(file: string): Grade | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Grade
  } catch {
    return undefined
  }
}

const oneLine = (error: unknown) => (error as Error).message.split('\n')[0]!.slice(0, 200)
