import { writeSync } from 'node:fs'

/** What a pipe takes whole or not at all, so that lines of several threads do not mix (POSIX: at least 512). */
const PIPE_BUF = 4096

/**
 * Lines on their way to a descriptor that does not wait. As long as its reader keeps up, a line is with the system when
 * {@link write} returns, and survives SIGKILL (HS-5.1). While it does not, lines queue up here, in order.
 */
export class Lines {
  readonly #fd: number
  readonly #limit: number
  readonly #onLost: (lines: number) => void
  #queue: string[] = []
  #queued = 0
  /** What is left of a line of which the system took a part. */
  #rest: Uint8Array | undefined
  #error: NodeJS.ErrnoException | undefined

  /**
   * @param limit - How many characters may be queued; lines beyond it are lost. 0: each line that would have to wait.
   * @param onLost - Told how many lines are lost.
   */
  constructor(fd: number, limit = Number.POSITIVE_INFINITY, onLost: (lines: number) => void = () => {}) {
    this.#fd = fd
    this.#limit = limit
    this.#onLost = onLost
  }

  /** Something waits for room. */
  get isBlocked(): boolean {
    return !this.#error && (this.#queue.length > 0 || this.#rest !== undefined)
  }

  /** Characters that wait for room. */
  get queued(): number {
    return this.#queued
  }

  /** Why nothing can be written any more: EPIPE, ENOSPC and the like. */
  get error(): NodeJS.ErrnoException | undefined {
    return this.#error
  }

  /** @param line - With its line feed. */
  write(line: string): void {
    if (this.#error) this.#onLost(1)
    else if (this.isBlocked || !this.#put(line)) this.#keep(line)
  }

  /** Tries again what waits. */
  flush(): void {
    while (this.isBlocked) {
      if (this.#rest) {
        if (!this.#putRest()) return
        continue
      }
      let batch = ''
      let count = 0
      do batch += this.#queue[count++]
      while (count < this.#queue.length && batch.length + this.#queue[count]!.length <= PIPE_BUF)
      if (!this.#put(batch)) return
      this.#queue.splice(0, count)
      this.#queued -= batch.length
    }
  }

  /** Tries once more, and gives up what still waits then. */
  abandon(): void {
    this.flush()
    const lost = this.#queue.length + (this.#rest ? 1 : 0)
    if (lost > 0) this.#onLost(lost)
    this.#queue = []
    this.#queued = 0
    this.#rest = undefined
  }

  #keep(line: string): void {
    if (this.#error || this.#queued + line.length > this.#limit) {
      this.#onLost(1)
      return
    }
    this.#queue.push(line)
    this.#queued += line.length
  }

  /** @returns Whether it is out of our hands: written, or begun and kept as the rest. */
  #put(text: string): boolean {
    const written = this.#try(text)
    if (written === 0) return false
    // Rare: a terminal or a socket took only a part.
    if (written < Buffer.byteLength(text)) this.#rest = Buffer.from(text).subarray(written)
    return true
  }

  #putRest(): boolean {
    const written = this.#try(this.#rest!)
    this.#rest = written < this.#rest!.length ? this.#rest!.subarray(written) : undefined
    return written > 0
  }

  /** @returns How many bytes the system took. */
  #try(data: string | Uint8Array): number {
    try {
      return writeSync(this.#fd, data as string)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.#error = error as NodeJS.ErrnoException
      return 0
    }
  }
}
