/** How often a wait looks at the clock. */
const TICK_MS = 20
/** How late a tick is on a machine that does nothing else: timers count in whole milliseconds. */
const USUAL_LATENESS_MS = 2

/**
 * Calls back when `ms` have passed, counting only time in which this process was running: a pause of the whole machine
 * (a tick that comes late) counts as one tick. So a busy machine prolongs every wait, instead of cutting it short, and
 * an idle one waits for no longer than it was asked to.
 * Input that arrived before the end is handled first: in a turn of Node's loop timers come before sockets.
 *
 * @returns Cancels the call.
 */
export function deadline(ms: number, over: () => void): () => void {
  let left = ms
  let timer: NodeJS.Timeout | undefined
  let look: NodeJS.Immediate | undefined
  const next = () => {
    const step = Math.min(TICK_MS, Math.max(0, left))
    const began = performance.now()
    timer = setTimeout(() => {
      left -= Math.min(performance.now() - began, step + USUAL_LATENESS_MS)
      if (left > 0) next()
      else look = setImmediate(over)
    }, step)
  }
  next()
  return () => {
    clearTimeout(timer)
    clearImmediate(look)
  }
}

/** Resolves after `ms`, counted as in {@link deadline}. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => deadline(ms, resolve))
}

/** Conditions that others wait for. */
export class Watchers {
  readonly #looks = new Set<() => void>()

  /** Something has changed. */
  tell(): void {
    for (const look of [...this.#looks]) look()
  }

  /** Waits for a condition, for at most `withinMs`. Resolves with whether it became true. */
  until(isSo: () => boolean, withinMs: number): Promise<boolean> {
    if (isSo()) return Promise.resolve(true)
    return new Promise((resolve) => {
      const done = (result: boolean) => {
        cancel()
        this.#looks.delete(look)
        resolve(result)
      }
      const look = () => {
        if (isSo()) done(true)
      }
      const cancel = deadline(withinMs, () => done(isSo()))
      this.#looks.add(look)
    })
  }
}
