import type { Socket } from 'node:net'
import type { MessagePort } from 'node:worker_threads'
import type { Endpoint } from '../transport.js'

export interface AdoptedListen {
  readonly type: 'listen'
  readonly at: Endpoint
  readonly remembersPeers: boolean
}

export interface AdoptedSockets {
  readonly type: 'sockets'
  readonly port: MessagePort
}

/** What the thread that accepts hands over; null: that was all. */
export type SocketMessage = AcceptedSocket | null

/** A socket, and its peer, if it is to be remembered. */
export interface AcceptedSocket {
  readonly socket: Socket
  readonly remote: Endpoint | undefined
}

/** What a thread tells the thread that accepts: once how many it serves at a time, then 1 for each that is over. */
export type RoomMessage = number

/**
 * Node's native handle of a socket. Undocumented, but nothing else shows whether a transfer failed, and how many
 * descriptors are left.
 */
export interface SocketHandle {
  /** Negative once it was transferred or closed, and on Windows. */
  readonly fd: number
  close(): void
}

/** The accepting thread's end of one thread's share. */
export class SocketShare {
  /** How many more connections the thread can take; none before it is there. */
  room = 0
  readonly #port: MessagePort
  readonly #onLost: () => void
  #capacity = 0
  #finished = false

  constructor(port: MessagePort, onRoom: () => void, onLost: () => void) {
    this.#port = port
    this.#onLost = onLost
    port.on('message', (freed: RoomMessage) => {
      this.#capacity ||= freed
      this.room += freed
      onRoom()
    })
    port.unref()
  }

  /** How many connections the thread has, or is about to get. */
  get open(): number {
    return this.#capacity - this.room
  }

  give(accepted: AcceptedSocket): void {
    this.room--
    const { socket } = accepted
    const { _handle: handle } = socket as { _handle?: SocketHandle }
    try {
      this.#port.postMessage(accepted satisfies SocketMessage, [socket as never])
    } catch {
      socket.destroy()
      this.room++
      return
    }
    if (!handle || handle.fd < 0) return
    // A transfer takes a second descriptor for a moment. If none is left, Node reports nothing, delivers nothing,
    // and keeps the socket out of sight: the peer would wait for as long as the process lives.
    handle.close()
    this.room++
    this.#onLost()
  }

  finish(): void {
    if (this.#finished) return
    this.#finished = true
    this.#port.postMessage(null satisfies SocketMessage)
  }
}
