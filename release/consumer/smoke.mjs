/**
 * What a user's first program does, with the packages as they were published: `node smoke.mjs`, in a folder where they
 * are installed. Plain JavaScript, so that each Node of `engines` runs it as it is. Prints one line per strategy.
 */
import assert from 'node:assert/strict'
import { handshake } from '@hs/client'
import { encodeHello } from '@hs/protocol'
import { STRATEGIES, serve } from '@hs/server-core'
import { formatEndpoint, nodeTransport } from '@hs/transport'

assert.equal(new TextDecoder().decode(encodeHello(5)), 'HELLO 5')
assert.equal(formatEndpoint({ host: '::1', port: 9000 }), '[::1]:9000')

for (const strategy of Object.keys(STRATEGIES)) {
  try {
    const server = await serve({ port: 0, strategy, transport: nodeTransport() })
    const { x, y, z } = await handshake({ port: server.address.port, sequence: 5 })
    assert.deepEqual([x, y, z], [5, 6, 7])
    await server.close()
    assert.equal(server.counters.established, 1)
    console.log(`${strategy}: established`)
  } catch (error) {
    // An older Node cannot share a listener among threads, and says so.
    if (error.code !== 'ERR_HS_THREADS_UNSUPPORTED') throw error
    console.log(`${strategy}: ${error.code}`)
  }
}
