import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'

export type CommandLine = readonly [program: string, ...words: string[]]

/** A server in a process of its own. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number
  readonly port: number
  /** What it prints, where that was asked for. */
  readonly stdout: Readable | null
  /** Asks the process to end, and waits until it has. May be called again. */
  stop(): Promise<void>
}

/**
 * Starts a server, and waits until it says on stderr where it listens: `listening on 9000`, as all of ours do.
 *
 * @param stdout - A descriptor to print to, or `'pipe'`, or `'ignore'`.
 * @throws If it ends instead of listening; the message holds what it said.
 */
export async function startServer(
  [program, ...words]: CommandLine,
  stdout: 'pipe' | 'ignore' | number,
): Promise<ServerProcess> {
  const child = spawn(program, words, { stdio: ['ignore', stdout, 'pipe'] })
  const exited = once(child, 'exit')
  const stop = async () => {
    child.kill()
    await exited
  }
  const port = await listening(child)
  return { pid: child.pid!, port, stdout: child.stdout, stop, [Symbol.asyncDispose]: stop }
}

function listening(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk
      const [, port] = /listening on (?:\S*:)?(\d+)\b/.exec(said) ?? []
      if (port) resolve(Number(port))
    })
    child.once('error', reject)
    child.once('close', () => reject(new Error(`${child.spawnargs.join(' ')} ended instead of listening: ${said}`)))
  })
}
