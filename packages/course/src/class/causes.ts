import { type CaseOutcome, isFailure } from '../grade/outcome.js'
import type { Student } from './class.js'

/** Students who fail a case for the same reason. */
export interface Cause {
  readonly text: string
  readonly students: readonly Student[]
}

export interface FailingCase {
  readonly part: string
  readonly id: string
  readonly title: string
  readonly students: number
  readonly causes: readonly Cause[]
}

/** Which cases fail most, and why: the most frequent first. What another failure blocks is not counted. */
export function failingCases(students: readonly Student[]): FailingCase[] {
  const found = new Map<string, { part: string; outcome: CaseOutcome; causes: Map<string, Student[]> }>()
  for (const student of students) {
    for (const { id: part, cases } of student.grade?.parts ?? []) {
      for (const outcome of cases) {
        if (!isFailure(outcome) || outcome.verdict !== 'failed') continue
        const key = `${part}:${outcome.id}`
        const one = found.get(key) ?? { part, outcome, causes: new Map() }
        const text = causeOf(outcome)
        one.causes.set(text, [...(one.causes.get(text) ?? []), student])
        found.set(key, one)
      }
    }
  }
  return [...found.values()]
    .map(({ part, outcome: { id, title }, causes }) => ({
      part,
      id,
      title,
      students: [...causes.values()].reduce((sum, { length }) => sum + length, 0),
      causes: [...causes]
        .map(([text, students]) => ({ text, students }))
        .sort((a, b) => b.students.length - a.students.length),
    }))
    .sort((a, b) => b.students - a.students)
}

/** The probable cause; where none is known, what happened, without what differs from student to student. */
function causeOf({ lesson }: CaseOutcome): string {
  return lesson?.cause ?? (lesson?.summary ?? '').replace(/-?\d+/g, 'N').replace(/"[^"]*"/g, '"…"')
}
