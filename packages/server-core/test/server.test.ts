import { type Connection, nodeTransport } from '@hs/transport'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SocketPeer } from '../../transport/src/testing/peers.js'
import { uncaughtExceptions } from '../../transport/test/uncaught.js'
import { type ConcurrencyStrategy, type HelloServer, type ServeOptions, type ServerEvent, serve } from '../src/index.js'

async function start(options: Partial<ServeOptions> = {}): Promise<HelloServer> {
  const server = await serve({ port: 0, ...options })
  onTestFinished(async () => {
    await server.close({ graceMs: 0 }).catch(() => {})
  })
  return server
}

async function shake(server: HelloServer): Promise<SocketPeer> {
  const peer = await SocketPeer.connect(server.address)
  await peer.send('HELLO 5')
  await peer.until('HELLO 6')
  await peer.send('HELLO 7')
  await peer.untilGone()
  return peer
}

describe('serve', () => {
  it('serves by events, on this machine only, if nothing else is said', async () => {
    const server = await start()
    expect(server).toMatchObject({
      address: { host: '127.0.0.1', port: expect.any(Number) },
      strategy: 'events',
      threads: 1,
      // The fastest that works here.
      transport: process.platform === 'linux' ? 'linux' : 'node',
      sharing: undefined,
    })
  })

  it('serves on the transport of Node where that is asked for', async () => {
    expect(await start({ transport: 'node' })).toMatchObject({ transport: 'node', transportReason: undefined })
    const slower = { ...nodeTransport(), shortfall: 'it is cold here' }
    expect(await start({ transport: slower })).toMatchObject({ transportReason: 'it is cold here' })
  })

  it('changes nothing of the options that it was given', async () => {
    const options = Object.freeze({ port: 0, timeoutMs: 1000, strict: true })
    const server = await serve(options)
    await server.close()
  })

  it('prints nothing unless asked to', async () => {
    const server = await start()
    await shake(server)
    await server.close()
    expect(server.counters.established).toBe(1)
  })
})

describe("a strategy of the user's own", () => {
  it('is a loop: here one that serves the last come first', async () => {
    const stack: Connection[] = []
    const lifo: ConcurrencyStrategy = {
      name: 'last come first served',
      async run({ listener, serveOne }) {
        for await (const connection of listener) {
          stack.push(connection)
          if (stack.length < 3) continue
          while (stack.length > 0) await serveOne(stack.pop()!)
        }
      },
    }
    const events: ServerEvent[] = []
    const server = await start({ strategy: lifo, onEvent: (event) => events.push(event) })
    expect(server.strategy).toBe('last come first served')
    const peers = [
      await SocketPeer.connect(server.address),
      await SocketPeer.connect(server.address),
      await SocketPeer.connect(server.address),
    ]
    for (const [at, peer] of peers.entries()) await peer.send(`HELLO ${at}\nHELLO ${at + 2}\n`)
    await Promise.all(peers.map((peer) => peer.untilGone()))
    expect(events.flatMap((event) => (event.type === 'established' ? [event.x] : []))).toEqual([2, 1, 0])
    expect(await server.close()).toEqual({ completed: 0, cut: 0 })
    expect(server.counters).toMatchObject({ accepted: 3, established: 3 })
  })

  it('that throws ends the server with its error, and what it served is cut', async () => {
    const server = await start({
      strategy: {
        name: 'hasty',
        async run({ listener, serveOne }) {
          for await (const connection of listener) {
            void serveOne(connection)
            throw new Error('out of patience')
          }
        },
      },
    })
    const broken = expect(server.stopped).rejects.toThrow('out of patience')
    const peer = await SocketPeer.connect(server.address)
    await broken
    await expect(server.close()).rejects.toThrow('out of patience')
    await peer.untilGone()
    await expect(SocketPeer.connect(server.address)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(server.counters).toMatchObject({ accepted: 1, active: 0, failed: { ERR_HS_ABORTED: 1 } })
  })

  it('that throws before it serves what it took leaves no connection open', async () => {
    const server = await start({
      strategy: {
        name: 'hoarder',
        async run({ listener }) {
          const taken: Connection[] = []
          for await (const connection of listener) {
            taken.push(connection)
            if (taken.length === 2) throw new Error('too many')
          }
        },
      },
    })
    const broken = expect(server.stopped).rejects.toThrow('too many')
    const peers = [await SocketPeer.connect(server.address), await SocketPeer.connect(server.address)]
    await broken
    await Promise.all(peers.map((peer) => peer.untilGone()))
    expect(server.counters).toMatchObject({ accepted: 2, active: 0, failed: { ERR_HS_ABORTED: 2 } })
  })

  it('that stops early stops the server, and what it served still finishes', async () => {
    const server = await start({
      strategy: {
        name: 'for one only',
        async run({ listener, serveOne }) {
          for await (const connection of listener) {
            void serveOne(connection)
            break
          }
        },
      },
    })
    await shake(server)
    expect(await server.stopped).toEqual({ completed: 1, cut: 0 })
    await expect(SocketPeer.connect(server.address)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('sees when it is to stop, and when to drop', async () => {
    const seen: string[] = []
    const server = await start({
      strategy: {
        name: 'observant',
        async run({ listener, serveOne, stopping, dropping }) {
          stopping.addEventListener('abort', () => seen.push('stopping'))
          dropping.addEventListener('abort', () => seen.push('dropping'))
          for await (const connection of listener) void serveOne(connection)
          seen.push('ended')
        },
      },
    })
    const peer = await SocketPeer.connect(server.address)
    await peer.send('HELLO 5')
    await peer.until('HELLO 6')
    await server.close({ graceMs: 1 })
    expect(seen).toEqual(['stopping', 'ended', 'dropping'])
  })
})

describe('onEvent', () => {
  it('may stop the server from inside an event, and the events stay in order', async () => {
    const events: string[] = []
    const server = await start({
      onEvent(event) {
        events.push(event.type)
        if (event.type === 'received') void server.close({ graceMs: 0 })
      },
    })
    const peer = await SocketPeer.connect(server.address)
    await peer.send('HELLO 5')
    await peer.untilGone()
    expect(await server.stopped).toEqual({ completed: 0, cut: 1 })
    expect(events).toEqual(['connection', 'received', 'sent', 'failed', 'closed'])
    expect(peer.received).toBe('HELLO 6')
  })

  it('that throws hurts the process, as any listener does, and not the connection', async () => {
    const thrown = uncaughtExceptions()
    const server = await start({
      onEvent({ type }) {
        if (type === 'received') throw new Error('a bug of the caller')
      },
    })
    const peer = await shake(server)
    expect(peer.received).toBe('HELLO 6')
    expect(thrown).toEqual([new Error('a bug of the caller'), new Error('a bug of the caller')])
  })
})
