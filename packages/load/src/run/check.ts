import { handshake } from '@hs/client'
import { wrongValue } from '@hs/options'
import { HelloError } from '@hs/protocol'
import { type Endpoint, formatEndpoint, type Transport } from '@hs/transport'
import type { Settings } from './settings.js'
import { Sources } from './sources.js'
import { listenBriefly } from './transport.js'

/** A load on a server that is not there measures nothing: better to say so before than a million times. */
export async function checkTargets(
  { targets, sources, signal, patience, protocol }: Settings,
  transport: Transport,
): Promise<void> {
  for (const { host, port } of targets) {
    await handshake({
      host,
      port,
      transport: fromSources(transport, new Sources(sources, host)),
      ...patience,
      ...protocol,
      ...(signal && { signal }),
    }).catch((error: HelloError) => {
      // Stopped before it began: the report says that there was nothing.
      if (signal?.aborted) return
      // Of several targets, which one? A failure to connect has said it.
      if (!error.failure || error.code === 'ERR_HS_CONNECT') throw error
      const message = `${formatEndpoint({ host, port })}: ${error.message}`
      throw new HelloError({ ...error.failure, message }, { cause: error })
    })
  }
}

/** @throws {RangeError} For what is not an address of this machine: it would look like one without a port left. */
export async function checkSources({ sources = [] }: Settings): Promise<void> {
  for (const host of sources) {
    const found = await listenBriefly(host).then(
      (address) => address.host,
      (error: Error) => error.message,
    )
    // A name may stand for several addresses, of which one would have to be chosen.
    if (found !== host) throw wrongValue('sources', 'addresses of this machine', host, found)
  }
}

/** The same transport, which connects from the first of the sources that has a port left. */
function fromSources(transport: Transport, sources: Sources): Transport {
  const connect: Transport['connect'] = async (to: Endpoint, options) => {
    for (let tries = 1; ; tries++) {
      const source = sources.take()
      try {
        return await transport.connect(to, source ? { ...options, localAddress: source } : options)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL' || tries >= sources.count) throw error
        sources.exhausted(source)
      }
    }
  }
  return { name: transport.name, clock: transport.clock, listen: transport.listen.bind(transport), connect }
}
