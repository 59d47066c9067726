import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** How much of what a program prints is kept, and after how much it is ended. */
const KEEP_BYTES = 32 * 1024
const MOST_BYTES = 16 * 1024 * 1024

/** What commands of submissions find in their environment: nothing of the grader's. */
export function environmentOf(path: readonly string[]): NodeJS.ProcessEnv {
  const folders = [...path, '/usr/local/bin', '/usr/bin', '/bin', process.execPath.replace(/\/[^/]*$/, '')]
  return { PATH: folders.join(':'), HOME: '/tmp', TMPDIR: '/tmp', LANG: 'C.UTF-8', USER: 'student' }
}

/** A command in a group of its own, whose output is kept, and which ends with all that it started. */
export class Running {
  stdout = ''
  stderr = ''
  status: number | null | undefined
  /** Why it was ended. */
  excess: string | undefined
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  readonly #onExit = () => this.#kill()
  #bytes = 0

  constructor(words: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
    this.#child = spawn(words[0]!, words.slice(1), { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    process.on('exit', this.#onExit)
    this.#collect('stdout')
    this.#collect('stderr')
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.stderr += error.message
        this.status = null
        resolve()
      })
      // Not `close`: a process that has left the group may hold the pipes open for ever.
      this.#child.once('exit', (status) => {
        this.status = status
        setTimeout(resolve, 20)
      })
    })
  }

  #collect(name: 'stdout' | 'stderr'): void {
    this.#child[name]!.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.length
      if (this[name].length < KEEP_BYTES) this[name] += chunk.toString('utf8')
      if (this.#bytes > MOST_BYTES) this.end(`it printed more than ${MOST_BYTES >> 20} MiB`)
    })
  }

  /** Waits for its end, and ends it when that takes too long. */
  async within(ms: number): Promise<this> {
    const timer = setTimeout(() => this.end(`it did not end within ${ms / 1000} s`), ms)
    await this.ended
    clearTimeout(timer)
    return this
  }

  end(why: string): void {
    if (this.status === undefined) this.excess ??= why
    this.#kill()
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
  }

  #kill(): void {
    process.off('exit', this.#onExit)
    try {
      process.kill(-this.#child.pid!, 'SIGKILL')
    } catch {
      // The group is gone.
    }
  }
}

/** Ends every process of a user who exists only for one submission: what has left its group, too. */
export function endProcessesOf(uid: number): void {
  // Stopped first, so that nothing is started while the others are being ended.
  for (const signal of ['SIGSTOP', 'SIGKILL', 'SIGKILL'] as const) {
    for (const pid of processesOf(uid)) {
      try {
        process.kill(pid, signal)
      } catch {
        // Gone in between.
      }
    }
  }
}

function processesOf(uid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return new RegExp(`^Uid:\\s+${uid}\\b`, 'm').test(readFileSync(`/proc/${pid}/status`, 'latin1'))
      } catch {
        return false
      }
    })
    .map(Number)
}
