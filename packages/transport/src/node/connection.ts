import type { Socket } from 'node:net'
import type { Connection, Endpoint, Receiver } from '../transport.js'

/** A socket of `node:net`, accepted or connected. */
export class NodeConnection implements Connection {
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
