import { type ChildProcess, spawn } from 'node:child_process'

/**
 * The last line says which groups are there; when the input ends, this process has ended. On Linux, processes that have
 * left their group are found by their environment.
 */
const SCRIPT = `while read -r line; do groups=$line; done
for group in $groups; do kill -KILL "-$group"; done
[ -n "$1" ] && [ -n "$groups" ] || exit
for file in $(grep -lzFx -e "$1" /proc/[0-9]*/environ); do
  process=\${file#/proc/}
  kill -KILL "\${process%/environ}"
done`

/**
 * Ends groups of processes as soon as this process is gone, for whatever reason: even SIGKILL, which cannot be caught. It
 * is a small shell beside this process, in a group of its own, so that Ctrl-C does not end it first. Without such a shell,
 * nothing is watched.
 */
export class Watchdog {
  readonly #groups = new Set<number>()
  readonly #mark: string
  #shell: ChildProcess | undefined

  /** @param mark - `NAME=value`, as it stands in the environment of all that is watched. Default: groups are all there is. */
  constructor(mark = '') {
    this.#mark = mark
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
    this.#shell?.kill('SIGKILL')
    this.#shell = undefined
  }

  #tell(): void {
    this.#shell ??= start(this.#mark)
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
