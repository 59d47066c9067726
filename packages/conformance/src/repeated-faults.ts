import type { Fault, Harm } from './case.js'
import type { ServerFindings } from './findings.js'
import type { Subject } from './subject.js'

/** Accidents of one kind: where a message was expected, recv tells that the connection is over. */
const LEAVING: readonly string[] = ['S5.2', 'S5.3', 'S5.4', 'S5.5', 'S5.8']
/** Messages of one kind: what should be read from them is not there. Of 5,000 bytes, the second part has no word. */
const MALFORMED: readonly string[] = ['S3.6', 'S5.6', 'S5.7']

/** A third message that is wrong. */
const WRONG_THIRD: readonly string[] = ['S3.4', 'S5.7']

/** Where no message came, or none that could be read: who looks at neither reads what is not there. */
const WITHOUT_MESSAGE: readonly string[] = [...LEAVING, ...MALFORMED]
const MEMORY_FAULT = /SIG(?:SEGV|BUS|ABRT)/

/** What stays behind of one client does so whatever the client did. */
const SENT_AWAY = 'it does not answer the next client'

/** Clients that do nothing wrong, but are many: who ends then has a reason of its own, which is none of other cases. */
const CROWDED = /^S(?:2\.8|5\.(?:9|10)|6\.\d+)$/

/** Every way in which a server came to harm, and the case that tells of it: one fault costs one case. */
export class RepeatedFaults {
  readonly #findings: ServerFindings
  readonly #told: { readonly id: string; readonly by: string; readonly way: string; readonly words: string }[] = []

  constructor(findings: ServerFindings) {
    this.#findings = findings
  }

  /**
   * An end is the same as an earlier one where the program said the same last words, where it was SIGPIPE, where both
   * times a client had left, or had sent what is no message (of a fault of memory, either), or a Z that was wrong (but for
   * signals), or where the same signal came of nothing but many clients; so is an answer behind something that S1.4 has told
   * of, and one that is late since a wrong Z keeps the program busy, as S3.3 has told.
   *
   * @returns The note of a case that is blocked.
   */
  toldBefore(
    id: string,
    { details }: Fault,
    { harm, behind }: { harm: Harm | undefined; behind: boolean },
  ): string | undefined {
    const { received, silent, stuck, turnedAway, left } = details
    const { verdicts, junk, ending } = this.#findings
    if (verdicts.get('S1.4') === 'failed' && junk && behind && id !== 'S1.10') {
      return 'blocked by S1.4: here, too, something stands in front of the answer'
    }
    if (verdicts.get('S1.10') === 'failed' && ending.length > 1 && turnedAway && !harm) {
      return 'blocked by S1.10: what is left of a longer message is read with the next one'
    }
    if (verdicts.get('S4.2') === 'failed' && silent && !harm && id !== 'S4.2') {
      return 'blocked by S4.2: it does not wait, so what it answers depends on time'
    }
    if (verdicts.get('S3.3') === 'failed' && (stuck || turnedAway) && WRONG_THIRD.includes(id)) {
      return 'blocked by S3.3: it is still at work with a client whose Z was wrong'
    }
    const end = harm && received === harm.text ? harm : undefined
    if (!end && !stuck && !turnedAway) return undefined
    const way = end ? end.text : stuck ? 'it does not come back' : SENT_AWAY
    const words = end?.words ?? ''
    const leaving = left || LEAVING.includes(id)
    const crowded = CROWDED.test(id)
    const same = this.#told.find(
      (one) =>
        one.way === way &&
        CROWDED.test(one.id) === crowded &&
        ((words !== '' && words === one.words) ||
          (crowded ? /SIG/ : /SIGPIPE/).test(way) ||
          (leaving && LEAVING.includes(one.id)) ||
          way === SENT_AWAY ||
          (!/SIG/.test(way) && WRONG_THIRD.includes(id) && WRONG_THIRD.includes(one.id)) ||
          (end && MALFORMED.includes(id) && MALFORMED.includes(one.id)) ||
          (MEMORY_FAULT.test(way) && WITHOUT_MESSAGE.includes(id) && WITHOUT_MESSAGE.includes(one.id))),
    )
    this.#told.push({ id, by: same?.by ?? id, way, words })
    return same && `blocked by ${same.by}: ${way}, as it did there`
  }
}

/** The last that a program said before it ended, without what the system adds to it. */
export function lastWords({ out, err }: Subject): string {
  const error = out.lines().findLast((line) => line.includes('ERROR'))
  const words = err.lines().at(-1) ?? error?.slice(error.indexOf('ERROR')) ?? ''
  return words.replace(/: [A-Z][a-z][a-z ]+$/, '').replace(/\d+/g, '#')
}
