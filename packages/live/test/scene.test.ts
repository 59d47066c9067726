/** What is decided without a socket: the scene, its sentences, its measurements, and the recordings. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCommand } from '../src/checks.js'
import { gridOf, zonesOf } from '../src/page/layout.js'
import { Player } from '../src/page/player.js'
import { recordingOf } from '../src/record/read.js'
import { CLIENT_KINDS, type ConnectionHappened, type SceneEvent } from '../src/scene/events.js'
import { explain } from '../src/scene/explain.js'
import { Meter, percentile } from '../src/scene/meter.js'
import { apply, emptyScene, failures, type Scene, snapshot } from '../src/scene/scene.js'
import { TOUR } from '../src/scene/tour.js'

const lane = (strategy: string | undefined, threads = 1): SceneEvent => ({
  type: 'lane',
  at: 0,
  lane: 0,
  state: 'up',
  name: strategy ?? 'mine',
  threads,
  ...(strategy && { strategy }),
})

function sceneOf(...events: SceneEvent[]): Scene {
  const scene = emptyScene()
  for (const event of events) apply(scene, event)
  return scene
}

/** A client that waits, and one that a thread has taken. */
const waiting = (id: number): SceneEvent[] => [
  { type: 'arrives', at: 0, lane: 0, id, kind: 'normal', x: 10 * id },
  { type: 'opens', at: 0, lane: 0, id },
]
const served = (id: number, thread = 0): SceneEvent[] => [
  ...waiting(id),
  { type: 'seated', at: 0, lane: 0, id, thread },
]

describe('the sentence above a lane', () => {
  const sentence = (now: number, ...events: SceneEvent[]) => explain(sceneOf(...events).lanes[0]!, now)

  test.each([
    ['sequential', 1, [], 0, 'No client is here.'],
    ['sequential', 1, served(1), 0, 'The only thread serves client 10. No client waits.'],
    [
      'sequential',
      1,
      [...served(1), ...waiting(2)],
      6_500,
      '1 client waits for client 10, which has been silent for 6 s: the only thread serves one client at a time, from its first message to its last.',
    ],
    ['threads', 2, served(1, 1), 0, '1 of 2 threads is taken. No client waits.'],
    [
      'threads',
      2,
      [...served(1, 1), ...served(2, 2), ...waiting(3), ...waiting(4)],
      3_000,
      '2 clients wait for a free thread: all 2 are taken, each by a client that is silent.',
    ],
    [
      'events',
      1,
      [...served(1), ...served(2)],
      3_000,
      'One thread serves all 2 clients at once: while one thinks, it answers another. No client waits. 2 silent clients stop no other.',
    ],
    [undefined, 1, waiting(1), 0, 'As its clients see it: 0 clients have an answer, 1 waits for one.'],
  ] as const)('%s with %d threads', (strategy, threads, events, now, expected) => {
    expect(sentence(now, lane(strategy, threads), ...events)).toBe(expected)
  })

  test('of a server that is down is why', () => {
    expect(sentence(0, { ...lane('events'), state: 'down', note: 'It ended (SIGKILL).' } as SceneEvent)).toBe(
      'It ended (SIGKILL).',
    )
  })
})

