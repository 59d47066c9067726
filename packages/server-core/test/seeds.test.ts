/** Strategies in virtual time, on a network whose every delay, cut and reset a seed decides. */
import type { Receiver } from '@hs/transport'
import { type MemoryConnection, type MemoryTransportOptions, memoryTransport } from '@hs/transport/testing'
import { describe, expect, it, vi } from 'vitest'
import type { ServerEvent } from '../src/events.js'
import { serve } from '../src/server.js'
import { events } from '../src/strategies/events.js'
import { sequential } from '../src/strategies/sequential.js'
import type { ConcurrencyStrategy } from '../src/strategy.js'

// No real time passes but that of computing; only a machine that hangs should reach this limit.
vi.setConfig({ testTimeout: 60_000 })

const SEEDS = 1000
const PEERS = 5
const TIMEOUT_MS = 100
/** Longer than any delay of the network, so that a message that was cut is still one message. */
const QUIET_MS = 10
const LATENCY_MS = 1

/** What each kind of peer does when it is connected, and when it got something; and how its connection is counted. */
const KINDS = [
  { end: 'established', begin: 'HELLO 5', answer: 'HELLO 7' },
  { end: 'established', begin: 'HELLO 5\nHELLO 7\n' },
  { end: 'ERR_HS_WRONG_NUMBER', begin: 'HELLO 5', answer: 'HELLO 8' },
  { end: 'ERR_HS_MALFORMED', begin: 'GET /' },
  { end: 'ERR_HS_TIMEOUT' },
  { end: 'ERR_HS_TIMEOUT', begin: 'HELLO 5' },
  { end: 'ERR_HS_RESET', begin: 'HELLO 5', leave: 'reset' },
  { end: 'ERR_HS_CLOSED_EARLY', begin: 'HELLO 5', leave: 'close' },
  { end: 'probe', leave: 'close' },
] as const satisfies readonly { end: string; begin?: string; answer?: string; leave?: 'reset' | 'close' }[]

/** Plays a peer; resolves when its connection is gone. */
function play(connection: MemoryConnection, kind: (typeof KINDS)[number]): Promise<void> {
  const { begin, answer, leave } = { begin: undefined, answer: undefined, leave: undefined, ...kind }
  const say = (text: string | undefined) => text !== undefined && connection.write(Buffer.from(text))
  return new Promise((resolve) => {
    let received = ''
    const receiver: Receiver = {
      data(chunk) {
        received += Buffer.from(chunk).toString()
        // A peer that closed with bytes unread would reset the connection.
        if (received !== 'HELLO 6') return
        say(answer)
        if (leave) connection[leave]()
      },
      end: () => connection.close(),
      closed: () => resolve(),
    }
    connection.open(receiver)
    say(begin)
    if (begin === undefined && leave) connection[leave]()
  })
}

/** One run: random peers against one server, until it has stopped. */
async function run(seed: number, strategy: ConcurrencyStrategy, network: MemoryTransportOptions, graceMs = 60_000) {
  const options = { seed, latencyMs: LATENCY_MS, cutRate: 0.3, settleTurns: 1, ...network }
  const transport = memoryTransport(options)
  const log: ServerEvent[] = []
  const server = await serve({
    port: 0,
    strategy,
    transport,
    timeoutMs: TIMEOUT_MS,
    quietMs: QUIET_MS,
    onEvent: (event) => log.push(event),
  })
  const kinds = Array.from({ length: PEERS }, (_, at) => KINDS[(seed * 7 + at * (1 + (seed % 5))) % KINDS.length]!)
  const connections = await Promise.all(kinds.map(() => transport.connect(server.address)))
  const played = Promise.all(connections.map((connection, at) => play(connection, kinds[at]!)))
  if (graceMs > 0) await played
  const report = await server.close({ graceMs })
  await played
  return { kinds, log, report, counters: server.counters, timers: transport.timers }
}

const sum = (counts: object) => Object.values(counts).reduce((total: number, count: number) => total + count, 0)

/** What holds whatever the network did. */
function expectInOrder({ log, counters, timers }: Awaited<ReturnType<typeof run>>): void {
  const of = (type: ServerEvent['type']) =>
    log.flatMap((event) => (event.type === type && 'connection' in event ? [event.connection] : [])).sort()
  const begun = of('connection')
  expect(begun).toHaveLength(PEERS)
  expect(new Set(begun).size).toBe(PEERS)
  expect(of('closed')).toEqual(begun)
  expect(counters.accepted).toBe(PEERS)
  expect(counters.established + counters.probes + sum(counters.failed)).toBe(PEERS)
  expect(counters.active).toBe(0)
  expect(timers).toBe(0)
}

describe.each([
  ['sequential', () => sequential()],
  ['events', () => events()],
] as const)(`${SEEDS} seeds of %s`, (_, make) => {
  it('end every connection once, as its peer deserves, and by the deadline', async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const result = await run(seed, make(), {})
      expectInOrder(result)
      const ends: Record<string, number> = {}
      for (const { end } of result.kinds) ends[end] = (ends[end] ?? 0) + 1
      const { established = 0, probe = 0, ...failed } = ends
      expect(result.counters, `seed ${seed}`).toMatchObject({ established, probes: probe, failed })
      const longestMs = Math.max(...result.log.map((event) => (event.type === 'closed' ? event.durationMs : 0)))
      expect(longestMs).toBeLessThanOrEqual(TIMEOUT_MS)
    }
  })
})

it.each(['sequential', 'events'] as const)('%s ends each connection once, whatever breaks', async (name) => {
  const make = { sequential, events }[name]
  for (let seed = 0; seed < SEEDS / 4; seed++) {
    const result = await run(seed, make(), { resetRate: 0.3 }, seed % 3 === 0 ? 0 : 60_000)
    expectInOrder(result)
    expect(result.report.cut).toBe(result.counters.failed.ERR_HS_ABORTED ?? 0)
  }
})

it('the same seed gives the same run, to the microsecond', async () => {
  const [one, other] = [await run(42, events(), { resetRate: 0.3 }), await run(42, events(), { resetRate: 0.3 })]
  expect(other.log).toEqual(one.log)
  expect(one.log).not.toEqual((await run(43, events(), { resetRate: 0.3 })).log)
})
