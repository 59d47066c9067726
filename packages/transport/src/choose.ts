import { nodeTransport } from './node/transport.js'
import type { Transport } from './transport.js'

/** `'auto'`: the Linux transport where it is installed and can work, else that of Node. */
export type TransportName = 'auto' | 'node' | 'linux'

/** A transport, and, where another was preferred, why it is not that one. */
export interface ChosenTransport {
  readonly transport: Transport
  readonly reason?: string
}

/** Imports `@hs/transport-linux` from where it is a dependency, perhaps an absent one; this package knows only its name. */
export type ImportLinux = () => Promise<{ linuxTransport(): Transport }>

/**
 * The transport of that name, or the one that was given instead of a name.
 *
 * @throws ERR_HS_TRANSPORT_UNAVAILABLE If `'linux'` was asked for by name and cannot work here; `cause` says why.
 */
export async function chooseTransport(
  choice: TransportName | Transport,
  importLinux: ImportLinux,
): Promise<ChosenTransport> {
  if (typeof choice === 'object') return { transport: choice }
  switch (choice) {
    case 'node':
      return { transport: nodeTransport() }
    case 'linux':
      return { transport: await loadLinux(importLinux) }
    case 'auto':
      try {
        return { transport: await loadLinux(importLinux) }
      } catch (error) {
        return { transport: nodeTransport(), reason: (error as Error).message }
      }
    default:
      throw new TypeError(`transport must be auto, node, linux or an object, got ${choice}`)
  }
}

async function loadLinux(importLinux: ImportLinux): Promise<Transport> {
  let linux: Awaited<ReturnType<ImportLinux>>
  try {
    linux = await importLinux()
  } catch (cause) {
    const message = 'The Linux transport cannot be used here: the package @hs/transport-linux is not installed'
    throw Object.assign(new Error(message, { cause }), { code: 'ERR_HS_TRANSPORT_UNAVAILABLE' })
  }
  return linux.linuxTransport()
}
