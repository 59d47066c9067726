import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Counters, StrategyName } from '@hs/server-core'
import type { Endpoint } from '@hs/transport'
import type { LaneObserver, LaneServer } from './lane.js'
import type { FromLaneServer, LaneServerOptions, ToLaneServer } from './lane-server.js'

/** How much of its stderr is kept, to say why it ended. */
const KEPT_CHARACTERS = 500

/** One of the strategies of this project, in a child process that reports its events. */
export class OwnServer implements LaneServer {
  readonly name: string
  readonly strategy: StrategyName
  readonly #options: Omit<LaneServerOptions, 'threads' | 'strategy'>
  readonly #observer: LaneObserver
  #child: ChildProcess | undefined
  #generation = 0
  #stopping = false
  #onStarted: (() => void) | undefined
  #said = ''
  endpoint: Endpoint | undefined
  threads = 1
  transport: string | undefined
  note: string | undefined
  counters: Counters | undefined
  #cpuMs: number | undefined

  constructor(
    strategy: StrategyName,
    options: Omit<LaneServerOptions, 'threads' | 'strategy'>,
    observer: LaneObserver,
  ) {
    this.name = strategy
    this.strategy = strategy
    this.#options = options
    this.#observer = observer
  }

  async start(threads: number): Promise<void> {
    this.endpoint = undefined
    this.note = undefined
    if (!this.#child) this.#fork()
    this.#generation++
    await new Promise<void>((resolve) => {
      this.#onStarted = resolve
      this.#tell({ start: { ...this.#options, strategy: this.strategy, threads } })
    })
  }

  cpuMs(): number | undefined {
    return this.#cpuMs
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true
    const child = this.#child
    if (!child) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  #fork(): void {
    // What this program was started with is not meant for it.
    const child = fork(new URL('./lane-server.js', import.meta.url), {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child = child
    this.#generation = 0
    this.#said = ''
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-KEPT_CHARACTERS)
    })
    child.on('message', (message: FromLaneServer) => this.#heard(message))
    child.on('error', (error) => this.#ended(error.message))
    child.on('close', (code, signal) => this.#ended(`It ended (${signal ?? `status ${code}`}). ${this.#said.trim()}`))
  }

  #heard(message: FromLaneServer): void {
    if (message.generation !== this.#generation) return
    switch (message.type) {
      case 'listening':
        this.endpoint = { host: message.host, port: message.port }
        this.threads = message.threads
        this.transport = message.transport
        this.#onStarted?.()
        break
      case 'failed':
        this.note = message.message
        this.#onStarted?.()
        break
      case 'events':
        this.#observer.onEvents(message.events)
        break
      case 'usage':
        this.counters = message.counters
        this.#cpuMs = message.cpuMs
        break
    }
  }

  #ended(why: string): void {
    if (!this.#child) return
    this.#child = undefined
    this.endpoint = undefined
    this.#cpuMs = undefined
    this.note = why.trim()
    this.#onStarted?.()
    if (!this.#stopping) this.#observer.onDown()
  }

  #tell(message: ToLaneServer): void {
    this.#child?.send(message, (error) => error && this.#ended(error.message))
  }
}
