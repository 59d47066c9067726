import type { Clock, Timer } from '../transport.js'

/** Longer than this, `setTimeout` would fire at once; 24 days are as good as never. */
const MAX_TIMER_MS = 2 ** 31 - 1

export const nodeClock: Clock = {
  now: () => performance.now(),
  after: (ms, callback, argument) => new NodeTimer(ms, callback as (argument: unknown) => void, argument),
}

class NodeTimer implements Timer {
  readonly #timeout: NodeJS.Timeout | undefined
  constructor(ms: number, callback: (argument: unknown) => void, argument: unknown) {
    // `setTimeout` drops fractions, and so does the clock that it goes by: without the extra one it would be early.
    const whole = Math.ceil(ms) + 1
    if (whole <= MAX_TIMER_MS) this.#timeout = setTimeout(callback, whole, argument)
  }
  cancel(): void {
    clearTimeout(this.#timeout)
  }
}
