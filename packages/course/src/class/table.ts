import type { Course } from '../course/course.js'
import { casesOf } from '../grade/outcome.js'
import type { Student } from './class.js'
import { formatCsv } from './csv.js'

/** One row per student, one column per case: the points that were given. */
export function classCsv(course: Course, students: readonly Student[]): string {
  const columns = course.parts.flatMap(({ id, cases }) => cases.map((plan) => `${id}:${plan.id}`))
  const rows = students.map((student) => {
    const points = new Map(
      student.grade?.parts.flatMap(({ id, cases }) =>
        cases.map((one): [string, number] => [`${id}:${one.id}`, one.points]),
      ),
    )
    const { id, name, email = '', status } = student
    return [
      id,
      name,
      email,
      status,
      student.points,
      student.possible,
      ...columns.map((column) => points.get(column) ?? ''),
    ]
  })
  return formatCsv([['id', 'name', 'email', 'status', 'points', 'possible', ...columns], ...rows])
}

/** Everything that is known, for programs. */
export function classJson(course: Course, students: readonly Student[]): string {
  const { title, parts } = course
  return `${JSON.stringify({ format: 1, title, parts: parts.map(({ id, title, kind }) => ({ id, title, kind })), students }, null, 2)}\n`
}

/** `12 of 14 cases, 83 of 100 points`. */
export function summaryOf({ grade, points, possible }: Student): string {
  if (!grade) return `0 of ${possible} points`
  const cases = casesOf(grade)
  return `${cases.filter(({ verdict }) => verdict === 'passed').length} of ${cases.length} cases, ${points} of ${possible} points`
}
