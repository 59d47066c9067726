import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { type HelloServer, type ServerEvent, serve } from '@hs/server-core'
import { nodeTransport } from '@hs/transport'
import { describe, expect, it, onTestFinished } from 'vitest'
import { uncaughtExceptions } from '../../transport/test/uncaught.js'
import type { LoadReport } from '../src/measure/report.js'
import type { HandshakeTrace, Interval } from '../src/measure/results.js'
import { load } from '../src/run/load.js'
import type { ClientKind } from '../src/run/mix.js'
import type { LoadOptions } from '../src/run/options.js'

const TRANSPORTS = process.platform === 'linux' ? (['node', 'linux'] as const) : (['node'] as const)

/** A server of ours, which is stopped when the test is over. */
async function server(options: Partial<Parameters<typeof serve>[0]> = {}): Promise<HelloServer> {
  const started = await serve({ port: 0, transport: 'node', ...options })
  onTestFinished(async () => {
    await started.close({ graceMs: 0 })
  })
  return started
}

/** A bare server that passes each connection to `onConnection`. */
async function bareServer(onConnection: (socket: Socket) => void): Promise<{ host: string; port: number }> {
  const sockets = new Set<Socket>()
  const listening: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    listening.close()
    for (const socket of sockets) socket.destroy()
  })
  await once(listening, 'listening')
  return { host: '127.0.0.1', port: (listening.address() as { port: number }).port }
}

async function reportOf(options: LoadOptions): Promise<LoadReport> {
  return (await load({ seed: 1, ...options })).report
}

/** Everything that began has ended in one of the ways that there are. */
function expectNothingLost({ started, established, played, unfinished, failed }: LoadReport): void {
  const failures = Object.values(failed).reduce((sum, count) => sum + count, 0)
  expect(established + played + unfinished + failures).toBe(started)
}

