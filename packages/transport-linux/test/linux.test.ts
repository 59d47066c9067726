import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Connection, Receiver } from '@hs/transport'
import koffi from 'koffi'
import { describe, expect, it } from 'vitest'
import { transportSuite } from '../../transport/src/testing/transport-suite.js'
import { Reactor } from '../src/reactor.js'
import { Ring } from '../src/ring.js'
import { Rings } from '../src/rings.js'
import { linuxTransport } from '../src/transport.js'

transportSuite('the Linux transport', linuxTransport, { waiting: 'kernel' })
transportSuite('the Linux transport without a ring', () => linuxTransport({ ring: false }), { waiting: 'kernel' })
transportSuite('the Linux transport with a ring for clients too', () => linuxTransport({ ring: true }), {
  waiting: 'kernel',
})

describe.each([
  ['a call for each step', false],
  ['a ring', true],
])('a client with %s', (_how, ring) => {
  it.each([
    ['by one who closes', 'close'],
    ['by one who gives up', 'abort'],
  ] as const)('has its answer and the end after it reach the peer whole, %s', async (_who, end) => {
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
    const rings = new Rings(refusing)
    expect(rings.failure).toBe(undefined)
    expect(rings.ring).toBe(undefined)
    expect(rings.failure).toBe('io_uring_setup EPERM')
  })

  it('is not there in a worker thread, whose servers use epoll and say why', async () => {
    const worker = new Worker(
      `import('node:worker_threads').then(async ({ parentPort }) => {
        const { linuxTransport } = await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)})
        const transport = linuxTransport()
        const options = { maxWaiting: 1, shared: false, onDrop() {} }
        await (await transport.listen({ host: '127.0.0.1', port: 0 }, options)).close()
        parentPort.postMessage(transport.shortfall)
      })`,
      { eval: true },
    )
    const [shortfall] = await once(worker, 'message')
    expect(shortfall).toBe('io_uring cannot be used here: a worker thread has no ring')
  })

  it('is closed after a while without use, and does not keep the process alive until then', async () => {
    const before = rings()
    let onClosed = () => {}
    const closed = new Promise<void>((resolve) => {
      onClosed = resolve
    })
    const ring = Ring.open(reactor, onClosed)
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

it('a listener for one connection at a time has no ring', async () => {
  const before = rings()
  const options = { maxWaiting: 1, shared: false, onDrop: () => {} }
  const transport = linuxTransport()
  const listener = await transport.listen({ host: '127.0.0.1', port: 0 }, { ...options, atOnce: 1 })
  expect(rings()).toEqual(before)
  const other = await transport.listen({ host: '127.0.0.1', port: 0 }, { ...options, atOnce: 2 })
  expect(rings().length).toBe(before.length + 1)
  await Promise.all([listener.close(), other.close()])
})

describe('a listener with a ring', () => {
  async function listen() {
    const ringsBefore = rings()
    const transport = linuxTransport()
    const onDrop = () => {}
    const listener = await transport.listen({ host: '127.0.0.1', port: 0 }, { maxWaiting: 1, shared: false, onDrop })
    expect(transport.shortfall).toBe(undefined)
    const added = rings().filter((fd) => !ringsBefore.includes(fd))
    const connections = listener[Symbol.asyncIterator]()
    const peers: Socket[] = []
    return {
      listener,
      ring: added[0]!,
      async connect(count: number) {
        const { host, port } = listener.address
        const newcomers = Array.from({ length: count }, () => createConnection({ host, port }))
        peers.push(...newcomers)
        await Promise.all(newcomers.map((peer) => once(peer, 'connect')))
      },
      async take(count: number) {
        const taken: Connection[] = []
        while (taken.length < count) taken.push((await connections.next()).value!)
        return taken
      },
      ports: () => peers.map(({ localPort }) => localPort),
      /** How many connections this process has accepted, and not closed. */
      accepted: () => sockets() - peers.length,
      async [Symbol.asyncDispose]() {
        await listener.close()
        for (let next = await connections.next(); !next.done; next = await connections.next()) next.value.abort()
        await Promise.all(peers.map((peer) => once(peer.destroy(), 'close')))
        // Whatever was accepted is closed before it.
        await expect.poll(rings).not.toContain(added[0])
      },
    }
  }

  it('has one of its own, which is gone soon after its last connection', async () => {
    await using lab = await listen()
    expect(lab.ring).toBeDefined()
    await lab.connect(1)
    const [connection] = await lab.take(1)
    await lab.listener.close()
    await turn()
    expect(rings()).toContain(lab.ring)
    connection!.abort()
  })

  it('accepts no more than it is asked for', async () => {
    const before = sockets()
    await using lab = await listen()
    await lab.connect(10)
    const [first] = await lab.take(1)
    for (let turns = 0; turns < 20; turns++) await turn()
    // The listening one, and the one that was taken.
    expect(lab.accepted() - before).toBe(2)
    first!.abort()
  })

  it('stops accepting when connections are left that are not asked for, and hands them out later, in order', async () => {
    const before = sockets()
    await using lab = await listen()
    await lab.connect(3)
    const taken = await lab.take(3)
    for (let at = 0; at < 10; at++) {
      await lab.connect(1)
      await turn()
    }
    expect(lab.accepted() - before).toBeLessThan(10)
    taken.push(...(await lab.take(10)))
    expect(taken.map(({ remote }) => remote.port)).toEqual(lab.ports())
    for (const connection of taken) connection.abort()
  })

  it('is asked again when more came at once than its queues have room for', async () => {
    await using lab = await listen()
    const many = 1500
    const all = lab.take(many)
    await lab.connect(many)
    const taken = await all
    expect(new Set(taken.map(({ remote }) => remote.port))).toEqual(new Set(lab.ports()))
    for (const connection of taken) connection.abort()
  })
})

function sockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
    } catch {
      return false
    }
  }).length
}

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
