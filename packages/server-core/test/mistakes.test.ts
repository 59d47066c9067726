/** Strategies and transports of a user that have mistakes: the server breaks with a reason, and every promise settles. */
import { handshake } from '@hs/client'
import { type ConcurrencyStrategy, type ServerEvent, serve } from '@hs/server-core'
import { type Connection, type Listener, nodeTransport, type Receiver, type Transport } from '@hs/transport'
import { describe, expect, it } from 'vitest'

const TWICE = 'a strategy must serve what its listener gave it, and each connection once'

/** The transport of Node, whose listeners are changed. */
function listening(change: (listener: Listener) => Partial<Listener>): Transport {
  const node = nodeTransport()
  return {
    ...node,
    async listen(at, options) {
      const listener = await node.listen(at, options)
      return {
        address: listener.address,
        close: () => listener.close(),
        [Symbol.asyncIterator]: () => listener[Symbol.asyncIterator](),
        ...change(listener),
      }
    },
  }
}

/** The same, whose connections are changed. */
const accepting = (change: (connection: Connection) => unknown) =>
  listening((listener) => ({
    async *[Symbol.asyncIterator]() {
      for await (const connection of listener) {
        change(connection)
        yield connection
      }
    },
  }))

/** Has one client served by it, closes it, and says how that ended. */
async function endOf(options: { transport?: Transport; strategy?: ConcurrencyStrategy }) {
  const seen: ServerEvent['type'][] = []
  const server = await serve({
    port: 0,
    transport: 'node',
    timeoutMs: 300,
    onEvent: ({ type }) => seen.push(type),
    ...options,
  })
  server.stopped.catch(() => {})
  await handshake({ port: server.address.port, timeoutMs: 500 }).catch(() => {})
  const end = await server.close({ graceMs: 100 }).catch((error: Error) => error.message)
  expect(server).toMatchObject({ state: 'stopped', counters: { active: 0 } })
  // Each connection is reported from its beginning to its end.
  expect(seen.filter((type) => type === 'closed')).toHaveLength(seen.filter((type) => type === 'connection').length)
  return end
}

const throwing = (): never => {
  throw new Error('mine')
}
const failing = async () => throwing()

describe('a transport', () => {
  it.each([
    ['throws', throwing, 'mine'],
    ['rejects', failing, 'mine'],
    ['returns nothing', () => undefined as never, { completed: 1, cut: 0 }],
  ])('whose listener %s when it is closed stops all the same', async (_what, closing, expected) => {
    const transport = listening((listener) => ({
      close() {
        void listener.close()
        return closing()
      },
    }))
    expect(await endOf({ transport })).toEqual(expected)
  })

  it.each([
    ['gives nothing', { next: async () => undefined as never }],
    ['rejects', { next: failing }],
  ])('whose iteration %s breaks the server before it serves', async (_what, connections) => {
    const transport = listening(() => ({ [Symbol.asyncIterator]: () => connections }))
    await expect(serve({ port: 0, transport })).rejects.toThrow(/mine|not an object/)
  })

  it('that gives something else than connections breaks the server', async () => {
    const transport = listening((listener) => ({
      async *[Symbol.asyncIterator]() {
        for await (const _connection of listener) yield undefined as never
      },
    }))
    expect(await endOf({ transport })).toBe(TWICE)
  })

  it('whose connections throw when they are opened, or asked for their address, breaks the server', async () => {
    const closed = accepting((connection) => Object.assign(connection, { open: throwing }))
    expect(await endOf({ transport: closed })).toBe('mine')
    const unknown = accepting((connection) => Object.defineProperty(connection, 'remote', { get: throwing }))
    expect(await endOf({ transport: unknown })).toBe('mine')
  })

  it.each([0, 2])('whose connections tell %d times that they are closed changes nothing', async (times) => {
    const transport = accepting((connection) => {
      const open = connection.open.bind(connection)
      connection.open = (receiver: Receiver) =>
        open({
          data: (chunk) => receiver.data(chunk),
          end: () => receiver.end(),
          closed: (error) => {
            for (let count = 0; count < times; count++) receiver.closed(error)
          },
        })
    })
    expect(await endOf({ transport })).toMatchObject({ completed: 1 })
  })
})

describe('a strategy', () => {
  const running = (run: ConcurrencyStrategy['run']) => ({ strategy: { name: 'mine', run } })

  it('that serves a connection twice breaks the server', async () => {
    const strategy = running(async ({ listener, serveOne }) => {
      for await (const connection of listener) {
        await serveOne(connection)
        await serveOne(connection)
      }
    })
    expect(await endOf(strategy)).toBe(TWICE)
  })

  it.each([undefined, null, 'no'])('that throws %o breaks the server', async (thrown) => {
    const strategy = running(async ({ listener, serveOne }) => {
      for await (const connection of listener) await serveOne(connection)
      throw thrown
    })
    expect(await endOf(strategy)).toBe(`thrown without an error: ${thrown}`)
  })

  it('that does not end is reported when the server should have ended', { timeout: 20_000 }, async () => {
    const server = await serve({ port: 0, transport: 'node', ...running(() => new Promise(() => {})) })
    server.stopped.catch(() => {})
    await expect(server.close({ graceMs: 0 })).rejects.toThrow('the strategy mine or its listener did not end')
  })
})
