import { deadline } from './deadline.js'

/** Where to look at output: how much is kept, and how long one read of the checker may wait for it. */
const KEEP_BYTES = 4 * 1024 * 1024
/** How long output may take to come through the pipe once it was written. */
export const OUTPUT_MS = 500

/** What a program wrote to one of its descriptors, as it came. */
export class Capture {
  #chunks: Buffer[] = []
  #whole: Buffer | undefined = Buffer.alloc(0)
  readonly #watchers = new Set<() => void>()
  /** All bytes that came, also those that were not kept. */
  total = 0
  /** Nobody will write any more. */
  ended = false

  push(chunk: Buffer): void {
    if (this.total < KEEP_BYTES) {
      this.#chunks.push(chunk)
      this.#whole = undefined
    }
    this.total += chunk.length
    this.#tell()
  }

  end(): void {
    this.ended = true
    this.#tell()
  }

  #tell(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }

  bytes(from = 0): Buffer {
    this.#whole ??= Buffer.concat(this.#chunks)
    if (this.#chunks.length > 1) this.#chunks = [this.#whole]
    return this.#whole.subarray(from)
  }

  text(from = 0): string {
    return this.bytes(from).toString('latin1')
  }

  /** Lines without what the eye does not see: NULs, carriage returns and blanks at the end. Empty ones are left out. */
  lines(from = 0): string[] {
    return this.text(from)
      .split('\n')
      .map(visible)
      .filter((line) => line !== '')
  }

  /** Waits until something is true of the output, at most so long. Says whether it became true. */
  until(isSo: () => boolean, withinMs: number): Promise<boolean> {
    if (isSo()) return Promise.resolve(true)
    if (this.ended) return Promise.resolve(false)
    return new Promise((resolve) => {
      const done = (result: boolean) => {
        callOff()
        this.#watchers.delete(look)
        resolve(result)
      }
      const look = () => {
        if (isSo()) done(true)
        else if (this.ended) done(false)
      }
      const callOff = deadline(withinMs, () => done(isSo()))
      this.#watchers.add(look)
    })
  }
}

export function visible(line: string): string {
  return line.replaceAll('\0', '').replace(/[ \t\r]+$/, '')
}

/** Whether a message stands in the text, in whatever company: `Received: HELLO 5`, `HELLO 5HELLO 7`. */
export function mentions(text: string, message: string): boolean {
  const escaped = message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`${escaped}(?![0-9])`).test(text.replaceAll('\0', ''))
}

/** A line that begins with ERROR; or one that would, if the message before it had been ended. */
export function isError(output: string): boolean {
  return /(?:^|\n|HELLO ?-?\w*?)[\s\0]*ERROR/.test(output)
}

/** The line in which memory stands behind a message, shown as text. */
export function foreignLine(lines: readonly string[], message: string): string | undefined {
  return lines.find((line) => {
    const at = line.indexOf(message)
    if (at < 0) return false
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a colour is put there on purpose
    const behind = line.slice(at + message.length).replace(/\x1b\[[\d;]*m/g, '')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what memory looks like
    return /^\S*[\x01-\x08\x0b-\x1f\x7f-\xff]/.test(behind)
  })
}
