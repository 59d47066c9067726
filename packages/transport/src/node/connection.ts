import type { Socket } from 'node:net'
import type { Connection, Endpoint, Receiver } from '../transport.js'

const NOTHING = new Uint8Array(0)

const CONNECTION = Symbol('connection')

/** Has its connection in itself, so that listeners are the same for all: four closures for each would be a third of it. */
type OwnedSocket = Socket & { [CONNECTION]: NodeConnection }

/** A socket of `node:net`, accepted or connected. */
export class NodeConnection implements Connection {
  readonly #socket: Socket
  #remote: Endpoint | undefined
  #error: NodeJS.ErrnoException | undefined
  #closing = false
  #receiver: Receiver | undefined

  /** @param remote - The address of the peer. Default: asked of the socket when it is wanted, if the system still knows it. */
  constructor(socket: Socket, remote?: Endpoint) {
    this.#socket = socket
    ;(socket as OwnedSocket)[CONNECTION] = this
    this.#remote = remote
    socket.on('error', onError)
    socket.on('close', onClose)
  }

  get remote(): Endpoint {
    this.#remote ??= remoteOf(this.#socket)
    return this.#remote
  }

  get local(): Endpoint {
    return { host: this.#socket.localAddress ?? '', port: this.#socket.localPort ?? 0 }
  }

  open(receiver: Receiver): void {
    const socket = this.#socket
    if (socket.closed) {
      receiver.closed(this.#error)
      return
    }
    this.#receiver = receiver
    socket.on('data', onData)
    socket.on('end', onEnd)
    socket.resume()
  }

  write(bytes: Uint8Array): void {
    if (this.#closing) return
    this.#socket.write(bytes)
    // What the kernel refuses at once is known now; the event tells of it too late for a close that follows.
    this.#error ??= this.#socket.errored ?? undefined
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    // What the kernel has taken needs no further step: closing the descriptor sends the FIN after it.
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

  arrived(chunk: Uint8Array): void {
    if (!this.#closing) this.#receiver!.data(chunk)
  }

  ended(): void {
    if (this.#closing) return
    // Node 20 and 22 report a reset right after data as an end. An empty write sends nothing, and brings the reset back.
    this.write(NOTHING)
    if (this.#error?.code !== 'ECONNRESET') this.#receiver!.end()
  }

  broke(error: NodeJS.ErrnoException): void {
    // Once everything written is out, how the peer takes the close is its own affair (HS-4).
    if (this.#closing && error.syscall !== 'write' && this.#socket.writableLength === 0) return
    this.#error ??= error
  }

  gone(): void {
    this.#receiver?.closed(this.#error)
  }
}

function onData(this: OwnedSocket, chunk: Uint8Array): void {
  this[CONNECTION].arrived(chunk)
}

function onEnd(this: OwnedSocket): void {
  this[CONNECTION].ended()
}

function onError(this: OwnedSocket, error: NodeJS.ErrnoException): void {
  this[CONNECTION].broke(error)
}

function onClose(this: OwnedSocket): void {
  this[CONNECTION].gone()
}

/** Asked of the system once: the socket remembers the answer. Empty if the peer has reset already. */
export function remoteOf(socket: Socket): Endpoint {
  return { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
}
