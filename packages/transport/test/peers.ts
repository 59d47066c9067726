import { once } from 'node:events'
import { createServer, type Server, Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { onTestFinished } from 'vitest'
import type { Endpoint } from '../src/transport.js'

/** The other end of a connection under test: a bare socket under the test's control. Text is a character per byte. */
export class Peer {
  readonly socket: Socket
  /** What has come so far. */
  received = ''
  /** The other side has said that it will send no more. */
  ended = false
  /** Why the connection broke, if it did. */
  error: NodeJS.ErrnoException | undefined
  #waiters: (() => void)[] = []

  constructor(socket: Socket) {
    this.socket = socket
    const wake = () => {
      for (const waiter of this.#waiters.splice(0)) waiter()
    }
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1')
      wake()
    })
    socket.on('end', () => {
      this.ended = true
      wake()
    })
    socket.on('error', (error) => {
      this.error = error
    })
    socket.on('close', wake)
    onTestFinished(() => {
      socket.destroy()
    })
  }

  /** A peer that connects. */
  static async connect(to: Endpoint): Promise<Peer> {
    const socket = new Socket({ allowHalfOpen: true })
    const peer = new Peer(socket)
    socket.connect(to.port, to.host)
    await once(socket, 'connect')
    return peer
  }

  /** Resolves when the system has taken it. */
  send(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.write(text, 'latin1', (error) => (error ? reject(error) : resolve()))
    })
  }

  /** Sends no more; keeps reading. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.end(resolve)
    })
  }

  /** Breaks the connection: what it sends is a reset. */
  reset(): void {
    this.socket.resetAndDestroy()
  }

  /** No answer will come any more: the other side ended, or the connection broke. */
  get gone(): boolean {
    return this.ended || this.socket.destroyed
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

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve)
    })
  }
}

/** A bare server for the connecting side under test. */
export class PeerServer {
  readonly address: Endpoint
  readonly #server: Server
  readonly #peers: Peer[] = []
  #wake: (() => void) | undefined

  private constructor(server: Server, host: string) {
    this.#server = server
    this.address = { host, port: (server.address() as { port: number }).port }
    server.on('connection', (socket) => {
      this.#peers.push(new Peer(socket))
      this.#wake?.()
    })
  }

  static async listen(host = '127.0.0.1', port = 0): Promise<PeerServer> {
    const server = createServer({ allowHalfOpen: true }).listen(port, host)
    onTestFinished(() => {
      server.close()
    })
    await once(server, 'listening')
    return new PeerServer(server, host)
  }

  /** The next one that connected. */
  async accept(): Promise<Peer> {
    while (this.#peers.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#peers.shift()!
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
    })
  }
}

/** A port on which nothing listens. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = await PeerServer.listen(host)
  await server.close()
  return server.address.port
}

/** Whether this machine has `::1`. */
export function hasIPv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'))
}
