import { type ProtocolOptions, serverHandshake } from '@hs/protocol'
import {
  chooseTransport,
  DEFAULT_PREFIX_MS,
  DEFAULT_QUIET_MS,
  type Endpoint,
  isShareable,
  type Patience,
  type Sharing,
  type Transport,
  type TransportName,
} from '@hs/transport'
import { type Counters, CounterTable } from './counters.js'
import { descriptorWarning } from './descriptors.js'
import type { ServerEvent } from './events.js'
import { observerOf } from './observer.js'
import { openOutput, type PrintOptions } from './print.js'
import { Service, type ServiceSettings } from './service.js'
import { events } from './strategies/events.js'
import { sequential } from './strategies/sequential.js'
import { threads } from './strategies/threads.js'
import type { ConcurrencyStrategy } from './strategy.js'
import { TrackedListener } from './tracked-listener.js'

/** The strategies that one word chooses, with their own defaults. */
export const STRATEGIES = Object.freeze({ sequential, threads, events })

export type StrategyName = keyof typeof STRATEGIES

/** The accident that it answers: clients that connect and stay, until nobody else can (HS-6.2). */
export const DEFAULT_TIMEOUT_MS = 10_000

/** The accident that it answers: a flood of connections that takes every descriptor of the process (HS-6.3). */
export const DEFAULT_MAX_CONNECTIONS = 10_000

/** Long enough for what is in flight, shorter than the patience of the usual process managers. */
export const DEFAULT_GRACE_MS = 5_000

export interface ServeOptions extends ProtocolOptions, Partial<Patience> {
  /** 0 to 65535; 0 takes a free one, to be read from `address`. */
  readonly port: number
  /** An address or a name. Default `'127.0.0.1'`: reachable from this machine only. */
  readonly host?: string
  /** Default `'events'`. */
  readonly strategy?: StrategyName | ConcurrencyStrategy
  /** Connections served at a time; more are closed at once. Default 10000. */
  readonly maxConnections?: number
  /** Default `'auto'`: the fastest that is installed and works here. */
  readonly transport?: TransportName | Transport
  /**
   * What stands between the listener and the server, as a transport around the chosen one: it may give connections other
   * addresses, or a `refusal`. Called with the number of threads that share the listener, 0 if none do.
   */
  readonly wrapTransport?: (transport: Transport, threads: number) => Transport
  /** A socket that is bound already (socket activation): its descriptor. `host` and `port` then mean nothing. */
  readonly fd?: number
  /** Lets other processes listen on the same address and port at the same time (SO_REUSEPORT). Default false. */
  readonly reusePort?: boolean
  /**
   * Sees every event of every connection. Given here and not attached later, so that none is missed. Events of other
   * threads arrive a little late, in order within a connection.
   */
  readonly onEvent?: (event: ServerEvent) => void
  /** Prints lines to stdout and stderr, from the thread that serves, before anything else happens. Default: silence. */
  readonly print?: PrintOptions
}

/** What stopping a server did to the connections that were open or waiting. */
export interface StopReport {
  /** Ended by themselves. */
  readonly completed: number
  /** Dropped when the grace was over. */
  readonly cut: number
}

export interface HelloServer extends AsyncDisposable {
  /** Where it listens, with the port that was chosen. */
  readonly address: Endpoint
  readonly strategy: string
  /** Threads that serve. */
  readonly threads: number
  readonly transport: string
  /** Why `'auto'` did not choose the fastest; undefined where it did. */
  readonly transportReason: string | undefined
  /** How connections reach the threads; undefined where one thread serves. */
  readonly sharing: Sharing | undefined
  readonly counters: Counters
  /** The same for each thread; the first is that which called `serve`. */
  readonly countersByThread: readonly Counters[]
  readonly maxConnections: number
  /** `stopping`: `close` was called, or the server broke. */
  readonly state: 'serving' | 'stopping' | 'stopped'
  /** What will keep it from serving as much as it was asked to, in sentences. */
  readonly warnings: readonly string[]
  /**
   * Resolves when the server has stopped. Rejects if it broke: its strategy threw, a thread cannot be had, its output is
   * lost. Like any rejection that is not handled, this one ends the process; handle it here, or with `close`.
   */
  readonly stopped: Promise<StopReport>
  /**
   * Stops accepting, lets what is in flight finish, and drops what is left after the grace. May be called again, to
   * shorten the grace.
   */
  close(options?: { readonly graceMs?: number }): Promise<StopReport>
}

/**
 * Listens, and serves handshakes until it is closed.
 *
 * @returns When the server listens, and its threads can serve.
 * @throws {RangeError | TypeError} For an option that makes no sense.
 * @throws Whatever the strategy throws before it can serve.
 * @throws System errors as Node shapes them (`EADDRINUSE`, `EACCES`, …) if it cannot listen, and
 *   `ERR_HS_TRANSPORT_UNAVAILABLE` or `ERR_HS_THREADS_UNSUPPORTED` if the Linux transport was asked for and cannot work, or this Node cannot share a listener with threads.
 */
