import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { connectSocket, Peer } from '../src/observe/peer.js'
import { Recorder } from '../src/observe/recorder.js'

/** Of a program that does this to each connection, the message that a probe waits for, and what was kept of all. */
async function askOf(serve: (socket: Socket) => void, withinMs: number) {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    serve(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const recorder = new Recorder('test')
  const peer = new Peer(await connectSocket({ host: '127.0.0.1', port }, 1000), recorder, 1)
  try {
    const began = performance.now()
    const message = await peer.message('HELLO 2', withinMs)
    return { message, ms: performance.now() - began, received: peer.received, events: recorder.events }
  } finally {
    peer.reset()
    server.close()
  }
}

test('a flood ends no later than a message would, and only its beginning is kept', async () => {
  const chunk = Buffer.alloc(64 * 1024, 'A')
  const { ms, received, events } = await askOf((socket) => {
    const more = () => {
      while (socket.write(chunk));
    }
    socket.on('drain', more)
    more()
  }, 400)
  expect(ms).toBeLessThan(4000)
  expect(received.length).toBeLessThan(256 * 1024)
  expect(events.length).toBeLessThan(100)
})

test('bytes that come one by one without end do not prolong the wait', async () => {
  const { ms, message } = await askOf((socket) => {
    const timer = setInterval(() => socket.write('A'), 20)
    socket.on('close', () => clearInterval(timer))
  }, 300)
  expect(message).toMatch(/^A+$/)
  expect(ms).toBeLessThan(4000)
})
