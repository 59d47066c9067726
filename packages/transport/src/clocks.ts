import type { Clock, Timer } from './transport.js'

/** Times count from here, so that they are small. */
const [ORIGIN_S] = process.hrtime()

type Callback = (argument: unknown) => void

/**
 * Longer than this, `setTimeout` would fire at once; 24 days are as good as never. One less than it takes, since a
 * deadline is rounded up to a whole millisecond.
 */
const MAX_TIMER_MS = 2 ** 31 - 2

/** Lengths are few, and come again; only clients with odd remainders of time make many. */
const MAX_EMPTY_LISTS = 16

/**
 * A clock that calls back inside {@link run}, and at no other time. Nearly all timers of a server have the same length, so
 * there is a list for each length, which is in order by itself: setting and cancelling take constant time.
 */
export class PolledClock implements Clock {
  readonly #lists = new Map<number, List>()
  /** Lists with a timer in them. */
  #filled = 0
  readonly #onEmptied = () => {
    this.#filled--
    if (this.#filled > 0) return
    if (this.#lists.size > MAX_EMPTY_LISTS) this.#lists.clear()
    this.idle()
  }

  // Properties and not methods, so that a copy with another `after` is a clock, too.
  readonly now = (): number => {
    // As quick as `performance`, which would have to be loaded: a fiftieth of what a one-liner takes.
    const [seconds, nanoseconds] = process.hrtime()
    return (seconds - ORIGIN_S) * 1e3 + nanoseconds / 1e6
  }
  /** Rounds up to whole milliseconds, so that lengths coincide. */
  readonly after = <T = undefined>(ms: number, callback: (argument: T) => void, argument?: T): Timer =>
    this.add(ms, callback as Callback, argument)

  /** When the next timer is due; Infinity if there is none. */
  get earliest(): number {
    return this.#first()?.due ?? Number.POSITIVE_INFINITY
  }

  /** Calls what is due, in order, once. */
  run(): void {
    const now = this.now()
    for (let first = this.#first(); first && first.due <= now; first = this.#first()) {
      first.cancel()
      first.callback(first.argument)
    }
    if (this.#lists.size <= MAX_EMPTY_LISTS) return
    for (const [length, list] of this.#lists) if (!list.first) this.#lists.delete(length)
  }

  protected add(ms: number, callback: Callback, argument: unknown): Deadline {
    const length = Math.ceil(ms)
    // Whole milliseconds fit a field of the object; others would be an object of their own.
    const due = Math.ceil(this.now() + length)
    const deadline = new Deadline(due, callback, argument)
    if (ms > MAX_TIMER_MS) return deadline
    let list = this.#lists.get(length)
    if (!list) {
      list = new List(this.#onEmptied)
      this.#lists.set(length, list)
    }
    if (!list.first && this.#filled++ === 0) this.busy()
    list.append(deadline)
    return deadline
  }

  /** There is a timer again. */
  protected busy(): void {}

  /** No timer is left. */
  protected idle(): void {}

  #first(): Deadline | undefined {
    let earliest: Deadline | undefined
    for (const { first } of this.#lists.values()) {
      if (first && (!earliest || first.due < earliest.due)) earliest = first
    }
    return earliest
  }
}

/** A clock that looks at the time by itself: all its timers share one of the event loop, since hardly one is ever due. */
export class AlarmClock extends PolledClock {
  #alarm: NodeJS.Timeout | undefined
  #alarmDue = Number.POSITIVE_INFINITY
  readonly #onAlarm = () => {
    this.#alarmDue = Number.POSITIVE_INFINITY
    try {
      this.run()
    } finally {
      this.#setAlarm()
    }
  }

  protected override add(ms: number, callback: Callback, argument: unknown): Deadline {
    const deadline = super.add(ms, callback, argument)
    if (deadline.due < this.#alarmDue) this.#setAlarm()
    return deadline
  }

  protected override busy(): void {
    this.#alarm?.ref()
  }

  /** The alarm stays for the next timer, which is mostly due later: one connection after the other needs no new one for each. */
  protected override idle(): void {
    this.#alarm?.unref()
  }

  /** For the next timer; one that is cancelled is noticed when the alarm comes. */
  #setAlarm(): void {
    const due = this.earliest
    if (due >= this.#alarmDue) return
    clearTimeout(this.#alarm)
    this.#alarmDue = due
    this.#alarm = setTimeout(this.#onAlarm, Math.max(0, due - this.now()))
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
    const { before, after } = this
    before.after = after
    after.before = before
    this.before = this.after = this
    // The ends of the list have met.
    if (before === after && before !== this) before.callback(undefined)
  }
}

class List {
  readonly #ends: Deadline

  constructor(onEmptied: () => void) {
    this.#ends = new Deadline(Number.POSITIVE_INFINITY, onEmptied, undefined)
  }

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
