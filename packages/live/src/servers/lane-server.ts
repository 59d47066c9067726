/**
 * One of our servers, in a process of its own: so each has its own processor time, its own event loop, and none can hold
 * up the page. A build entry of its own, started by {@link OwnServer}. It ends with the process that started it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Counters, type HelloServer, type ServerEvent, type StrategyName, serve, threads } from '@hs/server-core'
import { nodeTransport } from '@hs/transport'

export interface LaneServerOptions {
  readonly strategy: StrategyName
  readonly threads: number
  readonly timeoutMs: number
  readonly transport: 'auto' | 'node' | 'linux'
}

/** Makes a server with nothing in it: a new one on the same port, unless the one that is there will do. */
export interface ToLaneServer {
  readonly start: LaneServerOptions
}

/** An event with the moment when it was seen, in milliseconds since 1970. */
export type TimedEvent = ServerEvent & { readonly at: number }

/** `generation` counts the starts: what an earlier server still says is of no interest. */
export type FromLaneServer =
  | {
      readonly type: 'listening'
      readonly generation: number
      readonly host: string
      readonly port: number
      readonly threads: number
      readonly transport: string
    }
  | { readonly type: 'failed'; readonly generation: number; readonly message: string }
  | { readonly type: 'events'; readonly generation: number; readonly events: readonly TimedEvent[] }
  | { readonly type: 'usage'; readonly generation: number; readonly counters: Counters; readonly cpuMs: number }

const USAGE_EVERY_MS = 200

/** How long the last connections may take to go when all clients have. */
const EMPTY_MS = 2_000

/** How long threads may take to be there, also on a machine that has much else to do. */
const WARM_UP_MS = 20_000

const LOOK_MS = 5

/** One that waited is accepted soon after the one before it has gone. */
const LOOKS_UNTIL_EMPTY = 6

class LaneProcess {
  #server: HelloServer | undefined
  /** How many threads were asked for. */
  #threads = 0
  #port = 0
  #generation = 0
  /** What the server has counted before anything of it was shown. */
  #before: Counters | undefined
  #shown = false
  #pending: TimedEvent[] = []

  /** With nothing in it: the server that is there if it is of the right kind and gets empty, else a new one. */
  async start(options: LaneServerOptions): Promise<void> {
    this.#generation++
    this.#shown = false
    this.#pending = []
    try {
      const fits = this.#server !== undefined && options.threads === this.#threads
      if (!fits || !(await this.#empties(EMPTY_MS))) await this.#serve(options)
    } catch (error) {
      this.#tell({ type: 'failed', generation: this.#generation, message: (error as Error).message })
      return
    }
    const { address, threads, transport, counters } = this.#server!
    this.#before = counters
    this.#shown = true
    this.#tell({ type: 'listening', generation: this.#generation, ...address, threads, transport })
  }

  /** What the server itself has counted, since it was shown. */
  reportUsage(): void {
    if (!this.#server || !this.#shown) return
    const { user, system } = process.cpuUsage()
    const counters = difference(this.#server.counters, this.#before!)
    this.#tell({ type: 'usage', generation: this.#generation, counters, cpuMs: (user + system) / 1000 })
  }

  async #serve({ strategy, threads: count, timeoutMs, transport }: LaneServerOptions): Promise<void> {
    await this.#server?.close({ graceMs: 0 }).catch(() => {})
    this.#server = undefined
    this.#server = await serve({
      port: this.#port,
      timeoutMs,
      transport,
      // A thread that waits for its client takes no other: the pool of blocking threads that courses teach.
      strategy: strategy === 'threads' ? threads({ threads: count, atOnce: 1 }) : strategy,
      onEvent: (event) => this.#see(event),
    })
    this.#threads = count
    this.#port = this.#server.address.port
    if (strategy === 'threads') await this.#warmUp(count)
  }

  /** A server listens before its threads are there. A silent connection for each of them shows when they are. */
  async #warmUp(count: number): Promise<void> {
    const { address } = this.#server!
    const { connect } = nodeTransport()
    // Where the kernel deals connections out, some threads may get none: nothing says when those are there.
    if (this.#server!.sharing === 'reuse-port') return
    const connections = await Promise.all(Array.from({ length: count }, () => connect(address)))
    await this.#becomes(({ active }) => active >= count, WARM_UP_MS)
    for (const connection of connections) connection.abort()
    await this.#empties(WARM_UP_MS)
  }

  /** Waits until all connections are gone, those that waited included. @returns Whether that happened in time. */
  #empties(limitMs: number): Promise<boolean> {
    let accepted = -1
    let looks = 0
    return this.#becomes((counters) => {
      looks = counters.active === 0 && counters.accepted === accepted ? looks + 1 : 0
      accepted = counters.accepted
      return looks > LOOKS_UNTIL_EMPTY
    }, limitMs)
  }

  async #becomes(right: (counters: Counters) => boolean, limitMs: number): Promise<boolean> {
    const limit = performance.now() + limitMs
    while (!right(this.#server!.counters)) {
      if (performance.now() > limit) return false
      await sleep(LOOK_MS)
    }
    return true
  }

  /** Events of one turn of the event loop travel together: a message costs more than a handshake. */
  #see(event: ServerEvent): void {
    if (!this.#shown) return
    if (this.#pending.push({ ...event, at: performance.timeOrigin + performance.now() }) > 1) return
    setImmediate(() => {
      const events = this.#pending
      this.#pending = []
      if (events.length > 0) this.#tell({ type: 'events', generation: this.#generation, events })
    })
  }

  #tell(message: FromLaneServer): void {
    // When the channel is closed, this process is about to end.
    if (process.connected) process.send!(message, undefined, undefined, () => {})
  }
}

function difference(now: Counters, before: Counters): Counters {
  const minus = (name: Exclude<keyof Counters, 'failed' | 'active'>) => now[name] - before[name]
  const failed = Object.entries(now.failed).flatMap(([code, count]) => {
    const since = count - (before.failed[code as keyof Counters['failed']] ?? 0)
    return since > 0 ? [[code, since]] : []
  })
  return {
    accepted: minus('accepted'),
    established: minus('established'),
    probes: minus('probes'),
    dropped: minus('dropped'),
    linesLost: minus('linesLost'),
    reasonsLost: minus('reasonsLost'),
    failed: Object.fromEntries(failed),
    active: now.active,
  }
}

const lane = new LaneProcess()
let starting: Promise<void> = Promise.resolve()
process.on('message', ({ start }: ToLaneServer) => {
  starting = starting.then(() => lane.start(start))
})
// However the other side ended, there is nothing left to do here.
process.on('disconnect', () => process.exit())
// Ctrl-C in a terminal reaches all processes; the parent decides when this one ends.
process.on('SIGINT', () => {})
setInterval(() => lane.reportUsage(), USAGE_EVERY_MS)
