import { Watchers } from './deadline.js'

/** How much of a stream is kept. */
const KEEP_BYTES = 4 * 1024 * 1024

/** What a process has written to one of its streams. */
export class Capture {
  #chunks: Buffer[] = []
  #text = ''
  #decoded = 0
  readonly #watchers = new Watchers()
  /** All bytes that came, including those that were not kept. */
  total = 0
  /** The stream is closed. */
  ended = false
  /** Sees each chunk. */
  onChunk: ((chunk: Buffer) => void) | undefined

  push(chunk: Buffer): void {
    if (this.total < KEEP_BYTES) {
      this.#chunks.push(chunk)
      this.onChunk?.(chunk)
    }
    this.total += chunk.length
    this.#watchers.tell()
  }

  end(): void {
    this.ended = true
    this.#watchers.tell()
  }

  /** One character per byte (latin1), from a position on. */
  text(from = 0): string {
    for (; this.#decoded < this.#chunks.length; this.#decoded++)
      this.#text += this.#chunks[this.#decoded]!.toString('latin1')
    return this.#text.slice(from)
  }

  /** Waits for a condition on the output, for at most `withinMs`, or until the stream is closed. */
  async until(isSo: () => boolean, withinMs: number): Promise<boolean> {
    await this.#watchers.until(() => this.ended || isSo(), withinMs)
    return isSo()
  }
}
