import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server, Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { onTestFinished } from 'vitest'
import type { Endpoint } from '../transport.js'

/** The other end of a connection under test, under the test's control. Text is a character per byte. */
export abstract class Peer {
  abstract readonly local: Endpoint
  abstract readonly remote: Endpoint
  /** What has come so far. */
  received = ''
  /** The other side has said that it will send no more. */
  ended = false
  /** Why the connection broke, if it did. */
  error: NodeJS.ErrnoException | undefined
  #waiters: (() => void)[] = []

  /** The connection is closed or broken here. */
  abstract get destroyed(): boolean
  /** Bytes that were sent and that the system has not taken yet. */
  abstract get unsentBytes(): number
  /** Resolves when the system has taken it. */
  abstract send(text: string): Promise<void>
  /** Sends without waiting. */
  abstract write(text: string): void
  /** Sends no more; continues to read. */
  abstract end(): Promise<void>
  /** Breaks the connection: what it sends is a reset. */
  abstract reset(): void
  /** Closes it in both directions. */
  abstract destroy(): void
  /** Reads nothing for now. */
  abstract pause(): void
  abstract resume(): void

  /** The other side ended, or the connection broke. */
  get gone(): boolean {
    return this.ended || this.destroyed
  }

  /** Resolves when the other side has ended or broken the connection. */
  async untilGone(): Promise<void> {
    while (!this.gone) await this.#next()
  }

  /** Resolves when this much has come. @throws If the connection ends before. */
  async until(text: string): Promise<void> {
    while (!this.received.includes(text)) {
      if (this.gone) throw new Error(`"${text}" did not come, only "${this.received}"`)
      await this.#next()
    }
  }

  /** Reads a chunk per turn of the event loop. */
  readSlowly(): void {
    this.onChunk = () => {
      this.pause()
      setImmediate(() => this.resume())
    }
    this.resume()
  }

  protected onChunk = () => {}

  protected take(chunk: Uint8Array): void {
    this.received += Buffer.from(chunk).toString('latin1')
    this.onChunk()
    this.wake()
  }

  protected wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter()
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve)
    })
  }
}

/** A server of bare peers, for the connecting side under test. */
export interface PeerServer {
  readonly address: Endpoint
  /** @param from - Only the one from there: another program of a busy machine may connect to this port by mistake. */
  accept(from?: Endpoint): Promise<Peer>
  close(): Promise<void>
}

/** Where the peers of a suite come from. */
export interface Peers {
  connect(to: Endpoint): Promise<Peer>
  /** Default: any port of 127.0.0.1. */
  listen(at?: Endpoint): Promise<PeerServer>
  /**
   * Whether a reset that was sent has arrived; undefined if the system does not say.
   *
   * @param local - The end under test.
   */
  readonly resetArrived: ((local: Endpoint, remote: Endpoint) => boolean) | undefined
}

/** A bare socket of `node:net`. */
export class SocketPeer extends Peer {
  readonly socket: Socket

  constructor(socket: Socket) {
    super()
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.take(chunk))
    socket.on('end', () => {
      this.ended = true
      this.wake()
    })
    socket.on('error', (error) => {
      this.error = error
    })
    socket.on('close', () => this.wake())
    onTestFinished(() => {
      socket.destroy()
    })
  }

  /** A peer that connects. */
  static async connect(to: Endpoint): Promise<SocketPeer> {
    const socket = new Socket({ allowHalfOpen: true })
    const peer = new SocketPeer(socket)
    socket.connect(to.port, to.host)
    await once(socket, 'connect')
    return peer
  }

  get local(): Endpoint {
    return { host: this.socket.localAddress ?? '', port: this.socket.localPort ?? 0 }
  }

  get remote(): Endpoint {
    return { host: this.socket.remoteAddress ?? '', port: this.socket.remotePort ?? 0 }
  }

  get destroyed(): boolean {
    return this.socket.destroyed
  }

  get unsentBytes(): number {
    return this.socket.writableLength
  }

  send(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.write(text, 'latin1', (error) => (error ? reject(error) : resolve()))
    })
  }

  write(text: string): void {
    // Else the second of two small writes waits for the first to be acknowledged.
    this.socket.setNoDelay()
    this.socket.write(text, 'latin1')
  }

  end(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.end(resolve)
    })
  }

  reset(): void {
    this.socket.resetAndDestroy()
  }

  destroy(): void {
    this.socket.destroy()
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }
}

/** A server of `node:net` for the connecting side under test. */
export class SocketPeerServer implements PeerServer {
  readonly address: Endpoint
  readonly #server: Server
  readonly #peers: SocketPeer[] = []
  #wake: (() => void) | undefined

  private constructor(server: Server, host: string) {
    this.#server = server
    this.address = { host, port: (server.address() as { port: number }).port }
    server.on('connection', (socket) => {
      this.#peers.push(new SocketPeer(socket))
      this.#wake?.()
    })
  }

  static async listen(host = '127.0.0.1', port = 0): Promise<SocketPeerServer> {
    const server = createServer({ allowHalfOpen: true }).listen(port, host)
    onTestFinished(() => {
      server.close()
    })
    await once(server, 'listening')
    return new SocketPeerServer(server, host)
  }

  async accept(from?: Endpoint): Promise<SocketPeer> {
    for (;;) {
      const peer = this.#peers.shift()
      if (peer && (!from || peer.remote.port === from.port)) return peer
      peer?.destroy()
      if (!peer) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
    })
  }
}

/** Peers that are sockets of `node:net`. */
export const socketPeers: Peers = {
  connect: (to) => SocketPeer.connect(to),
  listen: (at) => SocketPeerServer.listen(at?.host, at?.port),
  resetArrived: process.platform === 'linux' ? (local, remote) => !isListed(local, remote) : undefined,
}

/** Whether the system knows the connection: /proc/net/tcp lists it until it is closed or was reset. */
function isListed(local: Endpoint, remote: Endpoint): boolean {
  const hexadecimal = ({ port }: Endpoint) => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readFileSync('/proc/net/tcp', 'latin1').includes(`${hexadecimal(local)} ${hexadecimal(remote)}`)
}

/** A port where nobody listens. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    // Below the range of outgoing connections, one of which might take it first.
    const port = 10_000 + Math.floor(Math.random() * 10_000)
    const server = await SocketPeerServer.listen(host, port).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error
    })
    if (!server) continue
    await server.close()
    return port
  }
}

/** Whether this machine has `::1`. */
export function hasIPv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'))
}
