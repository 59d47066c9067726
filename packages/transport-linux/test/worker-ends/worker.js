/** What a worker thread is doing when it ends, and how it ends; see host.js. */
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { handshake } from '../../../client/dist/index.js'
import { events, sequential, serve, threads } from '../../../server-core/dist/index.js'
import { linuxTransport } from '../../dist/index.js'

const { activity, ending, silent, answering } = workerData
const strategies = { events, sequential, threads: () => threads({ threads: 1 }) }

if (activity in strategies) {
  const server = await serve({ port: 0, transport: linuxTransport(), strategy: strategies[activity]() })
  parentPort.postMessage(server.address.port)
} else if (activity === 'closed') {
  const server = await serve({ port: 0, transport: linuxTransport() })
  await handshake({ port: server.address.port, sequence: 1, transport: linuxTransport() })
  await server.close()
  parentPort.postMessage(0)
} else if (activity === 'nested') {
  const inner = new Worker(new URL(import.meta.url), { workerData: { ...workerData, activity: 'events' } })
  inner.once('message', (port) => parentPort.postMessage(port))
} else {
  // By its name, each handshake asks for the transport again.
  const transport = activity === 'named' ? 'linux' : linuxTransport({ ring: activity === 'ring' })
  // One that gets no answer is in flight whenever the end comes; the others keep the descriptors busy.
  const unanswered = handshake({ port: silent, sequence: 1, transport })
  unanswered.catch(() => {})
  if (activity === 'named') await handshake({ port: answering, sequence: 1, transport })
  for (let at = 0; at < (activity === 'named' ? 20 : 2); at++) void shakeHands(transport)
  parentPort.postMessage(0)
}

async function shakeHands(transport) {
  for (let sequence = 0; ; sequence++) await handshake({ port: answering, sequence, transport })
}

parentPort.on('message', () => {
  if (ending === 'exit') process.exit(0)
  throw new Error('the end')
})
