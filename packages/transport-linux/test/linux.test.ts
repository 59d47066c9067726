import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { Receiver } from '@hs/transport'
import koffi from 'koffi'
import { describe, expect, it } from 'vitest'
import { transportSuite } from '../../transport/src/testing/transport-suite.js'
import { Reactor } from '../src/reactor.js'
import { Ring } from '../src/ring.js'
import { linuxTransport } from '../src/transport.js'

transportSuite('the Linux transport', linuxTransport, { waiting: 'kernel' })
transportSuite('the Linux transport with a ring', () => linuxTransport({ ring: true }), { waiting: 'kernel' })

describe.each([
  ['a call for each step', false],
  ['a ring', true],
])('a client with %s', (_how, ring) => {
  it.each([
    ['by one who closes', 'close'],
    ['by one who gives up', 'abort'],
  ] as const)('has its answer and the end behind it reach the peer whole, %s', async (_who, end) => {
    await using peer = await startPeer()
    const connection = await linuxTransport({ ring }).connect(peer.at)
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

  it('has no segment sent that could travel with another', async () => {
    await using peer = await startPeer()
    const connection = await linuxTransport({ ring }).connect(peer.at)
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
})

describe('a ring', () => {
  const reactor = new Reactor('loop')

  it('is not there where the system refuses it', () => {
    const refusing = Object.assign(Object.create(reactor), { system: { ...reactor.system, ringSetup: () => -1 } })
    expect(Ring.open(refusing, () => {})).toBe(undefined)
  })

  it('is closed when nobody has used it for a while, and does not keep the process alive until then', async () => {
    const before = rings()
    let onClosed = () => {}
    const closed = new Promise<void>((resolve) => {
      onClosed = resolve
    })
    const ring = Ring.open(reactor, onClosed)
    // Where the system does not allow it, there is nothing that could stay.
    if (!ring) return
    const [descriptor] = rings().filter((fd) => !before.includes(fd))
    expect(descriptor).toBeDefined()
    reactor.hold()
    ring.leave(ring.join({ flush() {}, completed() {} }))
    reactor.release()
    await turn()
    expect(reactor.descriptor).toBe(-1)
    await closed
    expect(rings()).not.toContain(descriptor)
  })

  it('takes more at once than its queues have room for', async () => {
    const many = 1200
    const server = createServer((socket) => socket.resume().end())
    server.listen(0, '127.0.0.1', many)
    await once(server, 'listening')
    const { address: host, port } = server.address() as AddressInfo
    const transport = linuxTransport({ ring: true })
    const connections = await Promise.all(Array.from({ length: many }, () => transport.connect({ host, port })))
    const ends = connections.map(
      (connection) =>
        new Promise<Error | undefined>((resolve) => {
          connection.write(Buffer.from('X'))
          connection.open({ data() {}, end: () => connection.close(), closed: resolve })
        }),
    )
    expect(new Set(await Promise.all(ends))).toEqual(new Set([undefined]))
    server.close()
  })
})

/** Which of this process's descriptors are rings; Node may have some of its own. */
function rings(): string[] {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('io_uring')
    } catch {
      return false
    }
  })
}

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
