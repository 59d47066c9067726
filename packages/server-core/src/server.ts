import { setMaxListeners } from 'node:events'
import { checkOptions } from '@hs/options'
import { type Connection, chooseTransport, type Endpoint, isShareable, type Sharing } from '@hs/transport'
import { CLOSE_OPTIONS, SERVE_OPTIONS, WRAPPED } from './checks.js'
import { type Counters, CounterTable } from './counters.js'
import { descriptorWarning } from './descriptors.js'
import { observerOf } from './observer.js'
import { type CloseOptions, DEFAULT_GRACE_MS, type ServeOptions, STRATEGIES } from './options.js'
import { openOutput } from './print.js'
import { Service, type ServiceSettings } from './service.js'
import { Shutdown } from './shutdown.js'
import type { ThreadStrategy, ThreadWork } from './strategy.js'
import { TrackedListener } from './tracked-listener.js'

/** What stopping a server did to the connections that were open or waiting. */
export interface StopReport {
  /** Ended by themselves. */
  readonly completed: number
  /** Dropped when the grace was over. */
  readonly cut: number
}

export interface HelloServer extends AsyncDisposable {
  /** The address it listens on, with the port that was chosen. */
  readonly address: Endpoint
  readonly strategy: string
  /** Threads that serve. */
  readonly threads: number
  readonly transport: string
  /** Why it is not the fastest, where `'auto'` could not choose that, or it is slower here than elsewhere. */
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
  close(options?: CloseOptions): Promise<StopReport>
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
  const { port, host, maxConnections, onEvent, print, ...rest } = checkOptions('serve', options, SERVE_OPTIONS)
  const { timeoutMs, quietMs, prefixMs, transport: wanted, strategy: chosen, ...more } = rest
  const { wrapTransport, fd, reusePort, ...protocol } = more
  const { transport: bare, reason } = await chooseTransport(wanted, (name) => import(/* webpackIgnore: true */ name))
  const strategy = typeof chosen === 'object' ? chosen : STRATEGIES[chosen]()
  // Only ours has any.
  const { threads = 0 } = strategy as Partial<ThreadStrategy>
  const transport = wrapTransport ? WRAPPED.read('what wrapTransport returns', wrapTransport(bare, threads)) : bare
  const table = new CounterTable(1 + threads)
  const row = table.row(0)
  const forward = observerOf(onEvent)
  const listener = await transport.listen(
    { host, port },
    {
      shared: threads > 0,
      atOnce: strategy.atOnce ?? Number.POSITIVE_INFINITY,
      remembersPeers: forward !== undefined || print !== undefined,
      maxWaiting: maxConnections,
      onDrop: (reason) => row.drop(reason),
      ...(fd !== undefined && { fd }),
      ...(reusePort && { reusePort }),
    },
  )

  const output = print && openOutput(print, timeoutMs)
  const settings: ServiceSettings = {
    strategy: strategy.name,
    protocol,
    patience: { timeoutMs, quietMs, prefixMs },
    maxConnections,
    print: output?.settings,
  }
  const shutdown = new Shutdown(listener, transport.clock, strategy.name)
  const { stopping, dropping } = shutdown
  // Each thread listens, and there may be many: Node takes more than ten for a leak.
  setMaxListeners(0, stopping, dropping)
  const fail = (thrown: unknown) => shutdown.fail(thrown)
  const service = new Service(settings, { thread: 0, table, clock: transport.clock, forward, onOutputLost: fail })
  let finishedBefore = 0
  stopping.addEventListener('abort', () => {
    finishedBefore = finished(table.snapshot())
    service.stop()
  })
  dropping.addEventListener('abort', () => service.drop())

  // What several threads accept, none of them can know.
  const tracked = threads === 0 ? new TrackedListener(listener) : undefined
  const begin = (connection: Connection, onOver?: () => void) => {
    tracked?.serving(connection)
    service.serve(connection, onOver)
  }
  let onReady = () => {}
  const ready = new Promise<void>((resolve) => {
    onReady = resolve
  })
  const work: ThreadWork = {
    listener: tracked ?? listener,
    serve: begin,
    serveOne: (connection) => new Promise((resolve) => begin(connection, resolve)),
    stopping,
    dropping,
    elsewhere: {
      settings,
      counters: table.buffer,
      watched: forward !== undefined,
      forward: (event) => forward?.(event),
      observe: (event) => service.observe(event),
      ready: onReady,
      fail,
    },
  }
  async function run(): Promise<StopReport> {
    try {
      await strategy.run(work)
    } catch (thrown) {
      fail(thrown)
    }
    if (!stopping.aborted) shutdown.stop(DEFAULT_GRACE_MS)
    try {
      // A strategy that gave up leaves a listener open, and perhaps connections.
      if (tracked) for await (const connection of tracked.left()) service.serve(connection)
    } catch (thrown) {
      fail(thrown)
    }
    await service.idle()
    await shutdown.finish().finally(() => output?.close())
    const counters = table.snapshot()
    const cut = counters.failed.ERR_HS_ABORTED ?? 0
    return { completed: finished(counters) - finishedBefore - cut, cut }
  }

  const { address } = listener
  const warning = descriptorWarning(maxConnections, threads)
  const running = Promise.race([run(), shutdown.overdue])
  // On the caller's thread it can serve at once, unless it throws at once.
  if (threads === 0) setImmediate(onReady)
  await Promise.race([ready, running])
  if (shutdown.error) await running
  // A promise of its own: if the caller does not handle that it rejects, nothing else here does.
  const stopped = running.then((report) => report)
  return {
    address,
    strategy: strategy.name,
    threads: Math.max(1, threads),
    transport: transport.name,
    transportReason: reason ?? bare.shortfall,
    sharing: threads > 0 && isShareable(listener) ? listener.sharing : undefined,
    warnings: warning === undefined ? [] : [warning],
    maxConnections,
    get counters() {
      return table.snapshot()
    },
    get countersByThread() {
      return table.byThread()
    },
    get state() {
      return shutdown.state
    },
    stopped,
    async close(options = {}) {
      shutdown.stop(checkOptions('close', options, CLOSE_OPTIONS).graceMs)
      return await stopped
    },
    async [Symbol.asyncDispose]() {
      shutdown.stop(DEFAULT_GRACE_MS)
      await stopped
    },
  }
}

/** Everything that was accepted is over, except what is active. */
function finished({ accepted, active }: Counters): number {
  return accepted - active
}
