import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { isMainThread } from 'node:worker_threads'
import { boolean, checkOptions, optional, type Table } from '@hs/options'
import type { Connection, ConnectOptions, Endpoint, Listener, ListenOptions, Transport } from '@hs/transport'
import { wrongDescriptor } from '@hs/transport/internals'
import { OwnConnection } from './connection.js'
import { EALREADY, EINPROGRESS, EINTR, systemError } from './errors.js'
import { BACKLOG, LinuxListener } from './listener.js'
import { Reactor } from './reactor.js'
import type { Ring } from './ring.js'
import { OwnRingConnection } from './ring-connection.js'
import { RingListener } from './ring-listener.js'
import { Rings } from './rings.js'
import { SharedLinuxListener } from './share.js'
import { EPOLLIN, EPOLLOUT } from './system.js'

export interface LinuxTransportOptions {
  /**
   * Has calls made by the kernel, many at a time (io_uring), where the system allows it, and in the main thread. `true`:
   * for clients too, which pays for programs with many connections of their own at once. `false`: for none. Default:
   * for servers.
   */
  readonly ring?: boolean
}

const LINUX_TRANSPORT_OPTIONS = { ring: optional(boolean()) } satisfies Table<LinuxTransportOptions>

/**
 * Of a worker thread: what a transport makes cannot be made while its thread is being ended, since koffi would abort the
 * process. So it is made once.
 */
let ofWorker: Transport | undefined

/**
 * Sockets without streams, by io_uring or epoll, through FFI: as `nodeTransport()`, at the cost of a server in C. A
 * worker thread has one, however often it asks.
 *
 * @throws ERR_HS_TRANSPORT_UNAVAILABLE Where it cannot work: another system than Linux, or no koffi. `cause` says why.
 */
export function linuxTransport(options: LinuxTransportOptions = {}): Transport {
  const { ring } = checkOptions('linuxTransport', options, LINUX_TRANSPORT_OPTIONS)
  if (isMainThread) return newTransport(ring)
  ofWorker ??= newTransport(ring)
  return ofWorker
}

function newTransport(wanted: boolean | undefined): Transport {
  const reactor = new Reactor('loop')
  const rings = new Rings(reactor)
  /** The last host that was an address: the next connect mostly names the same one. */
  let literal: string | undefined
  return {
    name: 'linux',
    clock: reactor.clock,
    get shortfall() {
      return rings.failure && `io_uring cannot be used here: ${rings.failure}`
    },
    listen: (at, options) => listen(reactor, wanted === false ? undefined : rings, at, options),
    connect(to, options = {}) {
      const connector = { reactor, ring: wanted ? rings.ring : undefined }
      if (to.host !== literal && !isIP(to.host)) return connectByName(connector, to, options)
      literal = to.host
      return connectOnce(connector, to, options)
    },
  }
}

/** What connecting needs. */
interface Connector {
  readonly reactor: Reactor
  /** undefined: each call is made here. */
  readonly ring: Ring | undefined
}

async function listen(
  reactor: Reactor,
  rings: Rings | undefined,
  at: Endpoint,
  options: ListenOptions,
): Promise<Listener> {
  const { system } = reactor
  // One that is not what it should be stays open: it may be anything, even Node's own.
  if (options.fd !== undefined && !system.isTcp(options.fd)) throw wrongDescriptor(options.fd)
  const fd = options.fd ?? (await bind(reactor, at, options.reusePort ?? false))
  system.noDelay(fd)
  const error = system.listen(fd, BACKLOG)
  if (error < 0) {
    if (options.fd !== undefined) throw wrongDescriptor(fd, systemError('listen', error))
    system.close(fd)
    throw systemError('listen', error, at)
  }
  if (options.fd !== undefined) system.setBlocking(fd, false)
  if (options.shared) return new SharedLinuxListener(reactor, fd)
  // One connection after the other gives a ring nothing to gather, and each call takes it longer.
  const ring = options.atOnce === 1 ? undefined : rings?.ring
  if (ring) {
    try {
      return new RingListener(ring, fd, options.onDrop)
    } catch (error) {
      system.close(fd)
      throw error
    }
  }
  return new LinuxListener(reactor, { fd, events: EPOLLIN, onEnd: () => system.close(fd) }, options.onDrop)
}

