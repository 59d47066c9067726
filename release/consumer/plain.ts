/** Type-checked in settings that are not ours; never run. */
import { handshake } from '@hs/client'
import { serve } from '@hs/server-core'

export async function main(): Promise<number> {
  const server = await serve({ port: 0 })
  const { y } = await handshake({ port: server.address.port })
  return y
}
