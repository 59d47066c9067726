import type { Nature, Profile, Verdict } from './report.js'

/** What was found out so far: later cases use it, so that one fault costs one case, and the report tells it. */
export class Findings {
  /** What the cases before were. */
  readonly verdicts = new Map<string, Verdict>()
  /** What has to follow a message before this program understands it. */
  ending: Uint8Array = new Uint8Array()
  /** What its own messages end with. */
  terminator: string | undefined
  arithmetic: Profile['arithmetic']
  readonly errorsSeen = new Set<'stdout' | 'stderr'>()

  profile(): Profile {
    const { terminator, errorsSeen, arithmetic } = this
    return {
      ...(terminator && { terminator }),
      ...(errorsSeen.size > 0 && { errors: errorsSeen.size === 2 ? 'both' : [...errorsSeen][0]! }),
      ...(arithmetic && { arithmetic }),
    }
  }
}

/**
 * How its lines come. `live`: as they are printed. `unbuffered`: only when the C library is asked not to keep anything back.
 * `late`: only when much was printed. `stderr`: there. `none`: not at all.
 */
export type Printing = 'live' | 'unbuffered' | 'late' | 'stderr' | 'none'

/** What the processes of a program hold of the system. */
export interface Holdings {
  readonly descriptors: number
  readonly processes: number
  /** They have ended, and nobody has waited for them. */
  readonly deadChildren: number
  readonly tasks: number
  readonly addressSpaceBytes: number
}

export class ServerFindings extends Findings {
  nature: Nature = 'unknown'
  printing: Printing = 'live'
  /** How many clients it served in a row, and the case that tells why they were not more. */
  endurance = Number.POSITIVE_INFINITY
  enduranceToldBy = 'S5.9'
  /** How it complains of a wrong Z, where it does not print ERROR. */
  complaint: string | undefined
  /** How many clients it serves at a time, where a pool has fewer seats than S6.1 has clients. */
  seats = Number.POSITIVE_INFINITY
  /** Connections stay open whose clients have left early. */
  keepsLeavers = false
  /** What the program held before and after so many clients. */
  leftBehind: { readonly clients: number; readonly before: Holdings; readonly after: Holdings } | undefined
  /** A client among four others was given no answer. */
  forgets = false
  /** Its lines have no newline. */
  linesOpen = false
  /** An answer in front of which something stood. */
  junk: { readonly x: number; readonly sent: Uint8Array; readonly reply: Buffer } | undefined

  override profile(): Profile {
    return { nature: this.nature, ...super.profile() }
  }
}

/** How a program that should have printed ERROR did not. */
export type Omission = 'another text' | 'silence' | 'an exception'

export class ClientFindings extends Findings {
  /** It has connected, once at least. */
  connects = false
  /** Between the answer and Z: it is asked for less. */
  takesItsTime = false
  /** Numbers of three digits are too much for it: others are tried with one. */
  small = false
  /** What it was seen to take too long for: once is enough to wait for. */
  readonly slow = new Set<'after a wrong answer' | 'after a right answer' | 'while the server is there' | 'to end'>()
  /** How it did not print ERROR, by the case that has told of it. */
  readonly omissions = new Map<string, Omission>()
  /** Which signal killed it, or that an exception did, by the case that has told of it. */
  readonly crashes = new Map<string, NodeJS.Signals | 'an exception'>()
}
