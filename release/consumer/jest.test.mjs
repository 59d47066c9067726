import { handshake } from '@hs/client'
import { serve } from '@hs/server-core'

test('a handshake', async () => {
  const server = await serve({ port: 0 })
  const { y } = await handshake({ port: server.address.port, sequence: 5 })
  await server.close()
  expect(y).toBe(6)
})
