import { connect, type LookupFunction } from 'node:net'
import type { Connection, ConnectOptions, Endpoint } from '../transport.js'
import { NodeConnection, remoteOf } from './connection.js'

/**
 * The addresses of a name, only those of the family if one is given.
 *
 * @param signal - Aborted when the addresses are no longer needed.
 */
export type NameLookup = (
  host: string,
  family: 4 | 6 | undefined,
  signal: AbortSignal | undefined,
) => Promise<{ address: string; family: number }[]>

/** See `Transport.connect`. */
export function connectTo(
  to: Endpoint,
  { signal, family, localAddress }: ConnectOptions = {},
  lookup?: NameLookup,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    // TCP_NODELAY is not set: each side sends one small message and waits for the answer, so Nagle never holds one back.
    const socket = connect({
      ...to,
      allowHalfOpen: true,
      ...(family && { family }),
      ...(localAddress && { localAddress }),
      ...(lookup && { lookup: asNodeHasIt(lookup, family, signal) }),
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
      resolve(new NodeConnection(socket, remoteOf(socket)))
    })
  })
}

function asNodeHasIt(lookup: NameLookup, family: 4 | 6 | undefined, signal: AbortSignal | undefined): LookupFunction {
  return (host, { all }, callback) => {
    lookup(host, family, signal).then(
      (addresses) => {
        const [first] = addresses
        if (all) callback(null, addresses)
        else callback(null, first!.address, first!.family)
      },
      (error) => callback(error, []),
    )
  }
}