async function bind({ system }: Reactor, at: Endpoint, reusePort: boolean): Promise<number> {
  const [address = at] = await resolve(at)
  const fd = system.socket(address.host)
  if (fd < 0) throw systemError('socket', fd)
  system.reuseAddress(fd)
  if (reusePort) system.reusePort(fd)
  const error = system.bind(fd, address)
  if (error === 0) return fd
  system.close(fd)
  // Node says `listen` also where it was the bind that failed.
  throw systemError('listen', error, address)
}

/** Tries the addresses of a name one after the other, until one answers. */
async function connectByName(connector: Connector, to: Endpoint, options: ConnectOptions): Promise<Connection> {
  const errors: Error[] = []
  for (const address of await unlessAborted(resolve(to, options.family), options.signal)) {
    options.signal?.throwIfAborted()
    try {
      return await connectOnce(connector, address, options)
    } catch (error) {
      if (options.signal?.aborted) throw error
      errors.push(error as Error)
    }
  }
  if (errors.length === 1) throw errors[0]
  throw Object.assign(new AggregateError(errors), { code: (errors[0] as NodeJS.ErrnoException).code })
}

async function connectOnce(
  { reactor, ring }: Connector,
  to: Endpoint,
  { signal, localAddress }: ConnectOptions,
): Promise<Connection> {
  const { system } = reactor
  signal?.throwIfAborted()
  const fd = system.socket(to.host, ring !== undefined)
  if (fd < 0) throw systemError('socket', fd, to)
  const connection = ring ? new OwnRingConnection(ring, fd) : new OwnConnection(reactor, fd)
  try {
    // Each side sends one small message and waits for the answer. So Nagle never holds one back, and TCP_NODELAY is not
    // set; but without this, the kernel would acknowledge what comes with a segment of its own, just before the answer.
    system.delayAcknowledgements(fd)
    let state = localAddress === undefined ? 0 : system.bindAddress(fd, localAddress)
    if (state === 0 && connection instanceof OwnRingConnection) {
      state = await connection.connect(system.peerAddress(to), signal)
    } else if (state === 0) {
      state = system.connect(fd, to)
    }
    // On one machine the peer has mostly answered by now, and asking once more costs a fifth of a notification by epoll.
    if (state === EINPROGRESS) state = system.connect(fd, to)
    // A signal does not interrupt a connect: it continues in the background.
    if (state === EINPROGRESS || state === EALREADY || state === EINTR) state = await connected(reactor, fd, signal)
    // A caller that aborts right after the call has done so by then.
    else if (signal) await undefined
    signal?.throwIfAborted()
    if (state < 0) throw systemError('connect', state, to)
  } catch (error) {
    connection.abort()
    throw error
  }
  return connection
}

/** The system does not stop looking a name up; only the wait for it ends. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
    if (signal.aborted) onAbort()
  })
}

/** How a connect ended that continues in the background: 0, or the negative number of the error. Ends early on an abort. */
function connected(reactor: Reactor, fd: number, signal: AbortSignal | undefined): Promise<number> {
  return new Promise((resolve) => {
    const settle = () => {
      signal?.removeEventListener('abort', settle)
      reactor.remove(fd)
      resolve(reactor.system.pendingError(fd))
    }
    reactor.add(fd, EPOLLOUT, { ready: settle })
    signal?.addEventListener('abort', settle, { once: true })
  })
}

/** The addresses of a name, by Node, so that it means here what it means everywhere else. */
async function resolve({ host, port }: Endpoint, family: 4 | 6 | undefined = undefined): Promise<Endpoint[]> {
  const [address = host] = host.split('%')
  if (isIP(address)) return [{ host, port }]
  const found = await lookup(host, { all: true, ...(family && { family }) })
  return found.map(({ address }) => ({ host: address, port }))
}
