import { connect } from 'node:net'
import type { Connection, ConnectOptions, Endpoint } from '../transport.js'
import { NodeConnection } from './connection.js'

/** See `Transport.connect`. */
export function connectTo(to: Endpoint, { signal, family, localAddress }: ConnectOptions = {}): Promise<Connection> {
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
