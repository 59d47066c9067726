import type { Clause } from './clauses.js'
import type { Findings } from './findings.js'
import type { Expectation, Level, Verdict } from './report.js'
import type { Transcript } from './transcript.js'

/** One thing that is checked: data, and one function. */
export interface Case<Lab> {
  /** Stable: grading scripts name it. `S2.1` for servers, `C2.1` for clients. */
  readonly id: string
  readonly title: string
  readonly clause: Clause
  readonly level: Level
  /** Points. */
  readonly weight: number
  /** Where one of these has failed, this one would fail for the same reason. */
  readonly needs?: readonly string[]
  /** These run before, where they run at all: their verdicts are looked at, and block nothing. */
  readonly after?: readonly string[]
  /** What must be seen, beyond the wire, for a verdict. `system`: what the system tells of its processes. */
  readonly observes?: 'output' | 'process' | 'system'
  /** Kills many real programs: runs after all others, on a process of its own. */
  readonly alone?: boolean
  /** For `--explain`: why it matters, and what usually is wrong. */
  readonly explain: string
  /** @returns What was noticed besides. Throws a {@link Fault}, or one of the other outcomes below. */
  readonly check: (lab: Lab) => Promise<string | undefined>
}

export interface FaultDetails {
  readonly sent?: Uint8Array | undefined
  /** Bytes, or words where no bytes can say it. */
  readonly expected?: Uint8Array | string | undefined
  readonly received?: Uint8Array | string | undefined
  /** The mistake that usually looks like this, in the words of the program's author. */
  readonly cause?: string | undefined
  /** No answer came, or none that is a message, whatever the reason. */
  readonly silent?: boolean
  /** The program lives, holds the connection open, and says nothing. */
  readonly stuck?: boolean
  /** The program lives, and closed the connection instead of answering. */
  readonly turnedAway?: boolean
  /** It came to harm only when a client had left. */
  readonly left?: boolean
}

/** The verdict `failed`, with all that teaches. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly details: FaultDetails

  constructor(summary: string, details: FaultDetails = {}) {
    super(summary)
    this.details = details
  }
}

/** Every verdict that is neither `passed` nor `failed`. */
export class Unjudged extends Error {
  override readonly name = 'Unjudged'
  readonly verdict: Exclude<Verdict, 'passed' | 'failed'>

  constructor(verdict: Exclude<Verdict, 'passed' | 'failed'>, reason: string) {
    super(reason)
    this.verdict = verdict
  }
}

/** How a program came to harm in a case. */
export interface Harm {
  /** `it ended with status 1` */
  readonly text: string
  /** The last it said about it: tells one exit from another. */
  readonly words: string
}

/** What one case works with, from its beginning to its end: a transcript, and random numbers from the seed and its id. */
export interface Lab {
  readonly transcript: Transcript
  /** The case works with a process that others have used, though it might have had one of its own. */
  readonly secondHand?: boolean
  /**
   * Puts away what the case has left behind. Where it has failed, a moment is given to a program that is about to end.
   *
   * @returns How the program under test has come to harm, if it has.
   */
  end(failed: boolean): Promise<Harm | undefined>
}

/** What the cases of a run have in common; everything else is between a lab and its case. */
export interface Setting<L extends Lab> {
  /** Whether the checker has started the program, and so sees what it prints and what it is made of. */
  readonly observed: boolean
  readonly findings: Findings
  /** How many cases may be at work at the same time, where each has processes of its own. */
  readonly parallel: number
  /** Every case has. */
  readonly apart: boolean
  /** @param again - The case was not right on a process that others had used, and has its chance on a new one. */
  begin(id: string, again?: boolean): L
  /** What a fault of this case has in common with one that was told before: the note of a case that is blocked. */
  toldBefore?(id: string, fault: Fault, harm: Harm | undefined, lab: L): string | undefined
  close(): Promise<void>
}

export interface LabSettings {
  readonly seed: number
  readonly errors: 'stdout' | 'stderr' | 'either'
  /** How long to wait for what has to come. */
  readonly patienceMs: number
  /** How long a program may take until it listens, or connects. */
  readonly startMs: number
  readonly expect?: Expectation | undefined
}

/** How many programs are at work at a time: two hardly disturb one another, even where there is one processor. */
export const SIDE_BY_SIDE = 2

/** Random numbers that a seed repeats: mulberry32. */
export function randomFrom(seed: number, salt: string): () => number {
  let state = seed | 0
  for (const letter of salt) state = Math.imul(state ^ letter.charCodeAt(0), 0x9e3779b1)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
