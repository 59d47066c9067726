/** The gate before real sockets, on each transport: what connects, what it sends first, and what reaches the server. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type Connection, type Listener, nodeTransport, type Transport } from '@hs/transport'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type GateOptions, gated } from '../src/gate/gate.js'

const transports: Record<string, () => Promise<Transport>> = {
  node: async () => nodeTransport(),
  ...(process.platform === 'linux' && {
    linux: async () => (await import('@hs/transport-linux')).linuxTransport(),
    'linux with epoll': async () => (await import('@hs/transport-linux')).linuxTransport({ ring: false }),
  }),
}

/** What a connection has told so far. */
interface Seen {
  readonly connection: Connection
  text: string
  ended: boolean
  /** How many times. */
  closed: number
}

/** Listens through a gate, and opens each connection that the gate lets in. */
async function start(transport: Transport, options: GateOptions) {
  const listener: Listener = await gated(transport, options).listen(
    { host: '127.0.0.1', port: 0 },
    { maxWaiting: 100, onDrop() {}, shared: false },
  )
  const seen: Seen[] = []
  const over = (async () => {
    for await (const connection of listener) {
      const one: Seen = { connection, text: '', ended: false, closed: 0 }
      seen.push(one)
      connection.open({
        data: (chunk) => (one.text += Buffer.from(chunk).toString('latin1')),
        end() {
          one.ended = true
          connection.close()
        },
        closed: () => one.closed++,
      })
    }
  })()
  onTestFinished(async () => {
    await listener.close()
    for (const { connection } of seen) connection.abort()
    await over
  })
  return { seen, listener, over }
}

async function client({ address }: Listener, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ ...address, localAddress })
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

const LINE = 'PROXY TCP4 192.0.2.7 198.51.100.1 40000 9000\r\n'
const BINARY = Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000207c63364019c402328', 'hex').toString('latin1')
const LOCAL = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex').toString('latin1')

