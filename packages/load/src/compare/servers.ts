import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { handshake } from '@hs/client'
import { endGroup, freePort, usageOf, Watchdog } from '@hs/supervise'
import type { Endpoint } from '@hs/transport'

/** A server to be compared: one of ours, or a command line of the user's. */
export interface Candidate {
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

/** What all processes of a server have used, by /proc. */
export interface Usage {
  readonly cpuMs: number
  readonly residentBytes: number
  /** In memory at most, until now. */
  readonly peakBytes: number
}

export interface RunningServer {
  readonly endpoint: Endpoint
  usage(): Usage | undefined
  /** How it ended by itself, and what it said; undefined while it is there. */
  end(): Promise<string | undefined>
  /** What it printed on stdout by now, if that was asked for. */
  readonly events: readonly PrintedEvent[]
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>
}

const STRATEGIES = ['sequential', 'threads', 'events'] as const

/** How long a server may take until it answers right. */
const START_MS = 10_000

/** How many ports are tried. */
const PORTS = 3

/** How often it is asked. */
const KNOCK_MS = 30

/** Stands in the environment of a server and of all that it starts. */
const MARK = 'HS_LOAD_SERVER'

/** How long what an ended server printed may be on its way. */
const LAST_WORDS_MS = 500

/** How much of a server's stderr is kept, to tell why it did not start. */
const KEPT_CHARACTERS = 2_000

/** Our strategies on each of these transports. */
export function ourCandidates(transports: readonly string[]): Candidate[] {
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
  candidate: Candidate,
  signal: AbortSignal,
  withEvents = false,
): Promise<RunningServer> {
  for (let tries = 1; ; tries++) {
    try {
      // Not one that a client may get for a connection of its own before the server listens.
      return await startAt(await freePort(), candidate, signal, withEvents)
    } catch (error) {
      // Another program may have taken the port in between.
      if (tries === PORTS || !/in use/i.test((error as Error).message)) throw error
    }
  }
}

async function startAt(
  port: number,
  { name, command, strategy }: Candidate,
  signal: AbortSignal,
  withEvents: boolean,
): Promise<RunningServer> {
  const mark = `${process.pid}-${port}`
  const watchdog = new Watchdog(`${MARK}=${mark}`)
  const child = spawn(command.replaceAll('{port}', String(port)) + (withEvents && strategy ? ' --json' : ''), {
    shell: true,
    // A group of its own: what is measured and ended is all of it, and Ctrl-C is for us to pass on.
    detached: true,
    stdio: ['ignore', withEvents ? 'pipe' : 'ignore', 'pipe'],
    env: { ...process.env, [MARK]: mark },
  })
  const group = child.pid
  if (group !== undefined) watchdog.watch(group)
  let said = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < KEPT_CHARACTERS) said += text
  })
  const printed: string[] = []
  child.stdout?.setEncoding('utf8').on('data', (text: string) => printed.push(text))
  child.on('error', (error) => {
    said += error.message
  })
  const closed = once(child, 'close').catch(() => {})
  const describeEnd = () => {
    if (child.exitCode === null && child.signalCode === null) return undefined
    const words = said.trim()
    return `ended (${child.exitCode ?? child.signalCode})${words && `; it said: ${words}`}`
  }
  const stop = async () => {
    if (group === undefined) return watchdog.close()
    await endGroup(group, closed, `${MARK}=${mark}`)
    await Promise.race([closed, sleep(LAST_WORDS_MS, undefined, { ref: false })])
    // A process of the group may have survived that still holds them.
    child.stdout?.destroy()
    child.stderr!.destroy()
    watchdog.close()
  }
  const endpoint = { host: '127.0.0.1', port }
  try {
    await untilItAnswers({ name, endpoint, child, describeEnd, said: () => said.trim() }, signal)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    endpoint,
    usage: () => (group === undefined ? undefined : usageOf(group)),
    async end() {
      const end = describeEnd()
      if (end === undefined) return undefined
      // A server that moved itself into the background looks as if it had ended, but answers.
      const there = await handshake({ ...endpoint, timeoutMs: 1000 }).then(
        () => true,
        () => false,
      )
      return there ? undefined : end
    },
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

/** A server that may not be there yet. */
interface Starting {
  readonly name: string
  readonly endpoint: Endpoint
  readonly child: ChildProcess
  /** As {@link RunningServer.end}, by its process alone. */
  describeEnd(): string | undefined
  /** What it has said on stderr by now. */
  said(): string
}

async function untilItAnswers(
  { name, endpoint: { host, port }, child, describeEnd, said }: Starting,
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
    const end = describeEnd()
    // One that has put itself into the background ends well, and answers yet.
    if (end !== undefined && child.exitCode !== 0) throw new Error(`the server ${name} did not answer: it ${end}`)
    if (performance.now() - started > START_MS) {
      const words = said() && ` It said: ${said()}`
      throw new Error(`the server ${name} did not answer right on port ${port} in ${START_MS / 1000} s: ${why}${words}`)
    }
    await sleep(KNOCK_MS)
  }
}