describe('a scene', () => {
  const happened: fc.Arbitrary<object> = fc.oneof(
    fc.record({ type: fc.constant('arrives'), kind: fc.constantFrom(...CLIENT_KINDS), x: fc.integer() }),
    fc.constantFrom(
      { type: 'opens' },
      { type: 'says', text: 'HELLO 1', ms: 10 },
      { type: 'hears', text: 'HELLO 2' },
      { type: 'received', text: 'HELLO 1' },
      { type: 'answers', text: 'HELLO 2', ms: 10 },
      { type: 'leaves', outcome: 'established' },
      { type: 'leaves', outcome: 'failed', code: 'ERR_HS_CONNECT' },
      { type: 'ends', outcome: 'established' },
      { type: 'ends', outcome: 'unused' },
      { type: 'ends', outcome: 'failed', code: 'ERR_HS_RESET' },
    ),
    fc.record({ type: fc.constant('seated'), thread: fc.nat(4) }),
  )
  const events = fc
    .array(fc.tuple(happened, fc.nat(5)), { maxLength: 60 })
    .map((list) => list.map(([what, id], at) => ({ ...what, at, lane: 0, id }) as SceneEvent & ConnectionHappened))

  test.each(['events', undefined])('is the same for a page that comes later (strategy %s)', (strategy) => {
    fc.assert(
      fc.property(events, (list) => {
        const scene = sceneOf(lane(strategy), ...list)
        const sent = JSON.parse(JSON.stringify(snapshot(scene, 99))) as SceneEvent[]
        expect(sceneOf(...sent)).toEqual(scene)
      }),
    )
  })

  test('ends each connection once, whichever side says so first', () => {
    fc.assert(
      fc.property(events, (list) => {
        const { connections, established, unused, failed } = sceneOf(lane('events'), ...list).lanes[0]!
        const arrivals = new Set(list.filter(({ type }) => type === 'arrives'))
        expect(established + unused + [...failed.values()].reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(
          arrivals.size - connections.size + list.length,
        )
        expect(connections.size).toBeLessThanOrEqual(6)
      }),
    )
  })

  test('of a server that tells nothing counts what its clients say', () => {
    const end = { at: 1, lane: 0, id: 1, type: 'leaves', outcome: 'failed', code: 'ERR_HS_RESET' } as const
    expect(failures(sceneOf(lane(undefined), ...waiting(1), end).lanes[0]!)).toBe(1)
    expect(failures(sceneOf(lane('events'), ...waiting(1), end).lanes[0]!)).toBe(0)
  })
})

describe('a measurement', () => {
  test('has percentiles of normal clients, and counts none of a server that was started anew', () => {
    const scene = sceneOf(lane('events'))
    const meter = new Meter()
    const see = (event: SceneEvent) => {
      apply(scene, event)
      meter.see(event, scene.lanes[0]!)
    }
    for (let id = 1; id <= 100; id++) {
      see({ type: 'arrives', at: 0, lane: 0, id, kind: id === 50 ? 'slow' : 'normal' })
      see({ type: 'ends', at: id, lane: 0, id, outcome: 'established' })
    }
    expect(meter.tick(scene.lanes[0]!, 100, 12)).toEqual({
      waiting: 0,
      serving: 0,
      established: 100,
      failed: 0,
      perSecond: 50,
      p50: 51,
      p99: 100,
      cpu: 12,
    })
    expect(meter.tick(scene.lanes[0]!, 9_000, undefined)).not.toHaveProperty('p50')
  })

  test('of nothing has no percentile', () => {
    expect(percentile([], 99)).toBeUndefined()
    expect(percentile([7], 1)).toBe(7)
  })
})

describe('a command', () => {
  test.each([
    null,
    'restart',
    {},
    { do: 'constructor' },
    { do: 'clients', kind: 'evil', count: 1 },
    { do: 'clients', kind: 'normal', count: 1e9 },
    { do: 'clients', kind: 'normal', count: 1.5 },
    { do: 'set', rate: -1 },
    { do: 'set', rate: '5' },
    { do: 'set', threads: 9 },
    { do: 'set', threads: Number.NaN },
    { do: 'set', thinkMs: 1e12 },
    { do: 'set', holding: 'yes' },
  ])('%j is refused', (data) => {
    expect(() => parseCommand(data)).toThrow(/^(do|kind|count|rate|threads|thinkMs|holding) must be/)
  })

  test('has only what it may have', () => {
    expect(() => parseCommand({ do: 'set', rate: 5, other: 1 })).toThrow(/"other" is not one of/)
    expect(parseCommand({ do: 'set', rate: 5 })).toEqual({ do: 'set', rate: 5 })
  })

  test('of the tour is one, and each step has two sentences', () => {
    expect(TOUR).toHaveLength(5)
    for (const { text, commands } of TOUR) {
      expect(text.match(/[.;:]( |$)/g)!.length).toBeGreaterThanOrEqual(2)
      for (const command of commands) expect(parseCommand(command)).toEqual(command)
    }
  })
})

describe('the player', () => {
  const tick = (at: number): SceneEvent => ({
    type: 'tick',
    at,
    lane: 0,
    waiting: 0,
    serving: 0,
    established: 0,
    failed: 0,
    perSecond: 0,
  })
  const play = (recording?: SceneEvent[]) => {
    const seen: SceneEvent[] = []
    return { seen, player: new Player(recording, (event) => seen.push(event)) }
  }

  test('plays a recording as fast as it was, and stops at its end', () => {
    const { player, seen } = play([{ ...lane('events'), at: 1_000 } as SceneEvent, tick(1_100), tick(1_200)])
    player.frame(1)
    player.frame(101)
    expect(seen).toHaveLength(2)
    for (let now = 201; now < 2_000; now += 100) player.frame(now)
    expect(seen).toHaveLength(3)
    expect(player.at).toBe(1_200)
  })

  test('shows events of several processes in the order in which they happened', () => {
    const { player, seen } = play()
    player.add([tick(500), tick(300), tick(400)], 0, true)
    player.add([tick(350)], 10, true)
    player.goLive()
    expect(seen.map(({ at }) => at)).toEqual([300, 350, 400, 500])
  })

  test('stands still while it is paused, goes by single events, and then says how late it is', () => {
    const { player, seen } = play()
    player.add([lane('events')], 0, true)
    player.frame(1_000)
    player.paused = true
    player.add([tick(1_000), ...waiting(1).map((event) => ({ ...event, at: 1_001 }))], 1_001, true)
    player.frame(1_500)
    player.frame(2_500)
    expect(seen).toHaveLength(1)
    expect(player.step()).toMatchObject({ type: 'arrives' })
    expect(player.step()).toMatchObject({ type: 'opens' })
    expect(player.step()).toBeUndefined()
    player.frame(2_600)
    expect(player.lagMs).toBeGreaterThan(1_000)
    player.goLive()
    expect(player.lagMs).toBe(0)
  })

  test('shows settings when they come, also while it stands still: the controls are not a part of the picture', () => {
    const { player, seen } = play()
    player.add([lane('events')], 0, true)
    player.frame(1_000)
    player.paused = true
    player.add([{ type: 'settings', at: 1_000, ...player.scene.settings, threads: 7 }], 1_000, true)
    expect(player.scene.settings.threads).toBe(7)
    expect(player.step()).toBeUndefined()
    expect(seen).toHaveLength(1)
  })

  test('goes to any moment of a recording, also back', () => {
    const { player } = play([{ ...lane('events'), at: 0 } as SceneEvent, ...served(1), tick(50)])
    player.seek(50)
    expect(player.scene.lanes[0]!.connections.size).toBe(1)
    player.seek(-1)
    expect(player.scene.lanes).toEqual([])
  })

  test('keeps nothing while the page is hidden', () => {
    const { player, seen } = play()
    for (let at = 0; at < 100; at++) player.add([tick(at)], at, false)
    expect(seen).toHaveLength(100)
    expect(player.atEnd).toBe(true)
  })
})

test('up to 500 dots have places of their own, inside their zone', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 340, max: 1_300 }), (count, width) => {
      const { queue } = zonesOf(width)
      const grid = gridOf(queue, count)
      const spots = Array.from({ length: count }, (_, index) => grid(index))
      // An `expect` for each of them would take most of the time.
      const outside = spots.filter(
        ({ x, y, r }) =>
          !(x - r >= queue.x && x + r <= queue.x + queue.width && y - r >= queue.y && y + r <= queue.y + queue.height),
      )
      expect(outside).toEqual([])
      expect(new Set(spots.map(({ x, y }) => `${x},${y}`)).size).toBe(count)
    }),
  )
})

