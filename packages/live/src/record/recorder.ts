import { createWriteStream, type WriteStream } from 'node:fs'
import type { Header, SceneEvent } from '../scene/events.js'
import type { Session } from '../session.js'

/** Writes what pages see into a file: a header, then an event per line. */
export class Recorder implements AsyncDisposable {
  readonly #stream: WriteStream
  readonly #stop: () => void
  /** Why nothing more is written. */
  #problem: Error | undefined

  /** @param onProblem - Called once, when the file cannot be written. The session continues. */
  constructor(file: string, session: Session, onProblem: (error: Error) => void) {
    this.#stream = createWriteStream(file)
    this.#stream.on('error', (error) => {
      this.#problem ??= error
      this.#stop()
      onProblem(error)
    })
    const header: Header = { hslive: 1, made: new Date().toISOString(), title: 'Recorded with hs-live' }
    this.#stream.write(`${JSON.stringify(header)}\n`)
    this.#stop = session.listen((events: readonly SceneEvent[]) => {
      this.#stream.write(events.map((event) => `${JSON.stringify(event)}\n`).join(''))
    })
  }

  /** Resolves when everything is in the file, or cannot be. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop()
    if (this.#problem) return
    await new Promise<void>((resolve) => {
      this.#stream.once('error', () => resolve())
      this.#stream.end(resolve)
    })
  }
}
