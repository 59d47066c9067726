import { readdirSync } from 'node:fs'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { type Peer, type Peers, socketPeers } from '@hs/transport/testing'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Counters, HelloServer, ServeOptions, ServerEvent, StopReport } from '../index.js'

/** What the suite runs with: each test makes its own. */
export interface StrategySetup extends Pick<ServeOptions, 'strategy' | 'transport'> {
  /** From `src` or from `dist`: threads are there only when they are built. */
  readonly serve: (options: ServeOptions) => Promise<HelloServer>
}

/** Legitimate differences between strategies. */
export interface StrategySuiteOptions {
  /** Connections served at a time; further ones wait, whole. Default: no limit. */
  readonly atOnce?: number
  /** Threads that serve besides the one that listens. Default 0. */
  readonly threads?: number
  /** Where connections wait that are not served yet: those in the `'kernel'` are not limited here. Default `'process'`. */
  readonly waiting?: 'process' | 'kernel'
  /** Where clients come from. Default: sockets of `node:net`. */
  readonly peers?: Peers
}

/** A server under test, and what it tells. */
class Subject {
  readonly server: HelloServer
  readonly events: ServerEvent[]
  readonly #wakers: Set<() => void>
  readonly #peers: Peers

  constructor(server: HelloServer, events: ServerEvent[], wakers: Set<() => void>, peers: Peers) {
    this.#peers = peers
    this.server = server
    this.events = events
    this.#wakers = wakers
  }

  connect(): Promise<Peer> {
    return this.#peers.connect(this.server.address)
  }

  /** Resolves when an event has made it true. Events of other threads come a little late. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#wakers.delete(wake)
          resolve()
        }
        this.#wakers.add(wake)
      })
    }
  }

  /** Resolves when `count` connections are over, and all their events have arrived. */
  untilClosed(count: number): Promise<void> {
    return this.until(() => this.of('closed').length >= count)
  }

  of<T extends ServerEvent['type']>(type: T): Extract<ServerEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<ServerEvent, { type: T }> => event.type === type)
  }

  /** One connection's events, each in a few words. */
  story(connection: number): string[] {
    return this.events.flatMap((event) => {
      if (!('connection' in event) || event.connection !== connection) return []
      switch (event.type) {
        case 'received':
        case 'sent':
          return [`${event.type} ${event.text}`]
        case 'established':
          return [`established ${event.x} ${event.y} ${event.z}`]
        case 'failed':
          return [`failed ${event.failure.code} ${event.failure.state}`]
        default:
          return [event.type]
      }
    })
  }

  /** Of all connections, in the order of their numbers within a thread. */
  get stories(): string[][] {
    return this.of('connection').map(({ connection }) => this.story(connection))
  }
}

/** A peer that does everything right; resolves when the server has closed. */
async function shake(peer: Peer, x = 5, tail = ''): Promise<void> {
  await peer.send(`HELLO ${x}${tail}`)
  await peer.until(`HELLO ${x + 1}`)
  await peer.send(`HELLO ${x + 2}${tail}`)
  await peer.untilGone()
}

/** A peer whose X was answered. */
async function halfway(subject: Subject, x = 5): Promise<Peer> {
  const peer = await subject.connect()
  await peer.send(`HELLO ${x}`)
  await peer.until(`HELLO ${x + 1}`)
  return peer
}

const sumOf = (failed: Counters['failed']) => Object.values(failed).reduce((sum, count) => sum + count, 0)

/** What has been counted in between. */
function since(before: Counters, now: Counters): Counters {
  const failed = Object.entries(now.failed).map(([code, count]) => [code, count - (before.failed[code as never] ?? 0)])
  return {
    accepted: now.accepted - before.accepted,
    established: now.established - before.established,
    probes: now.probes - before.probes,
    failed: Object.fromEntries(failed.filter(([, count]) => count !== 0)),
    active: now.active,
    dropped: now.dropped - before.dropped,
    linesLost: now.linesLost - before.linesLost,
    reasonsLost: now.reasonsLost - before.reasonsLost,
  }
}

/** Every connection is somewhere, and only once. */
function addUp({ accepted, established, failed, probes, active }: Counters): void {
  expect(accepted).toBe(established + sumOf(failed) + probes + active)
}

