import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { Pipes } from './pipes.js'
import { MARK, type ProcessOptions, SupervisedProcess } from './process.js'
import { Watchdog } from './watchdog.js'

/** Running programs. They end with us: in process groups of their own they do not receive Ctrl-C. */
export class Supervisor {
  readonly #cwd: string | undefined
  readonly #pipes = new Pipes()
  /** In the environment of all that is started here. */
  readonly #mark = randomUUID()
  #watchdog: Watchdog | undefined
  /** Including those that have exited: something that they started may still run. */
  readonly #left = new Set<SupervisedProcess>()
  /** Whether `stdbuf` is installed; undefined until needed. */
  #unbuffers: boolean | undefined
  readonly #stopping = new Set<Promise<unknown>>()
  readonly #onExit = () => {
    for (const child of this.#left) child.kill()
  }

  constructor(cwd: string | undefined) {
    this.#cwd = cwd
    process.on('exit', this.#onExit)
  }

  /** @throws {StartError} If there is no such program. */
  async launch({ command, ...options }: Omit<ProcessOptions, 'cwd' | 'pipe' | 'owner'>): Promise<SupervisedProcess> {
    this.#watchdog ??= new Watchdog(`${MARK}=${this.#mark}`)
    const child = await SupervisedProcess.start({
      ...options,
      name: command[0]!,
      // The C library is asked as well.
      command: options.unbuffered && this.#canUnbuffer() ? ['stdbuf', '-o0', ...command] : command,
      cwd: this.#cwd,
      owner: this.#mark,
      pipe: this.#pipes.take(),
    })
    this.#left.add(child)
    this.#watchdog.watch(child.pid)
    return child
  }

  /** Ends a program with all that it started. Without waiting for it, {@link close} does. */
  async stop(child: SupervisedProcess): Promise<void> {
    if (!this.#left.delete(child)) return
    const stopping = child.stop()
    this.#stopping.add(stopping)
    await stopping
    this.#stopping.delete(stopping)
    this.#watchdog?.forget(child.pid)
  }

  #canUnbuffer(): boolean {
    this.#unbuffers ??= spawnSync('stdbuf', ['--version'], { stdio: 'ignore' }).status === 0
    return this.#unbuffers
  }

  async close(): Promise<void> {
    for (const child of this.#left) void this.stop(child)
    await Promise.all(this.#stopping)
    this.#pipes.close()
    this.#watchdog?.close()
    process.off('exit', this.#onExit)
  }
}
