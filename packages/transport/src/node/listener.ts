import { type AddressInfo, createServer, type Server } from 'node:net'
import { AcceptQueue } from '../accept-queue.js'
import { DescriptorReserve, wrongDescriptor } from '../descriptors.js'
import type { Endpoint, Listener, ListenOptions, Share, ShareableListener, Sharing } from '../transport.js'
import { NodeConnection, remoteOf } from './connection.js'
import {
  type AcceptedSocket,
  type AdoptedListen,
  type AdoptedSockets,
  type SocketHandle,
  SocketShare,
} from './share.js'
import { availableSharing, channel } from './sharing.js'
import { socketOf } from './socket.js'

/** Newcomers that the kernel keeps while this process is busy; the system caps it at its own limit (`somaxconn`). */
const BACKLOG = 4096

/** Descriptors that a process has besides its connections, at most: about 30, and 10 per thread. */
const MOST_OTHERS = 500

/** See `Transport.listen`. */
export async function listen(at: Endpoint, options: ListenOptions): Promise<Listener> {
  const sharing = options.shared ? availableSharing() : undefined
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
  const { fd } = options
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(fd === undefined ? error : wrongDescriptor(fd, error)))
    server.listen({ ...socketOf(at, options, sharing), backlog: BACKLOG }, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
  // A Unix socket has a path, or nothing.
  if (fd !== undefined && !isTcp(server)) {
    server.close()
    throw wrongDescriptor(fd)
  }
  // Out of descriptors, among others: the event loop tries again by itself when a connection has closed.
  server.on('error', () => options.onDrop('descriptors'))
  return new NodeListener(server, sharing, options)
}

function isTcp(server: Server): boolean {
  const address = server.address()
  return typeof address === 'object' && address !== null
}

/** Turns of the event loop without a newcomer after which the kernel has none. The first one may have begun before. */
const QUIET_TURNS = 2

class NodeListener implements ShareableListener {
  readonly address: Endpoint
  readonly #server: Server
  readonly #sharing: Sharing | undefined
  readonly #queue = new AcceptQueue()
  readonly #shares = new Set<SocketShare>()
  readonly #unassigned: AcceptedSocket[] = []
  readonly #onDrop: ListenOptions['onDrop']
  readonly #remembersPeers: boolean
  readonly #reserve = new DescriptorReserve()
  #accepted = 0
  #closed: Promise<void> | undefined

  constructor(
    server: Server,
    sharing: Sharing | undefined,
    { maxWaiting, onDrop, remembersPeers = true }: ListenOptions,
  ) {
    const { address, port } = server.address() as AddressInfo
    this.address = { host: address, port }
    this.#server = server
    this.#sharing = sharing
    this.#onDrop = onDrop
    this.#remembersPeers = remembersPeers
    server.on('connection', (socket) => {
      this.#accepted++
      const remote = remembersPeers ? remoteOf(socket) : undefined
      const { _handle: handle } = socket as { _handle?: SocketHandle }
      if (handle && this.#isSpare(handle.fd)) {
        socket.destroy()
        onDrop('descriptors')
      } else if (this.#queue.length + this.#unassigned.length >= maxWaiting) {
        socket.destroy()
        onDrop('waiting')
      } else if (sharing === 'transfer') {
        this.#unassigned.push({ socket, remote })
        this.#assign()
      } else {
        this.#queue.push(new NodeConnection(socket, remote))
      }
    })
  }

  #isSpare(fd: number): boolean {
    if (this.#reserve.includes(fd) || this.#sharing !== 'transfer') return this.#reserve.includes(fd)
    // A transfer moves the socket to the next descriptor, and its number is the first free one again. The system is asked
    // only when the connections alone could have taken all.
    let open = MOST_OTHERS + this.#unassigned.length
    for (const share of this.#shares) open += share.open
    return this.#reserve.includes(open) && this.#reserve.isNext()
  }

  get sharing(): Sharing {
    return this.#sharing!
  }

  share(): Share {
    const module = new URL(/* webpackIgnore: true */ './adopt.js', import.meta.url).href
    if (this.sharing === 'reuse-port') {
      const data: AdoptedListen = { type: 'listen', at: this.address, remembersPeers: this.#remembersPeers }
      return { module, data, transfer: [], revoke() {} }
    }
    const { port1, port2 } = channel()
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
      revoke: () => {
        this.#shares.delete(share)
        share.finish()
        this.#assign()
      },
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    await this.#drain()
    // Its callback waits until every connection is gone; what is promised here is only that none is added.
    this.#server.close()
    this.#queue.finish()
    this.#finishShares()
  }

  [Symbol.asyncIterator](): AcceptQueue {
    return this.#queue
  }

  /**
   * Accepts what the kernel has accepted already: it would reset all of that when the listener is closed. With a backlog
   * of none, the kernel leaves newcomers waiting for an answer, and they find the next server, if there is one.
   */
  async #drain(): Promise<void> {
    const { _handle: handle } = this.#server as { _handle?: { listen?(backlog: number): number } }
    handle?.listen?.(0)
    const most = this.#accepted + BACKLOG
    for (let quiet = 0; quiet < QUIET_TURNS && this.#accepted < most; ) {
      const before = this.#accepted
      // Not by node:timers/promises, which a client would load as well.
      await new Promise(setImmediate)
      quiet = this.#accepted === before ? quiet + 1 : 0
    }
  }

  /** Gives each waiting socket to the thread that serves fewest, as long as one has room. */
  #assign(): void {
    while (this.#unassigned.length > 0) {
      let freest: SocketShare | undefined
      for (const share of this.#shares) if (share.room > (freest?.room ?? 0)) freest = share
      if (!freest) break
      const accepted = this.#unassigned.shift()!
      // A peer may be gone already; its socket cannot be transferred, and is not missed.
      if (accepted.socket.destroyed) continue
      freest.give(accepted)
    }
    this.#finishShares()
  }

  #finishShares(): void {
    if (this.#server.listening) return
    if (this.#shares.size === 0) {
      // The last thread died, and none will come to take what waits.
      for (const { socket } of this.#unassigned.splice(0)) {
        socket.destroy()
        this.#onDrop('waiting')
      }
    }
    if (this.#unassigned.length > 0) return
    for (const share of this.#shares) share.finish()
  }
}
