import type { FaultReport, Verdict } from '@hs/conformance'
import type { CasePlan, Part } from '../course/course.js'
import { sumOf } from '../course/course.js'
import type { Isolation } from '../sandbox/sandbox.js'

/** What a person reads of a failure; bytes of the program are escaped. */
export type Lesson = Pick<
  FaultReport,
  'summary' | 'sent' | 'expected' | 'received' | 'comparison' | 'cause' | 'reproduce'
> & { readonly diagram?: string; readonly clause?: string }

export interface CaseOutcome extends Omit<CasePlan, 'points'> {
  readonly verdict: Verdict
  readonly points: number
  readonly possible: number
  /** Why it could not be judged, or what was noticed. */
  readonly note?: string
  readonly lesson?: Lesson
}

export interface PartOutcome {
  readonly id: string
  readonly title: string
  readonly kind: Part['kind']
  readonly seed: number
  /** Why none of its cases could run: a file that is missing, a program that does not start. */
  readonly problem?: string
  /** What the compiler said. */
  readonly compiler?: string
  /** How the server serves its connections, as far as it was seen. */
  readonly nature?: string
  readonly cases: readonly CaseOutcome[]
}

/** What becomes of a submission, without its student. */
export interface Grade {
  readonly isolation: Isolation
  readonly parts: readonly PartOutcome[]
  readonly durationMs: number
}

export const casesOf = ({ parts }: Pick<Grade, 'parts'>) => parts.flatMap(({ cases }) => cases)

export function pointsOf(grade: Pick<Grade, 'parts'>): number {
  return sumOf(casesOf(grade).map(({ points }) => points))
}

/**
 * Points for a verdict. What does not apply to a program, or cannot be seen, is not held against it: otherwise the sum of
 * what can be reached would differ from student to student.
 */
export function judged(
  { points, ...plan }: CasePlan,
  verdict: Verdict,
  more: Pick<CaseOutcome, 'note' | 'lesson'> = {},
): CaseOutcome {
  const earned = verdict === 'passed' || verdict === 'not-applicable' || verdict === 'not-observable'
  return { ...plan, verdict, points: earned ? points : 0, possible: points, ...more }
}

/** A failure that stands between a student and points, or would. */
export const isFailure = ({ verdict, level, possible }: CaseOutcome) =>
  (verdict === 'failed' || verdict === 'blocked' || verdict === 'not-run') && (level !== 'MAY' || possible > 0)