describe.each(TRANSPORTS)('a load on the transport %s', (transport) => {
  it('does `count` handshakes, and the server agrees', async () => {
    const { address, counters } = await server().then((one) => ({ address: one.address, counters: () => one.counters }))
    const report = await reportOf({ targets: [address], transport, concurrency: 8, count: 200, check: false })
    expect(report).toMatchObject({
      started: 200,
      opened: 200,
      established: 200,
      failed: {},
      interrupted: false,
      transport,
    })
    expect(report.latency.total.count).toBe(200)
    await expect.poll(() => counters().established).toBe(200)
  })

  it('ends after its time, and counts only what followed the warm-up', async () => {
    const { address } = await server()
    const traces: HandshakeTrace[] = []
    const report = await reportOf({
      targets: [address],
      transport,
      concurrency: 4,
      durationMs: 100,
      warmupMs: 100,
      onHandshake: (trace) => traces.push(trace),
    })
    expect(report.durationMs).toBeLessThanOrEqual(100)
    expect(report.established).toBeGreaterThan(0)
    expect(traces).toHaveLength(report.started)
    expectNothingLost(report)
  })

  it('begins handshakes at a rate, whether or not those before are over', async () => {
    // No client is ever answered.
    const target = await bareServer(() => {})
    const traces: HandshakeTrace[] = []
    const report = await reportOf({
      targets: [target],
      transport,
      rate: 200,
      count: 20,
      timeoutMs: 150,
      check: false,
      onHandshake: (trace) => traces.push(trace),
    })
    expect(report).toMatchObject({ started: 20, opened: 20, established: 0, failed: { timedOut: 20 } })
    const intended = traces.map((trace) => trace.intended).sort((a, b) => a - b)
    for (let at = 1; at < intended.length; at++) expect(intended[at]! - intended[at - 1]!).toBeCloseTo(5, 1)
    for (const { started, intended } of traces) expect(started).toBeGreaterThanOrEqual(intended)
  })

  it('counts the time from when a handshake had to begin, so that a stall shows', async () => {
    const { address } = await server()
    const stallMs = 120
    let stalled = false
    const report = await reportOf({
      targets: [address],
      transport,
      rate: 100,
      count: 30,
      onHandshake() {
        if (stalled) return
        stalled = true
        // This very process is held up, and so is every handshake that had to begin meanwhile.
        const until = performance.now() + stallMs
        while (performance.now() < until);
      },
    })
    expect(report.latestStartMs).toBeGreaterThan(stallMs / 2)
    expect(report.latency.total.max).toBeGreaterThanOrEqual(Math.floor(report.latestStartMs))
  })

  it('has slow, silent and broken off clients in the shares of its mix, the same for the same seed', async () => {
    const one = await server()
    const kinds = async () => {
      const traces: HandshakeTrace[] = []
      const report = await reportOf({
        targets: [one.address],
        transport,
        concurrency: 20,
        count: 200,
        mix: { normal: 70, slow: 10, silent: 10, reset: 10 },
        slowMs: 5,
        silentMs: 5,
        onHandshake: (trace) => traces.push(trace),
      })
      expectNothingLost(report)
      expect(report.failed).toEqual({})
      const of = (kind: ClientKind) => traces.filter((trace) => trace.kind === kind)
      return { normal: of('normal'), slow: of('slow'), silent: of('silent'), reset: of('reset') }
    }
    const first = await kinds()
    const counts = Object.fromEntries(Object.entries(first).map(([kind, traces]) => [kind, traces.length]))
    expect(counts.normal).toBeGreaterThan(110)
    for (const kind of ['slow', 'silent', 'reset']) expect(counts[kind]).toBeGreaterThan(5)
    for (const { outcome } of [...first.normal, ...first.slow]) expect(outcome).toBe('established')
    for (const { outcome } of [...first.silent, ...first.reset]) expect(outcome).toBe('played')
    for (const { ended, started } of first.slow) expect(ended - started).toBeGreaterThanOrEqual(10)
    const again = await kinds()
    expect(Object.fromEntries(Object.entries(again).map(([kind, traces]) => [kind, traces.length]))).toEqual(counts)
  })

  it('breaks off with a reset once it was answered', async () => {
    const events: ServerEvent[] = []
    const { address } = await server({ onEvent: (event) => events.push(event) })
    await reportOf({ targets: [address], transport, count: 20, concurrency: 1, mix: { reset: 1 }, check: false })
    const failures = () => events.flatMap((event) => (event.type === 'failed' ? [event.failure.code] : []))
    await expect.poll(() => failures().length).toBe(20)
    // One that is not answered within its 20 ms, by this busy process, has nothing to leave unread.
    expect(failures().filter((code) => code === 'ERR_HS_RESET').length).toBeGreaterThan(10)
    expect(failures().filter((code) => code !== 'ERR_HS_RESET' && code !== 'ERR_HS_CLOSED_EARLY')).toEqual([])
  })

  it('tells wrong answers, early closes, resets and silence apart', async () => {
    const answers: ((socket: Socket) => void)[] = [
      (socket) => socket.write('HELLO 0'),
      (socket) => socket.end(),
      (socket) => socket.resetAndDestroy(),
      () => {},
      (socket) => socket.write('HTTP/1.1 400 Bad Request'),
    ]
    let connections = 0
    const target = await bareServer((socket) => {
      const answer = answers[connections++ % answers.length]!
      socket.once('data', () => answer(socket))
    })
    const report = await reportOf({
      targets: [target],
      transport,
      concurrency: 1,
      count: 5,
      timeoutMs: 100,
      check: false,
    })
    expect(report).toMatchObject({ started: 5, opened: 5, established: 0 })
    expect(report.failed).toEqual({ wrong: 2, closedEarly: 1, reset: 1, timedOut: 1 })
    expect(report.examples.wrong).toContain('HELLO 0')
  })

  it('counts what never opened when the server goes, and does not spin', async () => {
    const one = await server()
    const stopping = new AbortController()
    const refused: number[] = []
    let gone = false
    const report = await reportOf({
      targets: [one.address],
      transport,
      concurrency: 2,
      durationMs: 60_000,
      signal: stopping.signal,
      onHandshake({ outcome, ended }) {
        if (outcome === 'refused' && refused.push(ended) === 20) stopping.abort()
        if (gone) return
        gone = true
        void one.close({ graceMs: 0 })
      },
    })
    expect(report.failed.refused).toBe(20)
    // Two clients, each of which pauses for 10 ms after a failure.
    expect(refused.at(-1)! - refused[0]!).toBeGreaterThan(80)
    expect(report.examples.refused).toContain('ECONNREFUSED')
    expectNothingLost(report)
  })

  it('reports what there is when it is stopped', async () => {
    const stopping = new AbortController()
    let connected = 0
    const target = await bareServer(() => {
      if (++connected === 5) stopping.abort()
    })
    const report = await reportOf({
      targets: [target],
      transport,
      concurrency: 5,
      check: false,
      signal: stopping.signal,
    })
    expect(report).toMatchObject({ interrupted: true, started: 5, established: 0, unfinished: 5, failed: {} })
  })

  it('takes turns with several targets', async () => {
    const [one, other] = [await server(), await server()]
    await reportOf({ targets: [one.address, other.address], transport, concurrency: 3, count: 20, check: false })
    await expect.poll(() => [one.counters.established, other.counters.established]).toEqual([10, 10])
  })

  it('connects from the addresses that it is given', async () => {
    const remotes = new Set<string>()
    const { address } = await server({
      onEvent: (event) => event.type === 'connection' && remotes.add(event.remote.host),
    })
    const sources = ['127.0.0.77']
    const report = await reportOf({ targets: [address], transport, count: 3, concurrency: 1, sources, check: false })
    if (process.platform === 'linux') {
      expect(report.established).toBe(3)
      expect([...remotes]).toEqual(sources)
    }
  })

  it('continues with the next address when one has no port left, and loses no handshake by it', async () => {
    const { address } = await server()
    // The system answers the same for an address that is not of this machine.
    const sources = ['203.0.113.1', '127.0.0.1']
    const report = await reportOf({ targets: [address], transport, count: 30, concurrency: 10, sources, check: false })
    expect(report).toMatchObject({ started: 30, opened: 30, established: 30, failed: {} })
  })

  it('reports that no source port is left, or that an address is not one of this machine', async () => {
    const { address } = await server()
    // Reserved for documentation: no machine has it.
    const sources = ['203.0.113.1', '203.0.113.2']
    const report = await reportOf({ targets: [address], transport, count: 2, concurrency: 1, sources, check: false })
    expect(report).toMatchObject({ opened: 0, failed: { noPorts: 2 } })
  })

  it('adds up its intervals to the whole', async () => {
    const { address } = await server()
    const seen: Interval[] = []
    const report = await reportOf({
      targets: [address],
      transport,
      rate: 200,
      durationMs: 250,
      intervalMs: 50,
      onInterval: (interval) => seen.push(interval),
    })
    expect(seen).toEqual(report.intervals)
    expect(seen.length).toBeGreaterThanOrEqual(4)
    expect(seen.reduce((sum, { established }) => sum + established, 0)).toBe(report.established)
    for (const [at, { atMs }] of seen.entries()) expect(atMs).toBeCloseTo(50 * at, 3)
  })

  it('ends with what its caller threw when told of an interval', async () => {
    const { address } = await server()
    const onInterval = () => {
      throw new Error('enough')
    }
    const endless = load({ targets: [address], transport, rate: 50, durationMs: 3_600_000, intervalMs: 20, onInterval })
    await expect(endless).rejects.toThrow('enough')
  })
})

