/** The same packages for programs that use `require`: `node smoke.cjs`. */
const assert = require('node:assert/strict')
const { handshake } = require('@hs/client')
const { HelloDecoder } = require('@hs/protocol')
const { serve } = require('@hs/server-core')
const { nodeTransport } = require('@hs/transport')

assert.deepEqual(new HelloDecoder().push(Buffer.from('HELLO 5\n')), [{ sequence: 5, text: 'HELLO 5' }])
assert.equal(require('@hs/client/package.json').name, '@hs/client')

async function main() {
  const server = await serve({ port: 0, transport: nodeTransport() })
  const { y } = await handshake({ port: server.address.port, sequence: -1 })
  assert.equal(y, 0)
  await server.close()
  console.log('required: established')
}
void main()
