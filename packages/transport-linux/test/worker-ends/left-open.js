/** A test file that leaves a server open; vitest ends the thread that ran it. */
import { expect, it } from 'vitest'
import { handshake } from '../../../client/dist/index.js'
import { serve } from '../../../server-core/dist/index.js'

it('leaves a server open', async () => {
  const { address } = await serve({ port: 0, transport: 'linux' })
  expect(await handshake({ port: address.port, sequence: 1 })).toMatchObject({ x: 1, y: 2, z: 3 })
})
