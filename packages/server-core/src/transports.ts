import { nodeTransport, type Transport } from '@hs/transport'

/** `'auto'`: the Linux transport where it is installed and can work, else that of Node. */
export type TransportName = 'auto' | 'node' | 'linux'

/** A transport, and, where another was preferred, why it is not that one. */
export interface ChosenTransport {
  readonly transport: Transport
  readonly reason?: string
}

/** @throws ERR_HS_TRANSPORT_UNAVAILABLE If `'linux'` was asked for by name and cannot work here. */
export async function chooseTransport(choice: TransportName | Transport): Promise<ChosenTransport> {
  if (typeof choice === 'object') return { transport: choice }
  switch (choice) {
    case 'node':
      return { transport: nodeTransport() }
    case 'linux':
      return { transport: await loadLinux() }
    case 'auto':
      try {
        return { transport: await loadLinux() }
      } catch (error) {
        return { transport: nodeTransport(), reason: (error as Error).message }
      }
    default:
      throw new TypeError(`transport must be auto, node, linux or an object, got ${choice}`)
  }
}

async function loadLinux(): Promise<Transport> {
  let linux: typeof import('@hs/transport-linux')
  try {
    linux = await import('@hs/transport-linux')
  } catch (cause) {
    const message = 'The Linux transport cannot be used here: the package @hs/transport-linux is not installed'
    throw Object.assign(new Error(message, { cause }), { code: 'ERR_HS_TRANSPORT_UNAVAILABLE' })
  }
  return linux.linuxTransport()
}
