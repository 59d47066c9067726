/** Running commands as a reader of the documentation would: in the root of the repository, in a shell. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** A command that takes longer hangs. Less than a test may take, so that nothing outlives its test. */
const MOST_MS = 100_000

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

interface Surroundings {
  readonly cwd?: string
  /** On top of this process's own; what is undefined is taken out. */
  readonly env?: object
  /** Whether `npx` is npx itself, and not the quick one of these tests. */
  readonly realNpx?: boolean
}

/** Runs a command line to its end, and ends whatever it left running. */
export async function run(command: string, surroundings: Surroundings = {}) {
  const child = start(command, surroundings)
  const limit = setTimeout(() => endGroup(child), MOST_MS)
  try {
    const output = collect(child)
    const [status] = (await once(child, 'close')) as [number | null]
    return { status, ...output } satisfies Ended
  } finally {
    clearTimeout(limit)
    endGroup(child)
  }
}

export interface RunningServer {
  readonly port: number
  /** What it has printed so far. */
  readonly output: Readonly<{ stdout: string; stderr: string }>
  /** Asks the server to stop, and waits for it. */
  stop(): Promise<Ended>
}

/** Starts a command line that announces itself with `listening on HOST:PORT`, and waits for that line. */
export async function startServer(command: string, surroundings: Surroundings = {}): Promise<RunningServer> {
  const child = start(command, surroundings)
  const limit = setTimeout(() => endGroup(child), MOST_MS)
  const output = collect(child)
  const ended = once(child, 'close').then(([status]) => ({ status, ...output }) as Ended)
  const port = await new Promise<number>((resolve, reject) => {
    const look = () => {
      const announced = /listening on \S*?:(\d+)\b/.exec(output.stdout + output.stderr)
      if (!announced) return
      clearTimeout(limit)
      resolve(Number(announced[1]))
    }
    child.stdout!.on('data', look)
    child.stderr!.on('data', look)
    void ended.then(({ status, stderr }) => {
      clearTimeout(limit)
      reject(new Error(`"${command}" ended with ${status}: ${stderr}`))
    })
  })
  return {
    port,
    output,
    async stop() {
      const limit = setTimeout(() => endGroup(child), MOST_MS)
      try {
        // To the whole group, as a terminal does it: npx passes nothing on.
        process.kill(-child.pid!, 'SIGTERM')
        return await ended
      } finally {
        clearTimeout(limit)
        endGroup(child)
      }
    },
  }
}

function start(command: string, { cwd = ROOT, env = {}, realNpx = false }: Surroundings): ChildProcess {
  // Programs of ours and of the tools by their names.
  const folders = [...(realNpx ? [] : [join(ROOT, 'test/npx')]), join(ROOT, 'node_modules/.bin'), process.env.PATH]
  return spawn('sh', ['-ec', command], {
    cwd,
    // A group of its own, so that everything in it can be ended.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PATH: folders.join(delimiter),
      // What npx is asked for is here, or the documentation is wrong: nothing is fetched.
      npm_config_offline: 'true',
      npm_config_yes: 'false',
      npm_config_loglevel: 'error',
      npm_config_update_notifier: 'false',
      TURBO_TELEMETRY_DISABLED: '1',
      NO_COLOR: '1',
      FORCE_COLOR: undefined,
      ...env,
    },
  })
}

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' }
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
  })
  return output
}

function endGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL')
  } catch {
    // No process is left.
  }
}