describe.each(Object.entries(transports))('a gate before the transport %s', (_name, make) => {
  it.each([
    ['version 1', LINE, '192.0.2.7'],
    ['version 2', BINARY, '192.0.2.7'],
    ['LOCAL', LOCAL, '127.0.0.1'],
  ])('takes the client from a header of %s, however it is cut, and leaves the rest', async (_version, header, host) => {
    const { seen, listener } = await start(await make(), { proxies: ['127.0.0.1'] })
    const glued = await client(listener)
    glued.write(`${header}HELLO 5`, 'latin1')
    await expect.poll(() => seen[0]?.text).toBe('HELLO 5')
    expect(seen[0]!.connection.remote.host).toBe(host)
    expect(seen[0]!.connection.refusal).toBeUndefined()

    const slow = await client(listener)
    slow.setNoDelay(true)
    for (const byte of `${header}HELLO 6`) {
      slow.write(byte, 'latin1')
      await new Promise((resolve) => setImmediate(resolve))
    }
    await expect.poll(() => seen[1]?.text).toBe('HELLO 6')
    expect(seen[1]!.connection.remote.host).toBe(host)
  })

  it.each([
    ['no header', 'HELLO 5', /must send a PROXY header, but its first bytes are not one/],
    ['a malformed one', 'PROXY TCP4 nowhere\r\n', /but a header line is PROXY/],
  ])('refuses a balancer that sends %s, with a code', async (_what, bytes, reason) => {
    const { seen, listener } = await start(await make(), { proxies: ['127.0.0.0/8'] })
    ;(await client(listener)).write(bytes)
    await expect.poll(() => seen.length).toBe(1)
    expect(seen[0]!.connection.refusal).toEqual({ code: 'ERR_HS_PROXY_HEADER', reason: expect.stringMatching(reason) })
  })

  it('refuses one that ends within its header, and one that says nothing for too long', async () => {
    const { seen, listener } = await start(await make(), { proxies: ['127.0.0.1'], headerMs: 100 })
    ;(await client(listener)).end('PROXY TC')
    await expect.poll(() => seen[0]?.connection.refusal?.code).toBe('ERR_HS_PROXY_HEADER')
    await client(listener)
    await expect.poll(() => seen[1]?.connection.refusal?.code).toBe('ERR_HS_TIMEOUT')
  })

  it('hands on one that closes without a byte, as the probe that it is', async () => {
    const { seen, listener } = await start(await make(), { proxies: ['127.0.0.1'] })
    ;(await client(listener)).end()
    await expect.poll(() => seen[0]?.ended).toBe(true)
    expect(seen[0]!.connection.refusal).toBeUndefined()
    expect(seen[0]!.text).toBe('')
    await expect.poll(() => seen[0]!.closed).toBe(1)
  })

  it('tells once that a connection is closed, also if the header, bytes and the end came together', async () => {
    const { seen, listener } = await start(await make(), { proxies: ['127.0.0.1'] })
    ;(await client(listener)).end(`${LINE}HELLO 5`)
    await expect.poll(() => seen[0]?.closed).toBeGreaterThan(0)
    expect(seen[0]).toMatchObject({ text: 'HELLO 5', ended: true, closed: 1 })
  })

  it.runIf(process.platform === 'linux')(
    'believes no header from elsewhere: it is the first bytes of a client',
    async () => {
      const { seen, listener } = await start(await make(), { proxies: ['127.0.0.1'] })
      ;(await client(listener, '127.0.0.2')).write(LINE)
      await expect.poll(() => seen[0]?.text).toBe(LINE)
      expect(seen[0]!.connection.remote.host).toBe('127.0.0.2')
    },
  )

  it('waits for several headers at once: a balancer that says nothing does not hold up others', async () => {
    const { seen, listener } = await start(await make(), { proxies: ['127.0.0.1'] })
    await client(listener)
    await client(listener)
    ;(await client(listener)).write(`${LINE}HELLO 1`)
    await expect.poll(() => seen[0]?.text).toBe('HELLO 1')
  })

  it('ends when it is closed, soon after the headers that are on their way', async () => {
    const { seen, listener, over } = await start(await make(), { proxies: ['127.0.0.1'], headerMs: 60_000 })
    const late = await client(listener)
    const silent = await client(listener)
    late.write('PROXY TCP4 192.0.2.7 ')
    // Both are accepted when a third has come through.
    ;(await client(listener)).write(LINE)
    await expect.poll(() => seen.length).toBe(1)
    await listener.close()
    late.write('198.51.100.1 40000 9000\r\nHELLO 5')
    await over
    expect(seen.map(({ connection }) => connection.refusal?.code)).toEqual([undefined, undefined, 'ERR_HS_TIMEOUT'])
    silent.destroy()
  })

  it('limits what one address has, by the address in the header', async () => {
    const { seen, listener } = await start(await make(), { proxies: ['127.0.0.1'], peers: { connections: 1 } })
    const first = await client(listener)
    first.write(LINE)
    await expect.poll(() => seen.length).toBe(1)
    ;(await client(listener)).write(LINE)
    await expect.poll(() => seen[1]?.connection.refusal?.code).toBe('ERR_HS_PEER_CONNECTIONS')
    ;(await client(listener)).write(LINE.replace('192.0.2.7', '192.0.2.8'))
    await expect.poll(() => seen.length).toBe(3)
    expect(seen[2]!.connection.refusal).toBeUndefined()
    // When the first is over, its place is free.
    seen[0]!.connection.abort()
    await expect.poll(() => seen[0]!.closed).toBe(1)
    ;(await client(listener)).write(LINE)
    await expect.poll(() => seen.length).toBe(4)
    expect(seen[3]!.connection.refusal).toBeUndefined()
  })

  it('keeps no place for one that resets before its header, as the probe of a balancer does', async () => {
    const { seen, listener } = await start(await make(), { proxies: ['127.0.0.1'], peers: { connections: 1 } })
    for (let count = 1; count <= 3; count++) {
      ;(await client(listener)).resetAndDestroy()
      await expect.poll(() => seen[count - 1]?.closed).toBe(1)
    }
    expect(seen.map(({ connection }) => connection.refusal)).toEqual([undefined, undefined, undefined])
  })
})

it.each([
  [{ proxies: ['localhost'] }, "proxies[0] must be an address or a block such as 10.0.0.0/8, got 'localhost' (string)"],
  [{ proxies: '10.0.0.0/8' }, "proxies must be an array of addresses or blocks such as 10.0.0.0/8, got '10.0.0.0/8'"],
  [{ proxies: [5] }, 'proxies[0] must be an address or a block such as 10.0.0.0/8, got 5 (number)'],
  [{ peers: { connections: 0 } }, 'peers.connections must be an integer of at least 1, got 0 (number)'],
  [{ peers: { connections: '5' } }, "peers.connections must be an integer of at least 1, got '5' (string)"],
  [{ peers: { conections: 5 } }, '"peers.conections" is not one of peers: did you mean connections?'],
  [{ peers: 5 }, 'peers must be an object with connections and perSecond, got 5 (number)'],
  [{ proxy: ['::1'] }, '"proxy" is not one of the options of gated: they are proxies, headerMs, peers'],
  [{ headerMs: Number.NaN }, 'headerMs must be a number of more than 0, got NaN'],
  [null, 'the options of gated must be an object, got null'],
])('a gate refuses %j', (options, message) => {
  expect(() => gated(nodeTransport(), options as never)).toThrow(message)
})
