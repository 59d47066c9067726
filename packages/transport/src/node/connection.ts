import type { Socket } from 'node:net'
import type { Connection, Endpoint, Receiver } from '../transport.js'

const NOTHING = new Uint8Array(0)

/** A socket of `node:net`, accepted or connected. */
export class NodeConnection implements Connection {
  readonly remote: Endpoint
  readonly #socket: Socket
  #local: Endpoint | undefined
  #error: NodeJS.ErrnoException | undefined
  #closing = false
  #receiver: Receiver | undefined

  /**
   * @param remote - The address of the peer. Default: asked of the socket, now, since the system forgets it when the peer resets.
   * @param onClosed - Called when the descriptor is gone, also if the connection was never opened.
   */
  constructor(socket: Socket, remote: Endpoint = remoteOf(socket), onClosed?: () => void) {
    this.remote = remote
    this.#socket = socket
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // Once everything written is out, how the peer takes the close is its own affair (HS-4).
      if (!this.#closing || error.syscall === 'write' || socket.writableLength > 0) this.#error ??= error
    })
    socket.once('close', () => {
      onClosed?.()
      this.#receiver?.closed(this.#error)
    })
  }

  get local(): Endpoint {
    this.#local ??= { host: this.#socket.localAddress ?? '', port: this.#socket.localPort ?? 0 }
    return this.#local
  }

  open(receiver: Receiver): void {
    const socket = this.#socket
    if (socket.closed) {
      receiver.closed(this.#error)
      return
    }
    this.#receiver = receiver
    socket.on('data', (chunk: Uint8Array) => {
      if (!this.#closing) receiver.data(chunk)
    })
    socket.on('end', () => {
      if (this.#closing) return
      // Node 20 and 22 report a reset right after data as an end. An empty write sends nothing, and brings the reset back.
      this.write(NOTHING)
      if (this.#error?.code !== 'ECONNRESET') receiver.end()
    })
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
}

/** Asked of the system once: the socket remembers the answer. Empty if the peer has reset already. */
export function remoteOf(socket: Socket): Endpoint {
  return { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
}
