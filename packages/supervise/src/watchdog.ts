import { type ChildProcess, spawn } from 'node:child_process'

/**
 * The last line says which groups are there; when the input ends, this process has ended. On Linux, processes that have
 * left their group, or were started a moment before, are found by their environment.
 */
const SCRIPT = `while read -r line; do groups=$line; done
for group in $groups; do kill -KILL "-$group"; done
for file in $(grep -lzF -e "$1" /proc/[0-9]*/environ); do
  process=\${file#/proc/}
  kill -KILL "\${process%/environ}"
done`

/**
 * Ends groups of processes as soon as this process is gone, for whatever reason: even SIGKILL, which cannot be caught. It
 * is a small shell beside this process, in a group of its own, so that Ctrl-C does not end it first. It is made before what
 * it is to watch. Without such a shell, nothing is watched.
 */
export class Watchdog {
  readonly #groups = new Set<number>()
  readonly #shell: ChildProcess

  /** @param mark - Part of `NAME=value`, as it stands in the environment of all that is watched, from the name on. */
  constructor(mark: string) {
    this.#shell = start(mark)
  }

  watch(group: number): void {
    this.#groups.add(group)
    this.#tell()
  }

  /** No process of it is left, and its number may soon belong to others. */
  forget(group: number): void {
    this.#groups.delete(group)
    this.#tell()
  }

  close(): void {
    this.#shell.kill('SIGKILL')
  }

  #tell(): void {
    this.#shell.stdin!.write(`${[...this.#groups].join(' ')}\n`)
  }
}

function start(mark: string): ChildProcess {
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'sh', mark], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  shell.on('error', () => {})
  shell.stdin!.on('error', () => {})
  shell.unref()
  return shell
}
