import type { Connection, ConnectOptions, Endpoint, Transport } from './transport.js'

/**
 * Connects by a transport that may have mistakes, since it may be a user's. If it does not heed the signal, it is not
 * waited for, and a connection that comes late is closed.
 *
 * @throws Always an error, or the signal's reason.
 */
export async function connectBy(
  transport: Transport,
  to: Endpoint,
  options: ConnectOptions & { readonly signal: AbortSignal },
): Promise<Connection> {
  const { signal } = options
  signal.throwIfAborted()
  // What it throws, it rejects with.
  const connecting = (async () => await transport.connect(to, options))()
  return await new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    connecting.then(
      (connection) => {
        if (signal.aborted) connection.abort()
        else resolve(connection)
      },
      (thrown) => reject(errorOf(thrown)),
    )
  })
}

/** What code of a user's has thrown, as an error: it may be anything, `undefined` too. */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Object ? (thrown as Error) : new Error(`thrown without an error: ${String(thrown)}`)
}