describe('what can be replayed', () => {
  const endpoint = { host: '127.0.0.1', port: 5 }
  const told = (at: number, type: string, more: object = {}) =>
    JSON.stringify({ type, at, connection: 1, remote: endpoint, strategy: 'events', thread: 0, ...more })

  test('is a recording, of which the end may be missing', () => {
    const lines = ['{"hslive":1,"made":"now","title":"x"}', JSON.stringify(lane('events')), '{"type":"ti']
    const { header, events } = recordingOf(lines.join('\n'), 'run.hslive')
    expect(header).toEqual({ hslive: 1, made: 'now', title: 'run.hslive' })
    expect(events).toEqual([lane('events')])
  })

  test('is what tcpserver --json prints', () => {
    const listening = '{"type":"listening","address":{"host":"127.0.0.1","port":9},"strategy":"threads","threads":2}'
    const text = [
      listening,
      told(1_000, 'connection', { thread: 2 }),
      told(1_001, 'received', { text: 'HELLO 5' }),
      told(1_002, 'sent', { text: 'HELLO 6' }),
      told(1_900, 'received', { text: 'HELLO 7' }),
      told(1_901, 'established', { x: 5, y: 6, z: 7 }),
      told(1_902, 'closed', { durationMs: 902 }),
    ].join('\n')
    const scene = sceneOf(...recordingOf(text, 'server.json').events)
    expect(scene.lanes).toHaveLength(1)
    expect(scene.lanes[0]).toMatchObject({ established: 1, info: { strategy: 'threads', threads: 2 } })
    expect(scene.lanes[0]!.ticks.map(({ serving }) => serving)).toContain(1)
  })

  test('is what hs-load --ndjson prints, as charts', () => {
    const text = [
      '{"type":"interval","atMs":0,"lengthMs":1000,"established":10,"failed":1,"p50":2,"p99":3}',
      '{"type":"interval","atMs":1000,"lengthMs":1000,"established":20,"failed":0,"p50":2,"p99":3}',
      '{"type":"report","targets":["127.0.0.1:9000"]}',
    ].join('\n')
    const [shown] = sceneOf(...recordingOf(text, 'load').events).lanes
    expect(shown!.info.name).toBe('127.0.0.1:9000')
    expect(shown!.ticks.map(({ established, perSecond }) => [established, perSecond])).toEqual([
      [10, 10],
      [30, 20],
    ])
  })

  test.each(['', 'HELLO 5', '{"type":"established"}', '[]', '{"a":1}\nnot json\n{"b":2}'])('%j is not', (text) => {
    expect(() => recordingOf(text, 'x')).toThrow(/expected a recording/)
  })
})