export async function serve(options: ServeOptions): Promise<HelloServer> {
  const { port, host = '127.0.0.1', maxConnections = DEFAULT_MAX_CONNECTIONS, onEvent } = options
  const { transport: chosen, reason } = await chooseTransport(
    options.transport ?? 'auto',
    () => import('@hs/transport-linux'),
  )
  const strategy = typeof options.strategy === 'object' ? options.strategy : named(options.strategy ?? 'events')
  const checked = {
    strategy: strategy.name,
    protocol: protocolOf(options),
    patience: {
      timeoutMs: positive('timeoutMs', options.timeoutMs ?? DEFAULT_TIMEOUT_MS),
      quietMs: notNegative('quietMs', options.quietMs ?? DEFAULT_QUIET_MS),
      prefixMs: notNegative('prefixMs', options.prefixMs ?? DEFAULT_PREFIX_MS),
    },
    maxConnections: positive('maxConnections', maxConnections),
  }
  // Whatever it has against the options, it had better say now and not at the first connection.
  serverHandshake(checked.protocol)
  const transport = options.wrapTransport?.(chosen, strategy.threads ?? 0) ?? chosen
  const table = new CounterTable(1 + (strategy.threads ?? 0))
  const row = table.row(0)
  const listener = await transport.listen(
    { host, port },
    {
      shared: strategy.threads !== undefined,
      maxWaiting: maxConnections,
      onDrop: (reason) => row.drop(reason),
      ...(options.fd !== undefined && { fd: options.fd }),
      ...(options.reusePort && { reusePort: true }),
    },
  )

  const output = options.print && openOutput(options.print, checked.patience.timeoutMs)
  const settings: ServiceSettings = { ...checked, print: output?.settings }
  const stopping = new AbortController()
  const dropping = new AbortController()
  let onReady = () => {}
  const ready = new Promise<void>((resolve) => {
    onReady = resolve
  })
  const lost: { error?: unknown } = {}
  const fail = (error: unknown) => {
    lost.error ??= error
    stop(0)
  }
  const forward = observerOf(onEvent)
  const service = new Service(settings, table, 0, transport.clock, forward, fail)
  stopping.signal.addEventListener('abort', () => service.stop())
  dropping.signal.addEventListener('abort', () => service.drop())

  let grace: NodeJS.Timeout | undefined
  let finishedBefore = 0
  let over = false
  function stop(graceMs: number): void {
    if (over) return
    clearTimeout(grace)
    if (!stopping.signal.aborted) {
      finishedBefore = finished(table.snapshot())
      stopping.abort()
      void listener.close()
    }
    if (graceMs <= 0) dropping.abort()
    else grace = setTimeout(() => dropping.abort(), graceMs)
  }

  // What several threads accept, none of them can know.
  const tracked = strategy.threads === undefined ? new TrackedListener(listener) : undefined
  async function run(): Promise<StopReport> {
    try {
      await strategy.run({
        listener: tracked ?? listener,
        serveOne: tracked
          ? (connection) => {
              tracked.serving(connection)
              return service.serveOne(connection)
            }
          : service.serveOne,
        stopping: stopping.signal,
        dropping: dropping.signal,
        elsewhere: {
          settings,
          counters: table.buffer,
          watched: forward !== undefined,
          forward: (event) => forward?.(event),
          observe: (event) => service.observe(event),
          ready: onReady,
          fail,
        },
      })
    } catch (error) {
      lost.error ??= error
    }
    // A strategy that gave up leaves a listener behind, and perhaps connections.
    if (!stopping.signal.aborted) stop(lost.error ? 0 : DEFAULT_GRACE_MS)
    if (tracked) for await (const connection of tracked.left()) void service.serveOne(connection)
    await service.idle()
    clearTimeout(grace)
    output?.close()
    over = true
    if (lost.error) throw lost.error
    const counters = table.snapshot()
    const cut = counters.failed.ERR_HS_ABORTED ?? 0
    return { completed: finished(counters) - finishedBefore - cut, cut }
  }

  const { address } = listener
  const warning = descriptorWarning(maxConnections, strategy.threads ?? 0)
  const running = run()
  // On the caller's thread it can serve at once, unless it throws at once.
  if (strategy.threads === undefined) setImmediate(onReady)
  await Promise.race([ready, running])
  if (lost.error) await running
  // A promise of its own: if the caller does not handle that it rejects, nothing else here does.
  const stopped = running.then((report) => report)
  return {
    address,
    strategy: strategy.name,
    threads: Math.max(1, strategy.threads ?? 0),
    transport: transport.name,
    transportReason: reason,
    sharing: strategy.threads !== undefined && isShareable(listener) ? listener.sharing : undefined,
    warnings: warning === undefined ? [] : [warning],
    maxConnections,
    get counters() {
      return table.snapshot()
    },
    get countersByThread() {
      return table.byThread()
    },
    get state() {
      return over ? 'stopped' : stopping.signal.aborted ? 'stopping' : 'serving'
    },
    stopped,
    close({ graceMs = DEFAULT_GRACE_MS } = {}) {
      stop(graceMs)
      return stopped
    },
    async [Symbol.asyncDispose]() {
      stop(DEFAULT_GRACE_MS)
      await stopped
    },
  }
}

function named(name: StrategyName): ConcurrencyStrategy {
  if (Object.hasOwn(STRATEGIES, name)) return STRATEGIES[name]()
  throw new TypeError(`strategy must be ${Object.keys(STRATEGIES).join(', ')} or an object, got ${name}`)
}

function protocolOf({ arithmetic, terminator, strict, maxMessageBytes }: ServeOptions): ProtocolOptions {
  return {
    ...(arithmetic !== undefined && { arithmetic }),
    ...(terminator !== undefined && { terminator }),
    ...(strict !== undefined && { strict }),
    ...(maxMessageBytes !== undefined && { maxMessageBytes }),
  }
}

/** Everything that was accepted is over, except what is active. */
function finished({ accepted, active }: Counters): number {
  return accepted - active
}

function positive(name: string, value: number): number {
  if (value > 0) return value
  throw new RangeError(`${name} must be more than 0, got ${value}`)
}

function notNegative(name: string, value: number): number {
  if (value >= 0) return value
  throw new RangeError(`${name} must not be negative, got ${value}`)
}
