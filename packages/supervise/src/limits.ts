/** How a program is started: within which limits, in which environment, and what is said if that fails. */
import { existsSync } from 'node:fs'

/** What a program may use before it is ended: enough for any runtime, too little to harm the machine. */
export const LIMITS = {
  /** Processor time of each process, in seconds: an endless loop ends by itself. */
  cpuSeconds: 60,
  memoryBytes: 1024 ** 3,
  processes: 400,
  outputBytes: 64 * 1024 * 1024,
} as const

/** A missing folder is reported as a missing program otherwise. */
export function spawnError({ message }: Error, cwd: string | undefined): string {
  return cwd === undefined || existsSync(cwd) ? message : `the folder ${cwd} does not exist`
}

/** Set around the checker, these would change what a program buffers, and so its verdicts. */
const BUFFERING = ['PYTHONUNBUFFERED', '_STDBUF_I', '_STDBUF_O', '_STDBUF_E']

export function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !BUFFERING.includes(name)))
}

/** Limits of the system, where there is a shell to set them: processor time, and no core files. */
export function limited(words: string[]): string[] {
  if (process.platform === 'win32') return words
  return ['/bin/sh', '-c', `ulimit -t ${LIMITS.cpuSeconds}; ulimit -c 0; exec "$@"`, 'sh', ...words]
}
