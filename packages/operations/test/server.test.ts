/** The gate and the metrics with a real server, in each strategy on each transport. Threads run what was built. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { handshake } from '@hs/client'
import { type ServeOptions, type ServerEvent, serve, threads } from '@hs/server-core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
// As they are published: a gate that is handed to a thread is an address of a module.
import { gated, HandshakeMeter, metrics, serveMetrics } from '../dist/index.js'

const LINE = 'PROXY TCP4 192.0.2.7 198.51.100.1 40000 9000\r\n'

const transports = process.platform === 'linux' ? (['node', 'linux'] as const) : (['node'] as const)
const strategies = {
  events: 'events',
  sequential: 'sequential',
  threads: threads({ threads: 2 }),
} as const satisfies Record<string, ServeOptions['strategy']>
const cases = transports.flatMap((transport) => Object.keys(strategies).map((name) => [name, transport] as const))

async function start(options: Partial<ServeOptions>) {
  const seen: ServerEvent[] = []
  const server = await serve({ port: 0, onEvent: (event) => seen.push(event), ...options })
  onTestFinished(async () => void (await server.close({ graceMs: 0 })))
  const failures = () => seen.flatMap((event) => (event.type === 'failed' ? [event] : []))
  return { server, seen, failures }
}

async function client(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

describe.each(cases)('a server with a gate, strategy %s, transport %s', (name, transport) => {
  const strategy = strategies[name as keyof typeof strategies]

  it('has the address of the client in its events', async () => {
    const { server, seen } = await start({
      strategy,
      transport,
      wrapTransport: (inner, count) => gated(inner, { proxies: ['127.0.0.1'] }, count),
    })
    const socket = await client(server.address.port)
    socket.write(`${LINE}HELLO 5`)
    await once(socket, 'data')
    socket.end('HELLO 7')
    await expect
      .poll(() => seen.find(({ type }) => type === 'established'))
      .toMatchObject({
        remote: { host: '192.0.2.7', port: 40000 },
        x: 5,
      })
  })

  it('counts and reports what it refuses, by a code', async () => {
    const { server, failures } = await start({
      strategy,
      transport,
      wrapTransport: (inner, count) => gated(inner, { proxies: ['127.0.0.1'] }, count),
    })
    const socket = await client(server.address.port)
    socket.write('HELLO 5')
    await once(socket, 'close')
    await expect
      .poll(() => failures()[0]?.failure)
      .toMatchObject({
        code: 'ERR_HS_PROXY_HEADER',
        clause: 'HS-6.5',
        message: expect.stringMatching(/^127\.0\.0\.1 must send a PROXY header.*\.$/),
      })
    expect(server.counters).toMatchObject({ accepted: 1, failed: { ERR_HS_PROXY_HEADER: 1 }, active: 0 })
  })

  it('limits new connections of one address, whichever thread accepts them', async () => {
    const { server, failures } = await start({
      strategy,
      transport,
      wrapTransport: (inner, count) => gated(inner, { peers: { perSecond: 3 } }, count),
    })
    const { port } = server.address
    const ends = await Promise.allSettled(Array.from({ length: 8 }, () => handshake({ port })))
    const established = ends.filter(({ status }) => status === 'fulfilled').length
    // Threads that admit in the same moment may together admit a few more.
    expect(established).toBeGreaterThanOrEqual(3)
    expect(established).toBeLessThanOrEqual(name === 'threads' ? 6 : 3)
    await expect.poll(() => failures().length).toBe(8 - established)
    for (const { failure } of failures()) expect(failure).toMatchObject({ code: 'ERR_HS_PEER_RATE', clause: 'HS-6.4' })
  })
})

describe('metrics', () => {
  const get = async (port: number, path: string, accept = '') => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { accept } })
    return { status: answer.status, type: answer.headers.get('content-type')!, text: await answer.text() }
  }

  it('are served in both formats, with counters by thread and histograms by phase', async () => {
    const meter = new HandshakeMeter(10_000)
    await using server = await serve({ port: 0, strategy: threads({ threads: 2 }), onEvent: meter.onEvent })
    await using endpoint = await serveMetrics(server, { port: 0, meter })
    for (let count = 0; count < 5; count++) await handshake({ port: server.address.port })
    await expect.poll(() => server.counters.established).toBe(5)
    const { port } = endpoint.address
    const scraped = async () => (await get(port, '/metrics', 'application/openmetrics-text')).text
    await expect.poll(scraped).toMatch(/^hs_handshake_duration_seconds_count\{phase="total"\} 5$/m)
    const text = await scraped()
    const counts = [...text.matchAll(/^hs_handshakes_total\{.*thread="(\d)",outcome="established"\} (\d)$/gm)]
    expect(counts.map(([, thread]) => thread)).toEqual(['0', '1', '2'])
    expect(counts.reduce((sum, [, , count]) => sum + Number(count), 0)).toBe(5)
    expect(text).toContain('hs_handshake_duration_seconds_count{phase="x"} 5')
    expect(text).toContain('hs_handshake_duration_seconds_count{phase="z"} 5')
    expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m)
    expect(text).toMatch(/^process_cpu_seconds_total /m)
    expect(text.endsWith('# EOF\n')).toBe(true)
    const old = await get(port, '/metrics')
    expect(old.type).toContain('text/plain; version=0.0.4')
    expect(old.text).not.toContain('# EOF')
  })

  it('say whether the process lives, and why the server is not ready', async () => {
    const server = await serve({ port: 0, maxConnections: 1 })
    await using endpoint = await serveMetrics(server, { port: 0 })
    const { port } = endpoint.address
    expect(await get(port, '/healthz')).toMatchObject({ status: 200, text: 'ok\n' })
    expect(await get(port, '/readyz')).toMatchObject({ status: 200, text: 'ok\n' })
    const socket = await client(server.address.port)
    await expect.poll(() => server.counters.active).toBe(1)
    expect(await get(port, '/readyz')).toMatchObject({
      status: 503,
      text: 'the server is full: it serves 1 connections\n',
    })
    expect((await get(port, '/metrics')).text).toMatch(/^hs_ready 0$/m)
    socket.destroy()
    await expect.poll(() => server.counters.active).toBe(0)
    endpoint.drain()
    expect(await get(port, '/readyz')).toMatchObject({ status: 503, text: 'the server is about to stop\n' })
    await server.close()
    expect(await get(port, '/readyz')).toMatchObject({ status: 503, text: 'the server is stopped\n' })
    expect(await get(port, '/healthz')).toMatchObject({ status: 200 })
  })

  it('leave descriptors to the server, however many scrapers there are, and for however long', async () => {
    await using server = await serve({ port: 0 })
    await using endpoint = await serveMetrics(server, { port: 0 })
    const { port } = endpoint.address
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    let closed = 0
    for (const socket of await Promise.all(Array.from({ length: 40 }, () => client(port)))) {
      socket.once('close', () => closed++).resume()
    }
    await expect.poll(() => closed).toBe(32)
    vi.advanceTimersByTime(10_000)
    await expect.poll(() => closed).toBe(40)
    vi.useRealTimers()
    expect(await get(port, '/healthz')).toMatchObject({ status: 200 })
    const greedy = await client(port)
    greedy.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(50))
    const { length } = (await text(greedy)).match(/^# TYPE hs_ready gauge$/gm)!
    expect(length).toBe(1)
  })

  it('are refused options that make no sense, as by every function', async () => {
    await using server = await serve({ port: 0 })
    const refused = [
      [() => serveMetrics(server, { port: 0, host: '' }), 'host must be a name or an address'],
      [() => serveMetrics(server, { port: 70_000 }), 'port must be an integer from 0 to 65535'],
      [() => serveMetrics(server, { port: 0, hosts: '::' } as never), 'did you mean host?'],
      [() => serveMetrics(server, null as never), 'the options of serveMetrics must be an object'],
      [() => serveMetrics(server, { port: 0, meter: 5 as never }), 'meter must be a HandshakeMeter'],
      [async () => metrics(server, { isReady: true } as never), 'isReady must be a function'],
      [async () => new HandshakeMeter(Number.NaN), 'timeoutMs must be a number of more than 0'],
    ] as const
    for (const [call, message] of refused) await expect(call()).rejects.toThrow(message)
  })

  it('answer nothing else', async () => {
    await using server = await serve({ port: 0 })
    await using endpoint = await serveMetrics(server, { port: 0 })
    expect(await get(endpoint.address.port, '/')).toMatchObject({ status: 404 })
    const posted = await fetch(`http://127.0.0.1:${endpoint.address.port}/metrics`, { method: 'POST', body: 'x' })
    expect(posted.status).toBe(405)
  })

  it('come without histograms from a server that is not observed', async () => {
    await using server = await serve({ port: 0 })
    const { text } = await metrics(server).scrape()
    expect(text).toMatch(/^hs_connections_limit 10000$/m)
    expect(text).not.toContain('hs_handshake_duration_seconds')
  })
})
