import { spawnSync } from 'node:child_process'
import { Pipes } from './pipes.js'
import { Subject, type SubjectOptions } from './subject.js'

/** Programs that run. Whoever ends the checker ends them too: in groups of their own, they hear no Ctrl-C. */
export class Processes {
  readonly #cwd: string | undefined
  readonly #pipes = new Pipes()
  readonly #running = new Set<Subject>()
  /** Whether `stdbuf` is there; undefined until that is asked. */
  #unbuffers: boolean | undefined
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
  async launch({ command, ...options }: Omit<SubjectOptions, 'cwd' | 'pipe'>): Promise<Subject> {
    const subject = await Subject.start({
      ...options,
      // The C library is asked, too.
      command: options.unbuffered && this.#canUnbuffer() ? ['stdbuf', '-o0', ...command] : command,
      cwd: this.#cwd,
      pipe: this.#pipes.take(),
    })
    this.#running.add(subject)
    void subject.exited.then(() => this.#running.delete(subject))
    return subject
  }

  /** Ends a program; {@link close} waits for it. */
  stop(subject: Subject): void {
    this.#stopping.push(subject.stop())
  }

  #canUnbuffer(): boolean {
    this.#unbuffers ??= spawnSync('stdbuf', ['--version'], { stdio: 'ignore' }).status === 0
    return this.#unbuffers
  }

  async close(): Promise<void> {
    await Promise.all([...this.#stopping, ...[...this.#running].map((subject) => subject.stop())])
    this.#pipes.close()
    process.off('exit', this.#onExit)
  }
}
