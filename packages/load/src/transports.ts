import { nodeTransport, type Transport } from '@hs/transport'

/** `'auto'`: the Linux transport where it is installed and can work, else that of Node. */
export type TransportName = 'auto' | 'node' | 'linux'

/** @throws ERR_HS_TRANSPORT_UNAVAILABLE If `'linux'` was asked for by name and cannot work here. */
export async function chooseTransport(choice: TransportName | Transport): Promise<Transport> {
  if (typeof choice === 'object') return choice
  if (choice === 'node') return nodeTransport()
  try {
    const { linuxTransport } = await import('@hs/transport-linux')
    return linuxTransport()
  } catch (cause) {
    if (choice === 'auto') return nodeTransport()
    const reason = (cause as Error).message.split('\n')[0]
    throw Object.assign(new Error(`The Linux transport cannot be used here: ${reason}`, { cause }), {
      code: 'ERR_HS_TRANSPORT_UNAVAILABLE',
    })
  }
}
