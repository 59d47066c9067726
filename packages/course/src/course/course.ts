import type { Expectation, Level, Visibility } from '@hs/conformance'

export type PartKind = 'server' | 'client' | 'pair'

/** One line of a part's grade. */
export interface CasePlan {
  /** `build`, `warnings`, or the id of a case: `S1.1`, `C3.2`, `P1`. */
  readonly id: string
  readonly title: string
  readonly level: Level
  readonly points: number
  readonly visibility: Visibility
}

export interface Part {
  readonly id: string
  readonly title: string
  readonly kind: PartKind
  readonly files: readonly string[]
  readonly build?: string
  readonly warnings?: string
  /** Words of the program; of a pair, those of its server. */
  readonly command: readonly string[]
  /** Of a pair. */
  readonly client: readonly string[]
  readonly expect?: Expectation
  readonly errors: 'stdout' | 'stderr' | 'either'
  readonly timeoutMs: number
  readonly cases: readonly CasePlan[]
}

export interface Limits {
  readonly buildMs: number
  readonly runMs: number
  readonly memoryBytes: number
  readonly processes: number
  readonly diskBytes: number
}

/** What a course grades, checked: plain data that also travels to where a submission is graded. */
export interface Course {
  readonly title: string
  readonly seed: string
  /** 1 what happened, 2 also where to look, 3 also what the line looks like. */
  readonly hints: 1 | 2 | 3
  readonly limits: Limits
  readonly readable: readonly string[]
  readonly path: readonly string[]
  readonly parts: readonly Part[]
}

export function possibleOf(course: Course): number {
  return round(course.parts.flatMap(({ cases }) => cases).reduce((sum, { points }) => sum + points, 0))
}

/** Points have at most two digits after the point. */
export function round(points: number): number {
  return Math.round(points * 100) / 100
}
