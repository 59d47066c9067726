import { Subject, type SubjectOptions } from './subject.js'

/** Programs that run. Whoever ends the checker ends them too: in groups of their own, they hear no Ctrl-C. */
export class Processes {
  readonly #cwd: string | undefined
  readonly #running = new Set<Subject>()
  /** Those that were told to end. */
  readonly #stopping: Promise<unknown>[] = []
  readonly #onExit = () => {
    for (const subject of this.#running) subject.kill()
  }

  constructor(cwd: string | undefined) {
    this.#cwd = cwd
    process.on('exit', this.#onExit)
  }

  /** @throws {StartError} If there is no such program. */
  async launch(options: Omit<SubjectOptions, 'cwd'>): Promise<Subject> {
    const subject = await Subject.start({ ...options, cwd: this.#cwd })
    this.#running.add(subject)
    void subject.exited.then(() => this.#running.delete(subject))
    return subject
  }

  /** Ends a program; {@link close} waits for it. */
  stop(subject: Subject): void {
    this.#stopping.push(subject.stop())
  }

  async close(): Promise<void> {
    await Promise.all([...this.#stopping, ...[...this.#running].map((subject) => subject.stop())])
    process.off('exit', this.#onExit)
  }
}
