import { onTestFinished } from 'vitest'
import type { Endpoint, Listener } from '../transport.js'
import type { MemoryConnection } from './memory-connection.js'
import type { MemoryTransport } from './memory-transport.js'
import { Peer, type PeerServer, type Peers } from './peers.js'

/** A peer whose connection is in memory. */
class MemoryPeer extends Peer {
  readonly #connection: MemoryConnection
  #closed = false

  constructor(connection: MemoryConnection) {
    super()
    this.#connection = connection
    connection.open({
      data: (chunk) => this.take(chunk),
      end: () => {
        this.ended = true
        this.wake()
      },
      closed: (error) => {
        this.#closed = true
        this.error = error
        this.wake()
      },
    })
    onTestFinished(() => connection.abort())
  }

  get local(): Endpoint {
    return this.#connection.local
  }

  get remote(): Endpoint {
    return this.#connection.remote
  }

  get destroyed(): boolean {
    return this.#closed
  }

  get unsentBytes(): number {
    return this.#connection.unsentBytes
  }

  async send(text: string): Promise<void> {
    this.write(text)
  }

  write(text: string): void {
    this.#connection.write(Buffer.from(text, 'latin1'))
  }

  async end(): Promise<void> {
    this.#connection.end()
  }

  reset(): void {
    this.#connection.reset()
  }

  destroy(): void {
    this.#connection.close()
  }

  pause(): void {
    this.#connection.pause()
  }

  resume(): void {
    this.#connection.resume()
  }
}

/** Peers on the network of a memory transport. */
export function memoryPeers(transport: MemoryTransport): Peers {
  return {
    connect: async (to) => new MemoryPeer(await transport.connect(to)),
    async listen(at = { host: '127.0.0.1', port: 0 }) {
      const options = { maxWaiting: Number.POSITIVE_INFINITY, shared: false, onDrop() {} }
      const listener = await transport.listen(at, options)
      onTestFinished(() => listener.close())
      return new MemoryPeerServer(listener)
    },
    // Without latency, what is sent is there.
    resetArrived: () => true,
  }
}

class MemoryPeerServer implements PeerServer {
  readonly address: Endpoint
  readonly #listener: Listener
  readonly #connections: AsyncIterator<unknown>

  constructor(listener: Listener) {
    this.address = listener.address
    this.#listener = listener
    this.#connections = listener[Symbol.asyncIterator]()
  }

  async accept(): Promise<Peer> {
    const { value } = await this.#connections.next()
    return new MemoryPeer(value as MemoryConnection)
  }

  close(): Promise<void> {
    return this.#listener.close()
  }
}
