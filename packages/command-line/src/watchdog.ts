import { type ChildProcess, spawn } from 'node:child_process'

/** The last line says who is there; where the input ends, so have we. */
const SCRIPT = 'while read -r line; do groups=$line; done; for group in $groups; do kill -KILL "-$group"; done'

/**
 * Ends groups of processes as soon as this process is gone, however that came: also by SIGKILL, which nobody can answer.
 * It is a small shell beside this process, in a group of its own, so that Ctrl-C does not end it first. Where there is no
 * such shell, nothing is watched.
 */
export class Watchdog {
  readonly #groups = new Set<number>()
  #shell: ChildProcess | undefined

  watch(group: number): void {
    this.#groups.add(group)
    this.#tell()
  }

  /** Nobody is left of it, and its number may soon be somebody else's. */
  forget(group: number): void {
    this.#groups.delete(group)
    this.#tell()
  }

  close(): void {
    this.#shell?.kill('SIGKILL')
    this.#shell = undefined
  }

  #tell(): void {
    this.#shell ??= start()
    this.#shell.stdin!.write(`${[...this.#groups].join(' ')}\n`)
  }
}

function start(): ChildProcess {
  const shell = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  shell.on('error', () => {})
  shell.stdin!.on('error', () => {})
  shell.unref()
  return shell
}
