import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { AcceptQueue } from './accept-queue.js'
import type {
  AdoptLimits,
  Clock,
  Connection,
  ConnectOptions,
  Endpoint,
  Listener,
  ListenOptions,
  Receiver,
  Share,
  ShareableListener,
  Sharing,
  Timer,
  Transport,
} from './transport.js'

/** Newcomers that the kernel keeps while this process is busy; the system caps it at its own limit (`somaxconn`). */
const BACKLOG = 4096

/** Longer than this, `setTimeout` would fire at once; 24 days are as good as never. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Sockets of `node:net`: works wherever Node does. */
export function nodeTransport(): Transport {
  return { name: 'node', clock: nodeClock, listen, connect: connectTo }
}

export const nodeClock: Clock = {
  now: () => performance.now(),
  after: (ms, callback, argument) => new NodeTimer(ms, callback as (argument: unknown) => void, argument),
}

class NodeTimer implements Timer {
  readonly #timeout: NodeJS.Timeout | undefined
  constructor(ms: number, callback: (argument: unknown) => void, argument: unknown) {
    // `setTimeout` drops fractions, and so does the clock that it goes by: without the extra one it would be early.
    const whole = Math.ceil(ms) + 1
    if (whole <= MAX_TIMER_MS) this.#timeout = setTimeout(callback, whole, argument)
  }
  cancel(): void {
    clearTimeout(this.#timeout)
  }
}

class NodeConnection implements Connection {
  readonly #socket: Socket
  #error: Error | undefined
  #closing = false
  #remote: Endpoint | undefined
  #local: Endpoint | undefined

