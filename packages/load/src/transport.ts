import { chooseTransport, type Transport, type TransportName } from '@hs/transport'

/** What clients connect with. Many connections at once are what a ring is for. */
export async function clientTransport(wanted: TransportName | Transport = 'auto'): Promise<Transport> {
  const { transport } = await chooseTransport(wanted, async () => {
    const { linuxTransport } = await import('@hs/transport-linux')
    return { linuxTransport: () => linuxTransport({ ring: true }) }
  })
  return transport
}
