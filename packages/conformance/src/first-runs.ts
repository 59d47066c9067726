import { foreignLine } from './capture.js'
import { Fault } from './case.js'
import type { ClientLab, Run } from './client-lab.js'
import { UNENDED } from './diagnose.js'
import { bytes, hello, readMessage, text } from './message.js'
import { describeEnd } from './subject.js'

/** Who answers or leaves so soon has not waited for more. */
const AT_ONCE_MS = 500
const NOTHING = new Uint8Array()
const NUL = bytes('\0')
const WHOLE_BUFFER = new Uint8Array(1024)

export interface ClientFacts {
  readonly first: Run
  readonly bare: Run
  readonly ending: Uint8Array
  /** How bytes of an earlier message were seen, and where. */
  readonly stale: { readonly fault: Fault; readonly run: Run } | undefined
}

/** Teaches what a client needs to understand an answer. */
export class FirstRuns {
  readonly #lab: ClientLab

  constructor(lab: ClientLab) {
    this.#lab = lab
  }

  async learn(): Promise<ClientFacts> {
    let { bare, first } = await this.#findEnding(this.#lab.number(), [NUL, bytes('\n'), WHOLE_BUFFER])
    if (this.#lab.isFirst(bare) && !this.#lab.isThird(first)) {
      this.#lab.findings.small = true
      const small = await this.#findEnding(this.#lab.number(), [NUL])
      if (this.#lab.isThird(small.first)) ({ bare, first } = small)
      else this.#lab.findings.small = false
    }
    const { x } = bare
    let stale: ClientFacts['stale']
    const judged = bare.third.length > 0 || (bare.closed && bare.peer!.endedAt! - bare.answeredAt < AT_ONCE_MS)
    // Who wants a newline asks for one; who wants a NUL, and does not wait for it, reads what is in memory.
    if (this.#lab.findings.ending.length > 0 && !this.#lab.findings.ending.includes(0x0a) && judged) {
      const printed = this.#lab.isThird(bare)
      const fault = new Fault(
        bare.third.length === 0
          ? `With nothing behind it, ${text(x + 1)} is taken for something else; with a NUL it is understood.`
          : `With nothing behind it, ${text(x + 1)} is ${printed ? 'printed' : 'read'} with bytes that were not sent.`,
        {
          sent: bare.answered,
          expected: printed ? text(x + 1) : hello(x + 2),
          received: printed
            ? bare.subject.out.text()
            : bare.third.length > 0
              ? bare.third
              : `nothing: ${describeEnd(bare.subject)}`,
          cause: UNENDED,
        },
      )
      stale = { fault, run: bare }
    } else if (this.#lab.isThird(first) && this.#lab.findings.ending.length === 0) {
      stale = await this.#findStale()
      if (stale) this.#lab.findings.ending = NUL
    }
    return { first, bare, ending: this.#lab.findings.ending, stale }
  }

  /** Tries what programs may want behind a message, and what this one sends behind its own. */
  async #findEnding(x: number, endings: readonly Uint8Array[]): Promise<Pick<ClientFacts, 'bare' | 'first'>> {
    const bare = await this.#lab.run(x, { ending: NOTHING })
    if (!this.#lab.isFirst(bare) || (this.#lab.isThird(bare) && this.#clean(bare))) return { bare, first: bare }
    for (const ending of [...endings, ...ownEnding(bare.first)]) {
      const first = await this.#lab.run(x, { ending })
      if (!this.#lab.isThird(first) || (this.#lab.isThird(bare) && !this.#clean(first))) continue
      this.#lab.findings.ending = ending
      return { bare, first }
    }
    return { bare, first: bare }
  }

  /** An answer that is shorter than the question. */
  async #findStale(): Promise<ClientFacts['stale']> {
    for (const x of [-100, -10]) {
      const run = await this.#lab.run(x, { ending: NOTHING })
      const output = run.subject.out.text() + run.subject.err.text()
      const longer = new RegExp(`HELLO ${x + 1}[0-9]`).exec(output)?.[0]
      const z = readMessage(run.third).sequence
      const wrong =
        longer !== undefined || (z !== undefined && !this.#lab.isThird(run) && String(z).length > String(x + 2).length)
      if (!wrong) continue
      // Where a NUL does not help, it was something else.
      const ended = await this.#lab.run(x, { ending: NUL })
      if (!this.#lab.isThird(ended) || new RegExp(`HELLO ${x + 1}[0-9]`).test(ended.subject.out.text())) continue
      const fault = new Fault(
        `${text(x + 1)}, which is shorter than ${text(x)}, is read with the end of the longer one.`,
        {
          sent: run.answered,
          expected: longer ? text(x + 1) : hello(x + 2),
          received: longer ?? run.third,
          cause: UNENDED,
        },
      )
      return { fault, run }
    }
    return undefined
  }

  #clean({ x, subject }: Run): boolean {
    return foreignLine(subject.out.lines(), text(x + 1)) === undefined
  }
}

/** What a program ends its own messages with, where that is more than one of the usual endings. */
function ownEnding(first: Uint8Array): Uint8Array[] {
  const tail = /\d([\0\r\n]{2,4})$/.exec(Buffer.from(first).toString('latin1'))?.[1]
  return tail === undefined ? [] : [bytes(tail)]
}
