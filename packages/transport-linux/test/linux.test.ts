import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Receiver } from '@hs/transport'
import koffi from 'koffi'
import { expect, it } from 'vitest'
import { describeTransport } from '../../transport/test/transport-suite.js'
import { linuxTransport } from '../src/transport.js'

describeTransport('the Linux transport', linuxTransport, { waiting: 'kernel' })

it.each([
  ['by one who closes', 'close'],
  ['by one who gives up', 'abort'],
] as const)('an answer and the end behind it reach the peer whole, %s', async (_who, end) => {
  await using peer = await startPeer()
  const connection = await linuxTransport().connect(peer.at)
  const closed = new Promise<Error | undefined>((resolve) => {
    const receiver: Receiver = {
      data() {
        connection.write(Buffer.from('one '))
        connection.write(Buffer.from('two'))
        connection[end]()
      },
      end() {},
      closed: resolve,
    }
    connection.write(Buffer.from('hello?'))
    connection.open(receiver)
  })
  expect((await peer.conversation).heard).toBe('hello?one two')
  expect(await closed).toBe(undefined)
})

it('a client has no segment sent that could travel with another', async () => {
  await using peer = await startPeer()
  const connection = await linuxTransport().connect(peer.at)
  connection.write(Buffer.from('X'))
  connection.open({
    data() {
      connection.write(Buffer.from('Z'))
      connection.close()
    },
    end() {},
    closed() {},
  })
  // SYN, X with the acknowledgement of the connection, Z with that of Y and with the end.
  expect(await peer.conversation).toEqual({ heard: 'XZ', segments: 3 })
})

/** Answers the first thing it hears; tells what it heard until the end, and in how many segments. */
async function startPeer() {
  const server = createServer({ allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const conversation = once(server, 'connection').then(async ([socket]: Socket[]) => {
    let heard = ''
    socket!.on('data', (chunk) => {
      if (heard === '') socket!.write('Y')
      heard += chunk
    })
    await once(socket!, 'end')
    const segments = segmentsReceived(socket!)
    socket!.end()
    return { heard, segments }
  })
  const { address: host, port } = server.address() as AddressInfo
  return { at: { host, port }, conversation, [Symbol.asyncDispose]: async () => void server.close() }
}

/** `tcpi_segs_in` of `struct tcp_info`. */
function segmentsReceived(socket: Socket): number {
  const getsockopt = koffi.load(null).func('int getsockopt(int, int, int, void *, void *)')
  const info = new Uint32Array(64)
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle
  expect(getsockopt(fd, 6, 11, info, Uint32Array.of(info.byteLength))).toBe(0)
  return info[35]!
}