describe('a load that cannot begin', () => {
  it('says that nothing listens there', async () => {
    const { address, close } = await server()
    await close()
    await expect(load({ targets: [address], count: 1 })).rejects.toMatchObject({
      code: 'ERR_HS_CONNECT',
      message: expect.stringContaining('Nothing listens'),
    })
  })

  it('says what a server answered that is none', async () => {
    const target = await bareServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2p1\r\n'))
    await expect(load({ targets: [target], count: 1 })).rejects.toMatchObject({
      code: 'ERR_HS_MALFORMED',
      message: expect.stringContaining('SSH-2.0'),
    })
  })

  it.each([
    [{ rate: 1, concurrency: 1 }, TypeError, /^rate and concurrency exclude each other/],
    [{ mix: { normal: 0 } }, RangeError, /^mix must be .*, one of them more than 0/],
    [{ sources: ['192.0.2.1'] }, RangeError, /^sources must be addresses of this machine, got '192.0.2.1'/],
  ])('refuses %j', async (options, kind, message) => {
    const complaint = load({ targets: [{ host: '127.0.0.1', port: 1 }], ...options })
    await expect(complaint).rejects.toThrow(kind)
    await expect(complaint).rejects.toThrow(message)
  })
})

describe('mistakes of the caller', () => {
  it.each([
    ['rejects without an error', () => Promise.reject(), { unreachable: 5 }],
    ['never connects, and does not heed the signal', () => new Promise(() => {}), { connectTimedOut: 5 }],
  ])('a transport that %s is counted, and ends', async (_what, connect, failed) => {
    const transport = { ...nodeTransport(), connect: connect as never }
    const targets = [{ host: '127.0.0.1', port: 9 }]
    const report = await reportOf({ targets, transport, check: false, count: 5, concurrency: 2, timeoutMs: 100 })
    expect(report).toMatchObject({ started: 5, failed })
  })

  it('an onHandshake that throws does not end the load', async () => {
    const uncaught = uncaughtExceptions()
    const { address } = await server()
    const onHandshake = () => {
      throw new Error('mine')
    }
    expect(await reportOf({ targets: [address], check: false, count: 3, onHandshake })).toMatchObject({
      established: 3,
    })
    await expect.poll(() => uncaught.length).toBe(3)
  })
})
