import { type ConcurrencyStrategy, serve } from '@hs/server-core'
import { strategySuite } from '@hs/server-core/testing'
import { memoryPeers, memoryTransport } from '@hs/transport/testing'

/** An example of a strategy that is not ours: two connections at a time, in pairs. */
const inPairs: ConcurrencyStrategy = {
  name: 'in-pairs',
  async run({ listener, serveOne }) {
    const serveOneByOne = async () => {
      for await (const connection of { [Symbol.asyncIterator]: () => connections }) await serveOne(connection)
    }
    const connections = listener[Symbol.asyncIterator]()
    await Promise.all([serveOneByOne(), serveOneByOne()])
  },
}

const transport = memoryTransport()
strategySuite('in pairs', () => ({ serve, strategy: inPairs, transport }), {
  atOnce: 2,
  peers: memoryPeers(transport),
})
