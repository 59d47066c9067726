import { spawnSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** How many are made at a time: it takes a process. */
const AT_A_TIME = 8

/** A real pipe, not a socket pair as `stdio: 'pipe'` makes it: programs can tell them apart. */
export class Pipe {
  readonly #readEnd: number
  /** Where the program writes. */
  readonly writeEnd: number
  /** The same, for the checker, which does not want to wait. */
  readonly #fillEnd: number

  /** @param path - Of a FIFO that no process has opened; it may be removed afterwards. */
  constructor(path: string) {
    this.#readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    this.writeEnd = openSync(path, constants.O_WRONLY)
    this.#fillEnd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  }

  /** Fills it with what counts for nothing in the output: empty lines. */
  fill(): void {
    for (const size of [4096, 1]) {
      const newlines = Buffer.alloc(size, '\n')
      try {
        for (;;) writeSync(this.#fillEnd, newlines)
      } catch {
        // EAGAIN: it is full, to the size of these pieces.
      }
    }
  }

  /** Leaves the program alone with its end, so that the pipe ends with it. */
  handOver(): void {
    closeSync(this.writeEnd)
    closeSync(this.#fillEnd)
  }

  /** Begins to read at once. */
  reader(): Socket {
    return new Socket({ fd: this.#readEnd, readable: true, writable: false })
  }

  /** Instead of {@link reader}. */
  discard(): void {
    closeSync(this.#readEnd)
  }
}

/** Makes pipes ahead. */
export class Pipes {
  #ready: Pipe[] = []

  /** Undefined where the system has none. */
  take(): Pipe | undefined {
    if (this.#ready.length === 0) this.#ready = make(AT_A_TIME)
    return this.#ready.pop()
  }

  close(): void {
    for (const pipe of this.#ready.splice(0)) {
      pipe.handOver()
      pipe.discard()
    }
  }
}

function make(many: number): Pipe[] {
  const folder = mkdtempSync(join(tmpdir(), 'hs-supervise-'))
  try {
    const paths = Array.from({ length: many }, (_, at) => join(folder, String(at)))
    if (spawnSync('mkfifo', paths, { stdio: 'ignore' }).status !== 0) return []
    return paths.map((path) => new Pipe(path))
  } catch {
    return []
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
