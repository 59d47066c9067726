import { readdirSync, readFileSync } from 'node:fs'
import { type Capture, deadline, type Supervisor } from '@hs/supervise'
import type { Limits } from '../course/course.js'

/** How much of what a program prints is kept. */
const KEEP_CHARACTERS = 32 * 1024

/** How many times what one process may use all of them may use together: compilers run beside each other. */
const PROCESSES_OF_A_BUILD = 4

/** What commands of submissions find in their environment: nothing of the grader's. */
export function environmentOf(path: readonly string[]): NodeJS.ProcessEnv {
  const folders = [...path, '/usr/local/bin', '/usr/bin', '/bin', process.execPath.replace(/\/[^/]*$/, '')]
  return { PATH: folders.join(':'), HOME: '/tmp', TMPDIR: '/tmp', LANG: 'C.UTF-8', USER: 'student' }
}

/** How a command ended, and what it said. */
export interface Ended {
  readonly failed: boolean
  readonly stdout: string
  readonly stderr: string
  /** Why it was ended. */
  readonly excess: string | undefined
}

/** Runs a command to its end, with nothing on stdin. What it leaves running is ended with it. */
export async function runToEnd(
  supervisor: Supervisor,
  words: readonly string[],
  { buildMs, memoryBytes }: Pick<Limits, 'buildMs' | 'memoryBytes'>,
): Promise<Ended> {
  const command = ['sh', '-c', 'exec "$@" < /dev/null', 'sh', ...words]
  const child = await supervisor.launch({ command, memoryBytes: PROCESSES_OF_A_BUILD * memoryBytes })
  let late: string | undefined
  const cancel = deadline(buildMs, () => {
    late = `it did not end within ${buildMs / 1000} s`
    child.kill()
  })
  const { code } = await child.exited
  cancel()
  await supervisor.stop(child)
  return { failed: code !== 0, stdout: said(child.out), stderr: said(child.err), excess: late ?? child.excess }
}

/** The beginning of what a program has printed. */
const said = (output: Capture) => Buffer.from(output.text().slice(0, KEEP_CHARACTERS), 'latin1').toString('utf8')

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
