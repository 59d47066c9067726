import { type CaseOutcome, isFailure } from '../grade/outcome.js'
import { groupBy } from '../group.js'
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
  const failures = students.flatMap((student) =>
    (student.grade?.parts ?? []).flatMap(({ id: part, cases }) =>
      cases
        .filter((outcome) => isFailure(outcome) && outcome.verdict === 'failed')
        .map((outcome) => ({ student, part, outcome, cause: causeOf(outcome) })),
    ),
  )
  const most = <T>(groups: Map<string, T[]>) => [...groups].sort(([, a], [, b]) => b.length - a.length)
  return most(groupBy(failures, ({ part, outcome }) => `${part}:${outcome.id}`)).map(([, group]) => ({
    part: group[0]!.part,
    id: group[0]!.outcome.id,
    title: group[0]!.outcome.title,
    students: group.length,
    causes: most(groupBy(group, ({ cause }) => cause)).map(([text, same]) => ({
      text,
      students: same.map(({ student }) => student),
    })),
  }))
}

/** The probable cause; where none is known, what happened, without what differs from student to student. */
function causeOf({ lesson }: CaseOutcome): string {
  return lesson?.cause ?? (lesson?.summary ?? '').replace(/(?<![\w-])-?\d+/g, 'N').replace(/"[^"]*"/g, '"…"')
}
