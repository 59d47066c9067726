import type { Expectation, Level, Visibility } from '@hs/conformance'

/** One line of a part's grade. */
export interface CasePlan {
  /** `build`, `warnings`, or the id of a case: `S1.1`, `C3.2`, `P1`. */
  readonly id: string
  readonly title: string
  readonly level: Level
  readonly points: number
  readonly visibility: Visibility
}

/** As the schema has it; what may be left out in the file and is not optional here has a default there. */
export interface PartFile {
  readonly id: string
  readonly title?: string
  readonly kind: 'server' | 'client' | 'pair'
  readonly files: readonly string[]
  readonly build?: string
  readonly warnings?: string
  readonly command?: string
  readonly server?: string
  readonly client?: string
  readonly expect?: Expectation
  readonly errors: 'stdout' | 'stderr' | 'either'
  readonly timeout: string
  readonly only?: readonly string[]
  readonly skip: readonly string[]
  readonly points: number | Readonly<Record<string, number>>
  readonly visibility: Visibility
  readonly hidden: readonly string[]
}

export interface Part extends Pick<PartFile, 'id' | 'kind' | 'files' | 'build' | 'warnings' | 'expect' | 'errors'> {
  readonly title: string
  /** Words of the program; of a pair, those of its server. */
  readonly command: readonly string[]
  /** Of a pair. */
  readonly client: readonly string[]
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
  readonly sandbox: { readonly readable: readonly string[]; readonly path: readonly string[] }
  readonly parts: readonly Part[]
}

export interface CourseFile extends Pick<Course, 'title' | 'seed' | 'hints' | 'sandbox'> {
  readonly limits: Readonly<Record<'build' | 'run' | 'memory' | 'disk', string>> & Pick<Limits, 'processes'>
  readonly parts: readonly PartFile[]
}

/** Points have at most two digits after the point. */
const round = (points: number) => Math.round(points * 100) / 100

export const sumOf = (points: readonly number[]) => round(points.reduce((sum, one) => sum + one, 0))

export const possibleOf = ({ parts }: Course) => sumOf(parts.flatMap(({ cases }) => cases.map(({ points }) => points)))
