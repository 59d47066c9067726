import type { Timer } from '@hs/transport'

export type Callback = (argument: unknown) => void

/** Lengths are few, and come again; only clients with odd remainders of time make many. */
const MAX_EMPTY_LISTS = 16

/**
 * Timers in the order in which they are due. Nearly all timers of a server have the same length, so there is a list
 * for each length, which is in order by itself: setting and cancelling take constant time.
 */
export class Deadlines {
  readonly #lists = new Map<number, List>()

  /** @returns The timer, due at `now + ms`, rounded up to whole milliseconds, so that lengths coincide. */
  add(now: number, ms: number, callback: Callback, argument: unknown): Timer & { readonly due: number } {
    const length = Math.ceil(ms)
    // Whole milliseconds fit a field of the object; others would be an object of their own.
    const due = Math.ceil(now + length)
    let list = this.#lists.get(length)
    if (!list) {
      list = new List()
      this.#lists.set(length, list)
    }
    const deadline = new Deadline(due, callback, argument)
    list.append(deadline)
    return deadline
  }

  /** When the next timer is due; Infinity if there is none. */
  get earliest(): number {
    return this.#first()?.due ?? Number.POSITIVE_INFINITY
  }

  /** Calls what is due, in order, once. */
  run(now: number): void {
    for (let first = this.#first(); first && first.due <= now; first = this.#first()) {
      first.cancel()
      first.callback(first.argument)
    }
    if (this.#lists.size <= MAX_EMPTY_LISTS) return
    for (const [length, list] of this.#lists) if (!list.first) this.#lists.delete(length)
  }

  #first(): Deadline | undefined {
    let earliest: Deadline | undefined
    for (const { first } of this.#lists.values()) {
      if (first && (!earliest || first.due < earliest.due)) earliest = first
    }
    return earliest
  }
}

/** One timer, in a ring with all others of its length. */
class Deadline implements Timer {
  readonly due: number
  readonly callback: Callback
  readonly argument: unknown
  before: Deadline = this
  after: Deadline = this

  constructor(due: number, callback: Callback, argument: unknown) {
    this.due = due
    this.callback = callback
    this.argument = argument
  }

  cancel(): void {
    this.before.after = this.after
    this.after.before = this.before
    this.before = this.after = this
  }
}

class List {
  readonly #ends = new Deadline(Number.POSITIVE_INFINITY, () => {}, undefined)

  get first(): Deadline | undefined {
    return this.#ends.after === this.#ends ? undefined : this.#ends.after
  }

  append(deadline: Deadline): void {
    deadline.after = this.#ends
    deadline.before = this.#ends.before
    this.#ends.before.after = deadline
    this.#ends.before = deadline
  }
}
