import type { Clause } from './clauses.js'

type Level = 'MUST' | 'SHOULD' | 'MAY'

/** One thing that is demanded: it reads like a line of a specification. What judges it is in judge/, under its id. */
export interface Case {
  /** Stable: grading scripts name it. */
  readonly id: string
  /** Begins with a verb in the third person; at most 60 characters. */
  readonly title: string
  readonly sends: string
  readonly must: string
  /** Why it matters, and what is usually wrong. */
  readonly why: string
  readonly clause: Clause
  readonly level: Level
  readonly points: number
  /** What has to be visible, beyond the wire: `system` is what Linux says of its processes. */
  readonly sees?: 'output' | 'process' | 'system'
  /** Whose observations the judge reads. */
  readonly probes: readonly string[]
}
