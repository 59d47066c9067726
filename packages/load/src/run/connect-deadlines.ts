import { setMaxListeners } from 'node:events'
import type { Clock, Timer } from '@hs/transport'

/** Connects that begin within the same stretch of time share the signal that ends them when they take too long. */
const SIGNAL_SHARED_MS = 100

/** Ends connects when their deadline has passed, a little later at most; a timer and a signal for each would cost more. */
export class ConnectDeadlines {
  readonly #clock: Clock
  readonly #timeoutMs: number
  /** The latest last. */
  readonly #stretches: { readonly since: number; readonly ending: AbortController; readonly timer: Timer }[] = []

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  /** The signal for a connect that begins now. */
  signal(now: number): AbortSignal {
    const latest = this.#stretches.at(-1)
    if (latest && now - latest.since < SIGNAL_SHARED_MS) return latest.ending.signal
    const ending = new AbortController()
    // As many listen to it as connects are under way; older versions of Node take more than ten for a leak.
    setMaxListeners(0, ending.signal)
    const timer = this.#clock.after(this.#timeoutMs + SIGNAL_SHARED_MS, () => {
      this.#stretches.shift()
      ending.abort()
    })
    this.#stretches.push({ since: now, ending, timer })
    return ending.signal
  }

  /** Ends all connects now. */
  abort(): void {
    for (const { ending } of this.#stretches) ending.abort()
  }

  close(): void {
    for (const { timer } of this.#stretches) timer.cancel()
  }
}
