import type { Step } from './diagram.js'

export type Level = 'MUST' | 'SHOULD' | 'MAY'

/**
 * `passed`, `failed`: it was seen. `blocked`: it fails for the reason that another case reports. `not-observable`: it
 * cannot be seen from here. `not-applicable`: it asks for something that this program does not claim to be. `not-run`: the
 * run ended first. Only `passed` counts as passed.
 */
export type Verdict = 'passed' | 'failed' | 'blocked' | 'not-observable' | 'not-applicable' | 'not-run'

/** A failure as the reports carry it: bytes are escaped text. */
export interface FaultReport {
  readonly summary: string
  readonly sent?: string
  readonly expected?: string
  readonly received?: string
  /** Expected and received below each other, with a caret under the first difference. */
  readonly comparison?: readonly string[]
  readonly cause?: string
  /** Names the cause for programs: a key of explanations.md. */
  readonly causeKey?: string
  /** The line that usually mends it, by language. */
  readonly fix?: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
  /** The steps as a picture. */
  readonly diagram: string
  /** A line for the shell that does it again. */
  readonly reproduce: string
}

export interface CaseResult {
  readonly id: string
  readonly title: string
  readonly clause: string
  readonly clauseText: string
  /** As it counts in this run: `--strict` turns MAY into MUST. */
  readonly level: Level
  readonly weight: number
  readonly verdict: Verdict
  /** The reason for a missing verdict, or what else was noticed. */
  readonly note?: string
  /** What is blocked: the case that reports the fault, and why. */
  readonly blocked?: { readonly by: string; readonly why: string }
  readonly fault?: FaultReport
  /** Named in the baseline: a failure that was known before. */
  readonly known?: true
  readonly durationMs: number
}

export type Kind = 'server' | 'client'

/** How a server serves its connections, as it was seen. */
export type Nature = 'sequential' | 'threads' | 'processes' | 'events' | 'concurrent' | 'unknown'

/** What it may be asked to be: `concurrent` is any but `sequential`. */
export type Expectation = Exclude<Nature, 'unknown'>

/** What was noticed of the program, whatever the verdicts. */
export interface Profile {
  readonly nature?: Nature
  /** What its messages end with. */
  readonly terminator?: string
  /** Where ERROR was seen. */
  readonly errors?: 'stdout' | 'stderr' | 'both'
  /** What follows 2147483647. */
  readonly arithmetic?: 'int32' | 'safe'
}

export interface Score {
  readonly earned: number
  readonly possible: number
}

/** The outcome of a whole run. Its JSON form is described by report.schema.json. */
export interface Report {
  readonly format: 2
  readonly version: string
  readonly kind: Kind
  readonly name: string
  /** The command, or the address. */
  readonly target: string
  readonly seed: number
  readonly strict: boolean
  /** Whether every MUST passed, or failed as the baseline has it. */
  readonly passed: boolean
  /** Why the program could not be started; then nothing was run. */
  readonly notStarted?: string
  /** The limit that ended the run before everything was judged. */
  readonly stoppedBy?: string
  readonly profile: Profile
  readonly score: Score
  readonly counts: Readonly<Record<Verdict, number>>
  readonly durationMs: number
  readonly results: readonly CaseResult[]
}

/** MAY is free: it neither earns nor costs. */
export function scoreOf(results: readonly CaseResult[]): Score {
  let earned = 0
  let possible = 0
  for (const { level, weight, verdict } of results) {
    if (level === 'MAY' || verdict === 'not-applicable' || verdict === 'not-observable') continue
    possible += weight
    if (verdict === 'passed') earned += weight
  }
  return { earned, possible }
}

/** Whether a result stands between a run and exit status 0. */
export function isObstacle({ level, verdict, known }: CaseResult): boolean {
  return level === 'MUST' && !known && (verdict === 'failed' || verdict === 'blocked' || verdict === 'not-run')
}

export function countVerdicts(results: readonly CaseResult[]): Record<Verdict, number> {
  const counts: Record<Verdict, number> = {
    passed: 0,
    failed: 0,
    blocked: 0,
    'not-observable': 0,
    'not-applicable': 0,
    'not-run': 0,
  }
  for (const { verdict } of results) counts[verdict]++
  return counts
}