/** How much this process has open now; the test runner has timers of its own, which come and go. */
function openNow() {
  const handles = process.getActiveResourcesInfo().filter((kind) => /TCP|Timeout|MessagePort|Worker/.test(kind))
  return { descriptors: readdirSync('/proc/self/fd').length, handles: handles.length }
}

/** The same, once it is no more than it should be, or has not changed for a while: some of it closes a little later. */
async function openAfterAWhile(most = { descriptors: 0, handles: 0 }) {
  let last = openNow()
  for (let still = 0; still < 20; still++) {
    if (last.descriptors <= most.descriptors && last.handles <= most.handles) break
    await sleep(5)
    const now = openNow()
    if (!isDeepStrictEqual(now, last)) still = 0
    last = now
  }
  return last
}

const ESTABLISHED = [
  'connection',
  'received HELLO 5',
  'sent HELLO 6',
  'received HELLO 7',
  'established 5 6 7',
  'closed',
]

/**
 * What every strategy owes, on every transport, as tests of vitest.
 *
 * @param make - Called once per server; most tests have their own.
 */
export function strategySuite(
  name: string,
  make: () => StrategySetup,
  {
    atOnce = Number.POSITIVE_INFINITY,
    threads = 0,
    waiting: where = 'process',
    peers: origin = socketPeers,
  }: StrategySuiteOptions = {},
): void {
  describe(name, () => {
    async function create(options: Partial<ServeOptions> = {}): Promise<Subject> {
      const { serve, ...setup } = make()
      const events: ServerEvent[] = []
      const wakers = new Set<() => void>()
      const server = await serve({
        port: 0,
        ...setup,
        ...options,
        onEvent(event) {
          events.push(event)
          for (const wake of wakers) wake()
        },
      })
      return new Subject(server, events, wakers, origin)
    }

    /** A server for one test. */
    async function start(options?: Partial<ServeOptions>): Promise<Subject> {
      const subject = await create(options)
      onTestFinished(async () => {
        // One that a test breaks says so here, too.
        await subject.server.close({ graceMs: 0 }).catch(() => {})
      })
      return subject
    }

    /** A server that meets one peer after the other, good and bad, and keeps serving. */
    let shared: Subject | undefined
    afterAll(async () => {
      await shared?.server.close({ graceMs: 0 })
    })

    /** One peer does something to a server, its own if there are options; returns what became of it. */
    async function meet(
      act: (peer: Peer) => Promise<unknown> | unknown,
      options?: Partial<ServeOptions>,
    ): Promise<{ story: string[]; counters: Counters; peer: Peer; subject: Subject }> {
      shared ??= options ? undefined : await create()
      const subject = options ? await start(options) : shared!
      const closed = subject.of('closed').length
      const before = subject.server.counters
      const peer = await subject.connect()
      await act(peer)
      await subject.untilClosed(closed + 1)
      const { counters } = subject.server
      addUp(counters)
      expect(counters.active).toBe(0)
      return { story: subject.stories.at(-1)!, counters: since(before, counters), peer, subject }
    }

    describe('peers that do everything right', () => {
      it('one is served, and told of in order', async () => {
        const { story, counters } = await meet((peer) => shake(peer))
        expect(story).toEqual(ESTABLISHED)
        expect(counters).toEqual({
          accepted: 1,
          established: 1,
          probes: 0,
          failed: {},
          active: 0,
          dropped: 0,
          linesLost: 0,
          reasonsLost: 0,
        })
      })

      it('one after the other is served', async () => {
        const subject = await start()
        for (let x = 0; x < 5; x++) await shake(await subject.connect(), x)
        await subject.untilClosed(5)
        expect(subject.server.counters).toMatchObject({ accepted: 5, established: 5, active: 0 })
      })

      it('100 at once are served, each with its own numbers', async () => {
        const subject = await start()
        await Promise.all(Array.from({ length: 100 }, async (_, at) => shake(await subject.connect(), at * 10)))
        await subject.untilClosed(100)
        expect(subject.server.counters).toMatchObject({ accepted: 100, established: 100, failed: {}, active: 0 })
        const numbers = subject.of('established').map(({ x, y, z }) => [x, y - x, z - x])
        expect(numbers.sort(([a = 0], [b = 0]) => a - b)).toEqual(
          Array.from({ length: 100 }, (_, at) => [at * 10, 1, 2]),
        )
      })

      it(
        atOnce === 1
          ? 'one is served while the next waits, whole'
          : 'as many as may be are served interleaved, and one more waits, if not all may',
        async () => {
          const subject = await start()
          const count = Math.min(atOnce, 10)
          const peers: Peer[] = []
          for (let at = 0; at < count; at++) peers.push(await halfway(subject, at))
          const waiting = atOnce === count ? await subject.connect() : undefined
          await waiting?.send('HELLO 100')
          await subject.until(() => subject.of('sent').length === count)
          expect(subject.server.counters.active).toBe(count)
          // In the reverse order, so that the order of arrival does not matter.
          for (const [at, peer] of [...peers.entries()].reverse()) {
            expect(waiting?.received ?? '').toBe('')
            await peer.send(`HELLO ${at + 2}`)
            await peer.untilGone()
            if (waiting) break
          }
          await waiting?.until('HELLO 101')
          await waiting?.send('HELLO 102')
          await waiting?.untilGone()
          if (waiting) {
            for (const [at, peer] of [...peers.entries()].slice(0, -1)) {
              await peer.send(`HELLO ${at + 2}`)
              await peer.untilGone()
            }
          }
          const served = count + (waiting ? 1 : 0)
          await subject.untilClosed(served)
          expect(subject.server.counters).toMatchObject({ established: served, failed: {}, active: 0 })
        },
      )

      it('terminate their messages as they like', async () => {
        const subject = await start()
        const tails = ['\n', '\r\n', '\0', '\n\0', '\0'.repeat(100)]
        for (const tail of tails) await shake(await subject.connect(), 5, tail)
        await subject.untilClosed(tails.length)
        expect(subject.stories).toEqual(tails.map(() => ESTABLISHED))
      })

      it('send a terminator in a segment of its own', async () => {
        const { story } = await meet(async (peer) => {
          await peer.send('HELLO 5')
          await peer.until('HELLO 6')
          await peer.send('\0')
          await peer.send('\r\n')
          await peer.send('HELLO 7')
          await peer.untilGone()
        })
        expect(story).toEqual(ESTABLISHED)
      })

      it('send X and Z in one segment', async () => {
        const { story, peer } = await meet(async (peer) => {
          await peer.send('HELLO 5\0HELLO 7\0')
          await peer.untilGone()
        })
        expect(story).toEqual(ESTABLISHED)
        expect(peer.received).toBe('HELLO 6')
      })

      it('dribble, with a server that waits for the rest of a message', async () => {
        const { story } = await meet(
          async (peer) => {
            for (const byte of 'HELLO 5') peer.write(byte)
            await peer.until('HELLO 6')
            for (const byte of 'HELLO 7') peer.write(byte)
            await peer.untilGone()
          },
          { quietMs: 100 },
        )
        expect(story).toEqual(ESTABLISHED)
      })

      it('count as C does, with a server that counts like that', async () => {
        const { story } = await meet(
          async (peer) => {
            await peer.send('HELLO 2147483647')
            await peer.until('HELLO -2147483648')
            await peer.send('HELLO -2147483647')
            await peer.untilGone()
          },
          { arithmetic: 'int32' },
        )
        expect(story).toContain('established 2147483647 -2147483648 -2147483647')
      })

      it('get a terminator, with a server that sends one', async () => {
        const { peer } = await meet((peer) => shake(peer), { terminator: 'crlf' })
        expect(peer.received).toBe('HELLO 6\r\n')
      })

      it('close first, or do not close at all', async () => {
        const { counters } = await meet(async (peer) => {
          await peer.send('HELLO 5')
          await peer.until('HELLO 6')
          await peer.send('HELLO 7')
          peer.destroy()
        })
        expect(counters.established).toBe(1)
        const { peer } = await meet((other) => shake(other))
        expect(peer.ended).toBe(true)
      })
    })

    describe('peers that break the protocol', () => {
      const garbage: [string, string, string][] = [
        ['another protocol', 'GET / HTTP/1.1\r\n\r\n', 'failed ERR_HS_MALFORMED awaiting-x'],
        [
          'binary',
          String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => 255 - byte)),
          'failed ERR_HS_MALFORMED awaiting-x',
        ],
        ['5,000 bytes without a space', 'A'.repeat(5000), 'failed ERR_HS_MALFORMED awaiting-x'],
        ['a number that is out of range', 'HELLO 9007199254740990', 'failed ERR_HS_OUT_OF_RANGE awaiting-x'],
        ['a number beyond all ranges', 'HELLO 99999999999999999999', 'failed ERR_HS_OUT_OF_RANGE awaiting-x'],
        ['digits for ever', `HELLO ${'1'.repeat(2 ** 20)}`, 'failed ERR_HS_TOO_LONG awaiting-x'],
      ]
      it('send bytes that are not a message: they are received, and fail, and the next one is served', async () => {
        const subject = await start()
        for (const [what, bytes, failed] of garbage) {
          const before = subject.of('closed').length
          const peer = await subject.connect()
          // The server may be gone before it has taken everything.
          await peer.send(bytes).catch(() => {})
          await peer.untilGone()
          await subject.untilClosed(before + 1)
          const received = expect.stringMatching(/^received [\x20-\x7e]{1,259}$/)
          expect([what, ...subject.stories.at(-1)!]).toEqual([what, 'connection', received, failed, 'closed'])
          expect(peer.received).toBe('')
          await shake(await subject.connect())
          await subject.untilClosed(before + 2)
        }
        addUp(subject.server.counters)
        expect(subject.server.counters.established).toBe(garbage.length)
      })

      it('a wrong Z is received, and fails', async () => {
        const { story, counters } = await meet(async (peer) => {
          await peer.send('HELLO 5')
          await peer.until('HELLO 6')
          await peer.send('HELLO 8')
          await peer.untilGone()
        })
        expect(story.slice(-3)).toEqual(['received HELLO 8', 'failed ERR_HS_WRONG_NUMBER awaiting-z', 'closed'])
        expect(counters.failed).toEqual({ ERR_HS_WRONG_NUMBER: 1 })
      })

      it('garbage instead of Z is received, and fails', async () => {
        const { story } = await meet(async (peer) => {
          await peer.send('HELLO 5')
          await peer.until('HELLO 6')
          await peer.send('\x1b[2J')
          await peer.untilGone()
        })
        expect(story.slice(-3)).toEqual(['received \\x1b[2J', 'failed ERR_HS_MALFORMED awaiting-z', 'closed'])
      })

      it('a deviation fails, with a strict server', async () => {
        const { story } = await meet(
          async (peer) => {
            await peer.send('HELLO 005')
            await peer.untilGone()
          },
          { strict: true },
        )
        expect(story).toContain('failed ERR_HS_MALFORMED awaiting-x')
      })
    })

    describe('peers that go', () => {
      it('without a byte are probes, and no failures', async () => {
        const { story, counters } = await meet((peer) => peer.destroy())
        expect(story).toEqual(['connection', 'closed'])
        expect(counters).toEqual({
          accepted: 1,
          established: 0,
          probes: 1,
          failed: {},
          active: 0,
          dropped: 0,
          linesLost: 0,
          reasonsLost: 0,
        })
      })

      it('without a byte, by a reset, are probes too', async () => {
        const { story, counters } = await meet((peer) => peer.reset())
        expect(story).toEqual(['connection', 'closed'])
        expect(counters).toMatchObject({ probes: 1, failed: {} })
      })

      it('in the middle of X have sent something that is not a message', async () => {
        const { story } = await meet(async (peer) => {
          await peer.send('HELLO ')
          peer.destroy()
        })
        expect(story).toEqual(['connection', 'received HELLO ', 'failed ERR_HS_MALFORMED awaiting-x', 'closed'])
      })

      it('in the middle of X, by a reset, have failed', async () => {
        const { story, counters } = await meet(async (peer) => {
          await peer.send('HEL')
          peer.reset()
        })
        expect(story).toEqual(['connection', 'failed ERR_HS_RESET awaiting-x', 'closed'])
        expect(counters.probes).toBe(0)
      })

      it('instead of sending Z have failed, with nothing received (HS-4.3)', async () => {
        const { story } = await meet(async (peer) => {
          await peer.send('HELLO 5')
          await peer.until('HELLO 6')
          peer.destroy()
        })
        expect(story.slice(2)).toEqual(['sent HELLO 6', 'failed ERR_HS_CLOSED_EARLY awaiting-z', 'closed'])
      })

      it('instead of sending Z, by a reset, have failed', async () => {
        const { story } = await meet(async (peer) => {
          await peer.send('HELLO 5')
          await peer.until('HELLO 6')
          peer.reset()
        })
        expect(story.slice(2)).toEqual(['sent HELLO 6', 'failed ERR_HS_RESET awaiting-z', 'closed'])
      })

      it('when they have sent X and say that they send no more are answered, and have failed', async () => {
        const { story, peer } = await meet(async (peer) => {
          await peer.send('HELLO 5')
          await peer.end()
          await peer.untilGone()
        })
        expect(story.slice(1)).toEqual([
          'received HELLO 5',
          'sent HELLO 6',
          'failed ERR_HS_CLOSED_EARLY awaiting-z',
          'closed',
        ])
        expect(peer.received).toBe('HELLO 6')
      })
    })

    describe('the deadline', () => {
      it('ends a peer that says nothing', async () => {
        const { story } = await meet((peer) => peer.untilGone(), { timeoutMs: 50 })
        expect(story).toEqual(['connection', 'failed ERR_HS_TIMEOUT awaiting-x', 'closed'])
      })

      it('ends a peer that says nothing after X', async () => {
        const { story } = await meet(
          async (peer) => {
            await peer.send('HELLO 5')
            await peer.untilGone()
          },
          { timeoutMs: 100 },
        )
        expect(story.slice(2)).toEqual(['sent HELLO 6', 'failed ERR_HS_TIMEOUT awaiting-z', 'closed'])
      })

      it('is total: a byte from time to time does not put it off', async () => {
        const { story, subject } = await meet(
          async (peer) => {
            await peer.send('HELLO ')
            const dribble = setInterval(() => peer.write('1'), 20)
            await peer.untilGone()
            clearInterval(dribble)
          },
          { timeoutMs: 200, quietMs: 150 },
        )
        expect(story).toEqual(['connection', 'failed ERR_HS_TIMEOUT awaiting-x', 'closed'])
        expect(subject.of('closed')[0]!.durationMs).toBeGreaterThanOrEqual(200)
      })

      it('goes by the turn of a connection, and not by when it came', async () => {
        const subject = await start({ timeoutMs: 150 })
        const silent = await Promise.all(Array.from({ length: Math.min(atOnce, 2) }, () => subject.connect()))
        const next = await subject.connect()
        await next.send('HELLO 5')
        await next.until('HELLO 6')
        await next.send('HELLO 7')
        await next.untilGone()
        await Promise.all(silent.map((peer) => peer.untilGone()))
        await subject.untilClosed(silent.length + 1)
        expect(subject.server.counters).toMatchObject({ established: 1, failed: { ERR_HS_TIMEOUT: silent.length } })
      })
    })

    describe('crowds', () => {
      it('of 1,000 peers at once, most of them faulty, are all counted, and the next one is served', async () => {
        const subject = await start()
        const kinds: ((peer: Peer) => Promise<unknown> | unknown)[] = [
          (peer) => shake(peer),
          (peer) => peer.destroy(),
          async (peer) => {
            await peer.send('\xff\xfe\0')
            await peer.untilGone()
          },
          async (peer) => {
            await peer.send('HELLO 5\nHELLO 6\n')
            await peer.untilGone()
          },
          async (peer) => {
            await peer.send('HELLO 5')
            await peer.until('HELLO 6')
            peer.destroy()
          },
          async (peer) => {
            await peer.send('HELLO 5')
            await peer.until('HELLO 6')
            peer.reset()
          },
          (peer) => peer.reset(),
          async (peer) => {
            await peer.send('HELLO 5\0HELLO 7\0')
            await peer.untilGone()
          },
        ]
        const each = 1000 / kinds.length
        await Promise.all(
          Array.from({ length: 1000 }, async (_, at) => kinds[at % kinds.length]!(await subject.connect())),
        )
        await shake(await subject.connect())
        await subject.untilClosed(1001)
        const { counters } = subject.server
        addUp(counters)
        expect(counters).toEqual({
          accepted: 1001,
          established: 2 * each + 1,
          probes: 2 * each,
          failed: {
            ERR_HS_MALFORMED: each,
            ERR_HS_WRONG_NUMBER: each,
            ERR_HS_CLOSED_EARLY: each,
            ERR_HS_RESET: each,
          },
          active: 0,
          dropped: 0,
          linesLost: 0,
          reasonsLost: 0,
        })
      })

      if (!Number.isFinite(atOnce) || where === 'process') {
        it(
          Number.isFinite(atOnce)
            ? 'find no room to wait when as many wait as may be served'
            : 'are refused when as many are served as may be',
          async () => {
            const maxConnections = Number.isFinite(atOnce) ? atOnce : 2
            const subject = await start({ maxConnections })
            const served: Peer[] = []
            for (let at = 0; at < maxConnections; at++) served.push(await halfway(subject))
            await subject.until(() => subject.of('sent').length === maxConnections)
            const waiting: Peer[] = []
            if (Number.isFinite(atOnce)) {
              for (let at = 0; at < maxConnections; at++) waiting.push(await subject.connect())
            }
            const refused = await subject.connect()
            await refused.untilGone()
            expect([...served, ...waiting].some(({ gone }) => gone)).toBe(false)
            for (const peer of served) {
              await peer.send('HELLO 7')
              await peer.untilGone()
            }
            await Promise.all(waiting.map((peer) => shake(peer)))
            // There is room again.
            await shake(await subject.connect())
            const established = served.length + waiting.length + 1
            await subject.untilClosed(Number.isFinite(atOnce) ? established : established + 1)
            const { counters } = subject.server
            addUp(counters)
            if (Number.isFinite(atOnce)) expect(counters).toMatchObject({ established, failed: {}, dropped: 1 })
            else {
              expect(counters).toMatchObject({ established, failed: { ERR_HS_TOO_MANY_CONNECTIONS: 1 }, dropped: 0 })
              const [refusal] = subject.of('failed')
              expect(subject.story(refusal!.connection)).toEqual([
                'connection',
                'failed ERR_HS_TOO_MANY_CONNECTIONS idle',
                'closed',
              ])
              expect(refusal!.failure).toMatchObject({ clause: 'HS-6.3', message: expect.stringContaining('2') })
            }
          },
        )
      }
    })

    describe('counters', () => {
      it('add up at any moment, also while threads count', async () => {
        const subject = await start()
        let busy = true
        const peers = Promise.all(
          Array.from({ length: 20 }, async () => {
            for (let again = 0; again < 10; again++) await shake(await subject.connect())
          }),
        ).finally(() => {
          busy = false
        })
        while (busy) {
          const { counters } = subject.server
          addUp(counters)
          expect(counters.active).toBeGreaterThanOrEqual(0)
          await turn()
        }
        await peers
      })
    })

    describe('events', () => {
      it('come in order within a connection, and say whose they are', async () => {
        const subject = await start()
        const ports = await Promise.all(
          Array.from({ length: 50 }, async (_, at) => {
            const peer = await subject.connect()
            const port = peer.local.port
            if (at % 2 === 0) await shake(peer)
            else {
              await peer.send('HELLO 5\nHELLO 6\n')
              await peer.untilGone()
            }
            return port
          }),
        )
        await subject.untilClosed(50)
        const wrong = [
          ...ESTABLISHED.slice(0, 3),
          'received HELLO 6',
          'failed ERR_HS_WRONG_NUMBER awaiting-z',
          'closed',
        ]
        const connections = subject.of('connection')
        expect(new Set(connections.map(({ connection }) => connection)).size).toBe(50)
        expect(new Set(connections.map(({ remote }) => remote.port))).toEqual(new Set(ports))
        for (const { connection, remote } of connections) {
          expect(subject.story(connection)).toEqual(ports.indexOf(remote.port) % 2 === 0 ? ESTABLISHED : wrong)
        }
        for (const event of subject.events) {
          if (!('remote' in event)) throw new Error(`unexpected ${event.type}`)
          expect(event.remote.host).toBe('127.0.0.1')
          expect(event.strategy).toBe(subject.server.strategy)
          expect(event.thread).toBeGreaterThanOrEqual(0)
          expect(event.thread).toBeLessThanOrEqual(threads)
        }
      })

      it('tell how long a connection lasted', async () => {
        const { subject } = await meet((peer) => shake(peer))
        const { durationMs } = subject.of('closed').at(-1)!
        expect(durationMs).toBeGreaterThanOrEqual(0)
        expect(durationMs).toBeLessThan(60_000)
      })
    })

    describe('closing', () => {
      const isRefused = async (subject: Subject) => {
        // What the kernel's queue held is still accepted, which takes some transports a few turns of the event loop.
        for (let turns = 0; turns < 10; turns++) await turn()
        await expect(subject.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      }

      it('an idle server stops at once, and reports nothing', async () => {
        const subject = await start()
        expect(await subject.server.close()).toEqual({ completed: 0, cut: 0 })
        await isRefused(subject)
      })

      it('refuses newcomers, and lets what is in flight finish', async () => {
        const subject = await start()
        const peer = await halfway(subject)
        const stopping = subject.server.close({ graceMs: 60_000 })
        await isRefused(subject)
        await peer.send('HELLO 7')
        await peer.untilGone()
        expect(await stopping).toEqual({ completed: 1, cut: 0 })
        expect(subject.server.counters).toMatchObject({ established: 1, failed: {}, active: 0 })
        expect(await subject.server.stopped).toEqual({ completed: 1, cut: 0 })
      })

      it('counts what fails by itself as completed too', async () => {
        const subject = await start()
        const peer = await halfway(subject)
        const stopping = subject.server.close({ graceMs: 60_000 })
        await peer.send('nonsense')
        expect(await stopping).toEqual({ completed: 1, cut: 0 })
      })

      it('does not count what was over before', async () => {
        const subject = await start()
        await shake(await subject.connect())
        await subject.untilClosed(1)
        expect(await subject.server.close()).toEqual({ completed: 0, cut: 0 })
      })

      it('cuts what is left when the grace is over, and says so of each', async () => {
        const subject = await start()
        const count = Math.min(atOnce, 3)
        const peers: Peer[] = []
        for (let at = 0; at < count; at++) peers.push(await halfway(subject))
        expect(await subject.server.close({ graceMs: 50 })).toEqual({ completed: 0, cut: count })
        await Promise.all(peers.map((peer) => peer.untilGone()))
        await subject.untilClosed(count)
        expect(subject.server.counters).toMatchObject({ failed: { ERR_HS_ABORTED: count }, active: 0 })
        for (const story of subject.stories) {
          expect(story.slice(-2)).toEqual(['failed ERR_HS_ABORTED awaiting-z', 'closed'])
        }
      })

      it('without a grace cuts at once', async () => {
        const subject = await start()
        const peer = await halfway(subject)
        expect(await subject.server.close({ graceMs: 0 })).toEqual({ completed: 0, cut: 1 })
        await peer.untilGone()
      })

      it('the second time shortens the grace', async () => {
        const subject = await start()
        const peer = await halfway(subject)
        const reports: Promise<StopReport>[] = [subject.server.close({ graceMs: 60_000 })]
        await isRefused(subject)
        expect(peer.gone).toBe(false)
        reports.push(subject.server.close({ graceMs: 0 }))
        for (const report of await Promise.all(reports)) expect(report).toEqual({ completed: 0, cut: 1 })
      })

      /** As many are served as may be, and as many wait. */
      async function full() {
        const subject = await start({ maxConnections: atOnce })
        const served: Peer[] = []
        const waiting: Peer[] = []
        while (served.length < atOnce) served.push(await halfway(subject))
        while (waiting.length < atOnce) waiting.push(await subject.connect())
        // That there is no room for one more proves that those before it are accepted; the kernel has accepted at once.
        if (where === 'process') await (await subject.connect()).untilGone()
        return { subject, served, waiting }
      }

      if (Number.isFinite(atOnce)) {
        it('serves those that wait, too', async () => {
          const { subject, served, waiting } = await full()
          const stopping = subject.server.close({ graceMs: 60_000 })
          await isRefused(subject)
          for (const peer of served) {
            await peer.send('HELLO 7')
            await peer.untilGone()
          }
          await Promise.all(waiting.map((peer) => shake(peer)))
          expect(await stopping).toEqual({ completed: 2 * atOnce, cut: 0 })
        })
      }

      if (Number.isFinite(atOnce)) {
        it('cuts those that wait, too', async () => {
          const { subject, waiting } = await full()
          expect(await subject.server.close({ graceMs: 0 })).toEqual({ completed: 0, cut: 2 * atOnce })
          await Promise.all(waiting.map((peer) => peer.untilGone()))
          addUp(subject.server.counters)
        })
      }

      it('happens by itself at the end of a block that is `await using` it', async () => {
        let address = { host: '', port: 0 }
        {
          await using server = (await start()).server
          address = server.address
          await shake(await origin.connect(address))
        }
        await expect(origin.connect(address)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      })

      it('leaves no descriptor, timer or thread, however often it is repeated', async () => {
        // Whatever a first server makes the process load stays open.
        await (await start()).server.close()
        const before = await openAfterAWhile()
        for (const ending of ['by itself', 'cut']) {
          const subject = await start()
          const peers = await Promise.all(Array.from({ length: 20 }, () => subject.connect()))
          await Promise.all(peers.map((peer) => shake(peer)))
          const last = await halfway(subject)
          const stopped = subject.server.close({ graceMs: ending === 'cut' ? 1 : 60_000 })
          if (ending === 'by itself') await last.send('HELLO 7')
          await stopped
          for (const peer of [...peers, last]) peer.destroy()
          await subject.server.close()
          await subject.server[Symbol.asyncDispose]()
        }
        const after = await openAfterAWhile(before)
        expect(after.descriptors).toBeLessThanOrEqual(before.descriptors)
        expect(after.handles).toBeLessThanOrEqual(before.handles)
      })
    })

    describe('a strategy that breaks', () => {
      it('is heard from `stopped` and `close`; what is open is closed, and newcomers are refused', async () => {
        const { strategy } = make()
        if (typeof strategy !== 'object') throw new Error('the suite needs a strategy that it can break')
        const cause = new Error('out of patience')
        let breakIt = () => {}
        const broken = new Promise<void>((_, reject) => {
          breakIt = () => reject(cause)
        })
        broken.catch(() => {})
        const subject = await start({
          strategy: { ...strategy, run: (work) => Promise.race([strategy.run(work), broken]) },
        })
        const heard = expect(subject.server.stopped).rejects.toBe(cause)
        const peers: Peer[] = []
        while (peers.length < Math.min(atOnce, 2)) peers.push(await halfway(subject))
        peers.push(await subject.connect())
        breakIt()
        await heard
        await expect(subject.server.close()).rejects.toBe(cause)
        await Promise.all(peers.map((peer) => peer.untilGone()))
        await expect(subject.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      })

      it('before it can serve keeps `serve` from resolving', async () => {
        const { strategy } = make()
        const cause = new Error('stillborn')
        const run = () => Promise.reject(cause)
        await expect(start({ strategy: { ...(strategy as object), name: 'stillborn', run } })).rejects.toBe(cause)
      })
    })

    describe('the server', () => {
      it('says where and how it serves', async () => {
        const { server } = await start()
        expect(server.address.host).toBe('127.0.0.1')
        expect(server.address.port).toBeGreaterThan(0)
        expect(server.threads).toBe(Math.max(1, threads))
        if (threads > 0) expect(server.sharing).toEqual(expect.any(String))
        else expect(server.sharing).toBeUndefined()
      })

      it('throws what the system says of a port in use', async () => {
        const { port } = (await origin.listen()).address
        await expect(start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'listen', port })
      })
    })
  })
}