  constructor(socket: Socket, onClosed?: () => void) {
    this.#socket = socket
    if (onClosed) socket.once('close', onClosed)
    socket.on('error', (error) => {
      // Once everything written is out, how the peer takes the close is its own affair (HS-4).
      if (!this.#closing || socket.writableLength > 0) this.#error = error
    })
  }

  get remote(): Endpoint {
    this.#remote ??= { host: this.#socket.remoteAddress ?? '', port: this.#socket.remotePort ?? 0 }
    return this.#remote
  }

  get local(): Endpoint {
    this.#local ??= { host: this.#socket.localAddress ?? '', port: this.#socket.localPort ?? 0 }
    return this.#local
  }

  open(receiver: Receiver): void {
    const socket = this.#socket
    socket.on('data', (chunk: Uint8Array) => receiver.data(chunk))
    socket.on('end', () => receiver.end())
    socket.on('close', () => receiver.closed(this.#error))
    socket.resume()
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    // What the kernel has taken needs no further step: closing the descriptor sends the FIN behind it.
    if (this.#socket.writableLength === 0) this.#socket.destroy()
    else this.#socket.destroySoon()
  }

  abort(): void {
    if (this.#socket.writableLength > 0) {
      this.#error ??= Object.assign(new Error('aborted before everything was sent'), { code: 'ECANCELED' })
    }
    this.#closing = true
    this.#socket.destroy()
  }
}

async function listen(at: Endpoint, options: ListenOptions): Promise<Listener> {
  const sharing = options.shared ? availableSharing() : undefined
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...socketOf(at, options, sharing), backlog: BACKLOG }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  // Out of descriptors, among others: the event loop tries again by itself when a connection has closed.
  server.on('error', () => options.onDrop('descriptors'))
  return new NodeListener(server, sharing, options)
}

/** What to listen on. */
function socketOf(at: Endpoint, { fd, reusePort }: ListenOptions, sharing: Sharing | undefined) {
  if (reusePort && !knowsReusePort()) {
    throw Object.assign(
      new Error(`Node ${process.versions.node} cannot share a port with other processes: use Node >= 22.12 on Linux`),
      { code: 'ERR_HS_REUSE_PORT_UNSUPPORTED' },
    )
  }
  if (fd === undefined) return { ...at, ...((reusePort || sharing === 'reuse-port') && { reusePort: true }) }
  if (sharing !== 'reuse-port') return { fd }
  throw Object.assign(
    new Error(
      `Node ${process.versions.node} cannot share an inherited socket with threads: use Node >= 24.21, the Linux ` +
        'transport, or another strategy',
    ),
    { code: 'ERR_HS_THREADS_UNSUPPORTED' },
  )
}

class NodeListener implements ShareableListener {
  readonly address: Endpoint
  readonly #server: Server
  readonly #sharing: Sharing | undefined
  readonly #queue = new AcceptQueue()
  readonly #shares = new Set<SocketShare>()
  readonly #unassigned: Socket[] = []
  readonly #onDrop: ListenOptions['onDrop']

  constructor(server: Server, sharing: Sharing | undefined, { maxWaiting, onDrop }: ListenOptions) {
    const { address, port } = server.address() as AddressInfo
    this.address = { host: address, port }
    this.#server = server
    this.#sharing = sharing
    this.#onDrop = onDrop
    server.on('connection', (socket) => {
      if (this.#queue.length + this.#unassigned.length >= maxWaiting) {
        socket.destroy()
        onDrop('waiting')
      } else if (sharing === 'transfer') {
        this.#unassigned.push(socket)
        this.#assign()
      } else {
        this.#queue.push(new NodeConnection(socket))
      }
    })
  }

  get sharing(): Sharing {
    return this.#sharing!
  }

  share(): Share {
    const module = new URL('./node.js', import.meta.url).href
    if (this.sharing === 'reuse-port') {
      const data: AdoptedListen = { type: 'listen', at: this.address }
      return { module, data, transfer: [], wake() {}, revoke() {} }
    }
    const { port1, port2 } = new MessageChannel()
    const share = new SocketShare(
      port1,
      () => this.#assign(),
      () => this.#onDrop('descriptors'),
    )
    this.#shares.add(share)
    const data: AdoptedSockets = { type: 'sockets', port: port2 }
    return {
      module,
      data,
      transfer: [port2],
      wake() {},
      revoke: () => {
        this.#shares.delete(share)
        share.finish()
        this.#assign()
      },
    }
  }

  async close(): Promise<void> {
    // Its callback waits until every connection is gone; what is promised here is only that none is added.
    this.#server.close()
    this.#queue.finish()
    this.#finishShares()
  }

  [Symbol.asyncIterator](): AcceptQueue {
    return this.#queue
  }

  /** Gives each waiting socket to the thread that serves fewest, as long as one has room. */
  #assign(): void {
    while (this.#unassigned.length > 0) {
      let freest: SocketShare | undefined
      for (const share of this.#shares) if (share.room > (freest?.room ?? 0)) freest = share
      if (!freest) break
      const socket = this.#unassigned.shift()!
      // A peer may be gone already; its socket cannot be transferred, and nobody misses it.
      if (socket.destroyed) continue
      freest.give(socket)
    }
    this.#finishShares()
  }

  #finishShares(): void {
    if (this.#server.listening) return
    if (this.#shares.size === 0) {
      // The last thread died, and none will come to take what waits.
      for (const socket of this.#unassigned.splice(0)) {
        socket.destroy()
        this.#onDrop('waiting')
      }
    }
    if (this.#unassigned.length > 0) return
    for (const share of this.#shares) share.finish()
  }
}

interface AdoptedListen {
  readonly type: 'listen'
  readonly at: Endpoint
}

interface AdoptedSockets {
  readonly type: 'sockets'
  readonly port: MessagePort
}

/** What a thread tells the thread that accepts: once how many it serves at a time, then 1 for each that is over. */
type RoomMessage = number

/** What Node has behind a socket. Not in its documentation; there is no other way to see whether a transfer failed. */
interface SocketHandle {
  /** -1 once it was transferred or closed. */
  readonly fd: number
  close(): void
}

/** The accepting thread's end of one thread's share. */
class SocketShare {
  /** How many more connections the thread can take; none before it is there. */
  room = 0
  readonly #port: MessagePort
  readonly #onLost: () => void
  #finished = false

  constructor(port: MessagePort, onRoom: () => void, onLost: () => void) {
    this.#port = port
    this.#onLost = onLost
    port.on('message', (freed: RoomMessage) => {
      this.room += freed
      onRoom()
    })
    port.unref()
  }

  give(socket: Socket): void {
    this.room--
    const { _handle: handle } = socket as { _handle?: SocketHandle }
    try {
      this.#port.postMessage(socket, [socket as never])
    } catch {
      socket.destroy()
      this.room++
      return
    }
    if (!handle || handle.fd < 0) return
    // A transfer takes a second descriptor for a moment. Where there is none, Node says nothing, delivers nothing, and
    // keeps what it no longer shows: the peer would wait for as long as the process lives.
    handle.close()
    this.room++
    this.#onLost()
  }

  finish(): void {
    if (this.#finished) return
    this.#finished = true
    this.#port.postMessage(null)
  }
}

/** The other end, in the thread: see `TransportModule`. */
export async function adopt(
  data: AdoptedListen | AdoptedSockets,
  { atOnce }: AdoptLimits,
): Promise<{ listener: Listener; clock: Clock }> {
  if (data.type === 'listen') {
    const listener = await listen(data.at, { shared: true, maxWaiting: Number.POSITIVE_INFINITY, onDrop() {} })
    return { listener, clock: nodeClock }
  }
  const { port } = data
  const queue = new AcceptQueue()
  port.on('message', (socket: Socket | null) => {
    if (socket) queue.push(new NodeConnection(socket, () => port.postMessage(1 satisfies RoomMessage)))
    else {
      queue.finish()
      port.unref()
    }
  })
  // A number and not Infinity, so that the accepting thread can compare who has more room left.
  port.postMessage(Math.min(atOnce, Number.MAX_SAFE_INTEGER) satisfies RoomMessage)
  return {
    listener: {
      address: { host: '', port: 0 },
      // The accepting thread says when the last one has come.
      close: async () => {},
      [Symbol.asyncIterator]: () => queue,
    },
    clock: nodeClock,
  }
}

/**
 * The better of the two ways that this Node has; asked and not inferred from a version, where that is possible.
 *
 * @throws ERR_HS_THREADS_UNSUPPORTED If it has neither.
 */
function availableSharing(): Sharing {
  const { port1 } = new MessageChannel()
  try {
    port1.postMessage(null, [new Socket() as never])
  } catch (error) {
    // An unconnected socket cannot be transferred; how Node says so tells whether a connected one could.
    if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_HANDLE_NOT_TRANSFERABLE') return 'transfer'
  } finally {
    port1.close()
  }
  if (knowsReusePort()) return 'reuse-port'
  throw Object.assign(
    new Error(
      `Node ${process.versions.node} can share a listener with threads in neither way: ` +
        'use Node >= 24.21 (sockets are transferred) or >= 22.12 on Linux (reusePort), or another strategy',
    ),
    { code: 'ERR_HS_THREADS_UNSUPPORTED' },
  )
}

/** It is silently ignored by Node versions that do not know it, so the version must tell. */
function knowsReusePort(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return process.platform === 'linux' && (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12))
}

function connectTo(to: Endpoint, { signal, family, localAddress }: ConnectOptions = {}): Promise<Connection> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    // TCP_NODELAY is not set: each side sends one small message and waits for the answer, so Nagle never holds one back.
    const socket = connect({
      ...to,
      allowHalfOpen: true,
      ...(family && { family }),
      ...(localAddress && { localAddress }),
    })
    const settle = () => {
      socket.off('error', onError)
      signal?.removeEventListener('abort', onAbort)
    }
    const onError = (error: Error) => {
      settle()
      reject(error)
    }
    const onAbort = () => {
      settle()
      socket.on('error', () => {})
      socket.destroy()
      reject(signal!.reason)
    }
    socket.once('error', onError)
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => {
      settle()
      // Nothing is read before `open`.
      socket.pause()
      resolve(new NodeConnection(socket))
    })
  })
}
