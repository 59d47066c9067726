import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { handshake } from '@hs/client'
import { type Endpoint, nodeTransport } from '@hs/transport'
import { type Usage, usageOf } from './usage.js'

/** A server to be compared: one of ours, or a command line of the user's. */
export interface Contestant {
  readonly name: string
  /** `{port}` stands for the port where it has to listen. */
  readonly command: string
  /** Ours, and so able to tell what each thread does when. */
  readonly strategy?: string
  readonly transport?: string
}

/** One event that a server of ours printed, as far as it is looked at here. */
export interface PrintedEvent {
  readonly type: string
  readonly at: number
  readonly thread?: number
  readonly remote?: Endpoint
}

export interface RunningServer {
  readonly endpoint: Endpoint
  usage(): Usage | undefined
  /** What it printed on stdout by now, if that was asked for. */
  readonly events: readonly PrintedEvent[]
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>
}

const STRATEGIES = ['sequential', 'threads', 'events'] as const

/** How long a server may take until it answers right. */
const START_MS = 10_000

/** How often it is asked. */
const KNOCK_MS = 30

/** How long a server may take to end by itself. */
const STOP_MS = 2_000

/** How much of a server's stderr is kept, to tell why it did not start. */
const KEPT_CHARACTERS = 2_000

/** Our strategies on each of these transports. */
export function ourContestants(transports: readonly string[]): Contestant[] {
  const program = join(
    dirname(createRequire(import.meta.url).resolve('@hs/cli-server/package.json')),
    'dist/tcpserver.js',
  )
  return STRATEGIES.flatMap((strategy) =>
    transports.map((transport) => ({
      name: `${strategy}/${transport}`,
      command: `"${process.execPath}" "${program}" {port} --strategy ${strategy} --transport ${transport}`,
      strategy,
      transport,
    })),
  )
}

/**
 * Starts a server on a free port of loopback, and waits until it does a handshake.
 *
 * @param withEvents - Have one of ours print its events, and keep them. Else what servers print on stdout is dropped.
 * @throws If it ends before, or does not answer in time; the message has what it said on stderr.
 */
export async function startServer(
  { name, command, strategy }: Contestant,
  signal: AbortSignal,
  withEvents = false,
): Promise<RunningServer> {
  const port = await freePort()
  const child = spawn(command.replaceAll('{port}', String(port)) + (withEvents && strategy ? ' --json' : ''), {
    shell: true,
    // A group of its own: what is measured and ended is all of it, and Ctrl-C is for us to pass on.
    detached: true,
    stdio: ['ignore', withEvents ? 'pipe' : 'ignore', 'pipe'],
  })
  const group = child.pid ?? -1
  let said = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < KEPT_CHARACTERS) said += text
  })
  const printed: string[] = []
  child.stdout?.setEncoding('utf8').on('data', (text: string) => printed.push(text))
  child.on('error', (error) => {
    said += error.message
  })
  const ended = once(child, 'close')
  const stop = () => end(child, group, ended)
  const endpoint = { host: '127.0.0.1', port }
  try {
    await untilItAnswers(name, endpoint, child, () => said.trim(), signal)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    endpoint,
    usage: () => usageOf(group),
    get events() {
      return printed
        .join('')
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as PrintedEvent)
    },
    stop,
  }
}

async function untilItAnswers(
  name: string,
  { host, port }: Endpoint,
  child: ChildProcess,
  said: () => string,
  signal: AbortSignal,
): Promise<void> {
  const started = performance.now()
  for (;;) {
    signal.throwIfAborted()
    let why = ''
    try {
      await handshake({ host, port, timeoutMs: 1000, signal })
      return
    } catch (error) {
      why = (error as Error).message
    }
    const words = said() === '' ? '' : ` It said: ${said()}`
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`the server ${name} ended (${child.exitCode ?? child.signalCode}) before it answered.${words}`)
    }
    if (performance.now() - started > START_MS) {
      throw new Error(`the server ${name} did not answer right on port ${port} in ${START_MS / 1000} s: ${why}${words}`)
    }
    await sleep(KNOCK_MS)
  }
}

async function end(child: ChildProcess, group: number, ended: Promise<unknown>): Promise<void> {
  if (child.pid === undefined) return
  const kill = (name: NodeJS.Signals) => {
    try {
      process.kill(-group, name)
    } catch {
      // Nobody is left.
    }
  }
  kill('SIGTERM')
  const limit = setTimeout(() => kill('SIGKILL'), STOP_MS)
  await ended
  clearTimeout(limit)
  // What the command left behind.
  kill('SIGKILL')
}

/** A port of loopback that nobody has at the moment. */
async function freePort(): Promise<number> {
  const listener = await nodeTransport().listen(
    { host: '127.0.0.1', port: 0 },
    { maxWaiting: 1, onDrop() {}, shared: false },
  )
  await listener.close()
  return listener.address.port
}
