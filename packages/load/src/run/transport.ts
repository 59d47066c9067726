import { chooseTransport, type Endpoint, nodeTransport, type Transport, type TransportName } from '@hs/transport'
import { connectBy } from '@hs/transport/internals'

/** What clients connect with. Many connections at once are what a ring is for. */
export async function clientTransport(wanted: TransportName | Transport = 'auto'): Promise<Transport> {
  const { transport } = await chooseTransport(wanted, async (name) => {
    const { linuxTransport } = (await import(/* webpackIgnore: true */ name)) as typeof import('@hs/transport-linux')
    return { linuxTransport: () => linuxTransport({ ring: true }) }
  })
  return typeof wanted === 'object' ? heedful(transport) : transport
}

/** A transport of the caller's, which may not heed the signal that ends a connect. For ours, the promises would cost. */
function heedful(transport: Transport): Transport {
  return {
    name: transport.name,
    clock: transport.clock,
    listen: (at, options) => transport.listen(at, options),
    connect: (to, { signal, ...options } = {}) =>
      signal ? connectBy(transport, to, { ...options, signal }) : transport.connect(to, options),
  }
}

/**
 * Listens on a free port, and stops at once.
 *
 * @param shared - Listen as servers with threads do.
 * @returns Where it was.
 * @throws If listening there, or in that way, is not possible.
 */
export async function listenBriefly(host: string, shared = false): Promise<Endpoint> {
  const listener = await nodeTransport().listen({ host, port: 0 }, { maxWaiting: 1, onDrop() {}, shared })
  await listener.close()
  return listener.address
}
