import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'

/** A program under test, as a child process; it is ended with the test, whatever happened. */
export class Program {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly #ended: Promise<number | NodeJS.Signals>
  #over = false
  #wake: (() => void) | undefined

  constructor(file: string, args: readonly string[], options: SpawnOptions = {}) {
    this.child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
      this.#wake?.()
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
      this.#wake?.()
    })
    this.#ended = new Promise((resolve, reject) => {
      this.child.once('error', reject)
      // Not `exit`: what it printed may still be on its way then.
      this.child.once('close', (status, signal) => resolve(status ?? signal!))
    })
    this.#ended
      .catch(() => {})
      .finally(() => {
        this.#over = true
        this.#wake?.()
      })
    onTestFinished(async () => {
      this.child.kill('SIGKILL')
      await this.#ended.catch(() => {})
    })
  }

  /** Its exit status, or the signal that ended it, once all of its output has been read. */
  ended(): Promise<number | NodeJS.Signals> {
    return this.#ended
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }

  /** Resolves when it has printed this. @throws If it ends before. */
  async until(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this[stream])
      if (found) return found
      if (this.#over) throw new Error(`${pattern} was not printed, only:\n${this.stdout}\n${this.stderr}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

/** The status and the output of a program that ends by itself. */
export async function outputOf(program: Program) {
  const status = await program.ended()
  return { status, stdout: program.stdout, stderr: program.stderr }
}
