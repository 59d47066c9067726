import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A program takes less than this, or hangs. */
const MOST_MS = 90_000

/** How long a program may take to end after a signal. */
const KIND_MS = 5_000

/** Runs a built program to its end; `descriptors` is how many it may have. */
export async function run(
  file: string,
  args: readonly string[],
  descriptors?: number,
  env: object = {},
): Promise<Ended> {
  const { ended, child } = start(file, args, descriptors, env)
  const limit = setTimeout(() => child.kill('SIGTERM'), MOST_MS)
  const last = setTimeout(() => child.kill('SIGKILL'), MOST_MS + KIND_MS)
  try {
    return await ended
  } finally {
    clearTimeout(limit)
    clearTimeout(last)
  }
}

/** Starts a built program. */
function start(file: string, args: readonly string[], descriptors?: number, env: object = {}) {
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors};`
  const command = ['-c', `${limit} exec "$@"`, 'sh', process.execPath, file, ...args]
  const child: ChildProcess = spawn('sh', command, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A pipeline that runs these tests has a summary of its own.
    env: { ...process.env, GITHUB_STEP_SUMMARY: undefined, ...env },
  })
  const output = { stdout: '', stderr: '' }
  for (const channel of ['stdout', 'stderr'] as const) {
    child[channel]!.setEncoding('utf8').on('data', (text: string) => {
      output[channel] += text
    })
  }
  return { child, ended: once(child, 'close').then(([status]) => ({ status, ...output }) as Ended) }
}

/** The same, ended with its test, also if that fails. */
export function startInTest(file: string, args: readonly string[], descriptors?: number): ReturnType<typeof start> {
  const started = start(file, args, descriptors)
  onTestFinished(async () => {
    // Kindly first, since the servers that it may have started are its own to end.
    started.child.kill('SIGTERM')
    const limit = setTimeout(() => started.child.kill('SIGKILL'), KIND_MS)
    await started.ended
    clearTimeout(limit)
  })
  return started
}
