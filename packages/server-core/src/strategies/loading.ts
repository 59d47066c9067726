/** The states of a thread, one word each. */
const BEFORE = 0
const LOADING = 1
const LOADED = 2
const EXITING = 3

/** How long the process waits at its end for a thread that loads its transport; it takes a tenth of that. */
const MOST_MS = 1000

/**
 * Keeps the process from ending while one of its threads loads the transport: native code that is interrupted while it
 * makes an object may abort the process (koffi does), so that its exit status would be lost.
 */
export class Loading {
  readonly states: SharedArrayBuffer
  readonly #words: Int32Array
  readonly #threads = new Set<number>()
  readonly #onExit = () => {
    for (const thread of this.#threads) {
      if (Atomics.compareExchange(this.#words, thread, BEFORE, EXITING) === LOADING)
        Atomics.wait(this.#words, thread, LOADING, MOST_MS)
    }
  }

  /** @param threads - They are numbered from 1. */
  constructor(threads: number) {
    this.states = new SharedArrayBuffer((1 + threads) * Int32Array.BYTES_PER_ELEMENT)
    this.#words = new Int32Array(this.states)
  }

  begin(thread: number): void {
    if (this.#threads.size === 0) process.on('exit', this.#onExit)
    this.#threads.add(thread)
    Atomics.store(this.#words, thread, BEFORE)
  }

  /** It has loaded, or is gone. */
  end(thread: number): void {
    this.#threads.delete(thread)
    if (this.#threads.size === 0) process.off('exit', this.#onExit)
  }
}

/** Runs on the thread itself. Never resolves if the process is ending. */
export async function load<T>(states: SharedArrayBuffer, thread: number, work: () => Promise<T>): Promise<T> {
  const words = new Int32Array(states)
  if (Atomics.compareExchange(words, thread, BEFORE, LOADING) !== BEFORE) await new Promise(() => {})
  try {
    return await work()
  } finally {
    Atomics.store(words, thread, LOADED)
    Atomics.notify(words, thread)
  }
}
