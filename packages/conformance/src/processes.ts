import { spawnSync } from 'node:child_process'
import { Watchdog } from '@hs/command-line'
import { Pipes } from './pipes.js'
import { Subject, type SubjectOptions } from './subject.js'

/** Programs that run. Whoever ends the checker ends them too: in groups of their own, they hear no Ctrl-C. */
export class Processes {
  readonly #cwd: string | undefined
  readonly #pipes = new Pipes()
  readonly #watchdog = new Watchdog()
  /** Also those that have ended by themselves: something that they started may be there. */
  readonly #left = new Set<Subject>()
  /** Whether `stdbuf` is there; undefined until that is asked. */
  #unbuffers: boolean | undefined
  readonly #stopping = new Set<Promise<unknown>>()
  readonly #onExit = () => {
    for (const subject of this.#left) subject.kill()
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
    this.#left.add(subject)
    this.#watchdog.watch(subject.pid)
    return subject
  }

  /** Ends a program with all that it started. Who does not wait for it leaves that to {@link close}. */
  async stop(subject: Subject): Promise<void> {
    if (!this.#left.delete(subject)) return
    const stopping = subject.stop()
    this.#stopping.add(stopping)
    await stopping
    this.#stopping.delete(stopping)
    this.#watchdog.forget(subject.pid)
  }

  #canUnbuffer(): boolean {
    this.#unbuffers ??= spawnSync('stdbuf', ['--version'], { stdio: 'ignore' }).status === 0
    return this.#unbuffers
  }

  async close(): Promise<void> {
    for (const subject of this.#left) void this.stop(subject)
    await Promise.all(this.#stopping)
    this.#pipes.close()
    this.#watchdog.close()
    process.off('exit', this.#onExit)
  }
}
