import type { Clock, Timer } from '../transport.js'

/** A tick in milliseconds: a power of two, so that sums of times are exact and no timer is early. */
const TICK_MS = 1 / 1024

interface Happening extends Timer {
  readonly at: number
  /** Of those at the same time, the first one that was planned comes first. */
  readonly order: number
  readonly isTimer: boolean
  action: (() => void) | undefined
}

/**
 * Time that does not pass but leaps, from one happening to the next. One thing happens per turn of the event loop, so
 * whatever it caused by promises is done before the next one. Time leaps to a timer only after `settleTurns` turns in
 * which nothing happened, so that a test which waits a few turns before it acts is not too late.
 */
export class VirtualClock implements Clock {
  readonly #settleTurns: number
  /** A binary heap, the next one first. */
  readonly #heap: Happening[] = []
  #now = 0
  #order = 0
  #stillTurns = 0
  #turning = false
  #timers = 0

  constructor(settleTurns: number) {
    this.#settleTurns = settleTurns
  }

  now(): number {
    return this.#now
  }

  /** Timers that have neither called back nor been cancelled. */
  get timers(): number {
    return this.#timers
  }

  after<T>(ms: number, callback: (argument: T) => void, argument?: T): Timer {
    return this.#plan(ms, true, () => callback(argument as T))
  }

  /** Something that the network does by itself: time does not hesitate before it. */
  soon(ms: number, action: () => void): void {
    this.#stillTurns = 0
    this.#plan(ms, false, action)
  }

  #plan(ms: number, isTimer: boolean, action: () => void): Timer {
    const at = Math.ceil((this.#now + Math.max(0, ms)) / TICK_MS) * TICK_MS
    const happening: Happening = {
      at,
      order: this.#order++,
      isTimer,
      action,
      cancel: () => {
        if (happening.action && isTimer) this.#timers--
        happening.action = undefined
      },
    }
    if (isTimer) this.#timers++
    if (at < Number.POSITIVE_INFINITY) {
      this.#push(happening)
      this.#turn()
    }
    return happening
  }

  #turn(): void {
    if (this.#turning) return
    this.#turning = true
    setImmediate(() => {
      this.#turning = false
      this.#step()
    })
  }

  #step(): void {
    while (this.#heap[0] && !this.#heap[0].action) this.#pop()
    const [next] = this.#heap
    if (!next) return
    this.#turn()
    if (next.isTimer && next.at > this.#now && this.#stillTurns < this.#settleTurns) {
      this.#stillTurns++
      return
    }
    this.#pop()
    this.#stillTurns = 0
    this.#now = next.at
    const { action } = next
    next.cancel()
    action?.()
  }

  #push(happening: Happening): void {
    const heap = this.#heap
    let at = heap.push(happening) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (isBefore(heap[parent]!, happening)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = happening
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (isBefore(last, heap[child]!)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}

function isBefore(one: Happening, other: Happening): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order)
}
