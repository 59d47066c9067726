/** Servers and clients on real sockets, as a page sees them. */
import { handshake } from '@hs/client'
import type { Counters } from '@hs/server-core'
import { describe, expect, test } from 'vitest'
import type { SceneEvent } from '../src/scene/events.js'
import { failures, type LaneScene } from '../src/scene/scene.js'
import { startLive, until, type Watcher } from './helpers.js'

const OURS = ['sequential', 'threads', 'events'] as const

const lanes = (watcher: Watcher) => OURS.map((name) => watcher.lane(name))
const idle = (lane: LaneScene) => lane.connections.size === 0
const places = (lane: LaneScene, place: string) => [...lane.connections.values()].filter((each) => each.place === place)

describe('a client that the page sends', () => {
  test.each([
    ['normal', 'established'],
    ['slow', 'established'],
    ['wrong', /^ERR_HS_WRONG_NUMBER$/],
    ['reset', /^ERR_HS_(RESET|CLOSED_EARLY)$/],
  ] as const)('%s: goes to each server, and ends there as it must', async (kind, expected) => {
    const { watcher } = await startLive()
    await watcher.send({ do: 'clients', kind, count: 1 })
    for (const lane of lanes(watcher)) {
      await until(`${lane.info.name} is done`, () => lane.established + failures(lane) === 1)
      if (expected === 'established') expect(lane.established).toBe(1)
      else expect([...lane.failed.keys()]).toEqual([expect.stringMatching(expected)])
    }
  })

  test('stalled: holds the one thread of sequential, one of the threads, and no client at events', async () => {
    const { watcher } = await startLive({ settings: { threads: 2 } })
    const [sequential, threads, events] = lanes(watcher)
    await watcher.send({ do: 'clients', kind: 'stalled', count: 1 })
    await until('it is served everywhere', () => lanes(watcher).every((lane) => places(lane, 'served').length === 1))
    await watcher.send({ do: 'clients', kind: 'normal', count: 5 })
    await until('others are served where they can be', () => threads!.established === 5 && events!.established === 5)
    expect(sequential!.established).toBe(0)
    expect(places(sequential!, 'waiting')).toHaveLength(5)
    await watcher.send({ do: 'release' })
    await until('all are done', () => lanes(watcher).every((lane) => lane.established === 6))
  })

  test('stalled: is ended by the deadline of the server', async () => {
    const { watcher } = await startLive({ timeoutMs: 400, strategies: ['events'] })
    await watcher.send({ do: 'clients', kind: 'stalled', count: 1 })
    await until('it failed', () => failures(watcher.lane('events')) === 1)
    expect([...watcher.lane('events').failed]).toEqual([['ERR_HS_TIMEOUT', 1]])
  })

  test('in a burst of 50: all are established, and no server counts otherwise', async () => {
    const { watcher } = await startLive({ settings: { thinkMs: 3 } })
    await watcher.send({ do: 'clients', kind: 'normal', count: 50 })
    await watcher.send({ do: 'clients', kind: 'wrong', count: 3 })
    await until('all are done', () => lanes(watcher).every((lane) => idle(lane) && lane.established === 50))
    await until('the servers say the same', async () => {
      const told = (await (await fetch(`${watcher.url}counters`)).json()) as { name: string; counters: Counters }[]
      expect(told).not.toEqual([])
      return told.every(({ name, counters }) => {
        const lane = watcher.lane(name)
        const failed = Object.values(counters.failed).reduce((sum, count) => sum + count, 0)
        return counters.established === lane.established && failed === failures(lane) && counters.accepted === 53
      })
    })
  })
})

describe('a setting', () => {
  test('rate: clients arrive by themselves, the same ones everywhere, and none while they are held back', async () => {
    const { watcher } = await startLive({ settings: { rate: 20, thinkMs: 0 } })
    await until('some have been served', () => lanes(watcher).every((lane) => lane.established > 10))
    await watcher.send({ do: 'set', holding: true })
    await until('all are done', () => watcher.scene.settings.holding && lanes(watcher).every(idle))
    const arrivals = OURS.map((_, at) =>
      watcher.events.flatMap((event) => (event.type === 'arrives' && event.lane === at ? [event.x] : [])),
    )
    expect(arrivals[1]).toEqual(arrivals[0])
    expect(arrivals[2]).toEqual(arrivals[0])
    expect(lanes(watcher).map(({ established }) => established)).toEqual(arrivals.map(({ length }) => length))
  })

  test('threads: as many are served at a time, and the rest waits', async () => {
    const { watcher } = await startLive({ strategies: ['threads'] })
    for (const threads of [1, 3]) {
      await watcher.send({ do: 'set', threads })
      await watcher.send({ do: 'clients', kind: 'stalled', count: 5 })
      const lane = await until('as many are served', () => {
        const now = watcher.lane('threads')
        return (
          now.state === 'up' &&
          places(now, 'served').length === threads &&
          places(now, 'waiting').length === 5 - threads &&
          now
        )
      })
      expect(lane.info.threads).toBe(threads)
      expect(new Set(places(lane, 'served').map((each) => (each as { thread?: number }).thread)).size).toBe(threads)
    }
  })

  test('think time and slow motion: clients really take as long', async () => {
    const { watcher } = await startLive({ strategies: ['events'], settings: { thinkMs: 60, slowMotion: 5 } })
    await watcher.send({ do: 'clients', kind: 'normal', count: 1 })
    await until('it is done', () => watcher.lane('events').established === 1)
    const at = (type: string) => watcher.events.find((event) => event.type === type)!.at
    // Two thirds of a pause before HELLO X, and a whole one before HELLO Z.
    expect(at('received') - at('opens')).toBeGreaterThanOrEqual(2 * 100 - 5)
    expect(at('ends') - at('answers')).toBeGreaterThanOrEqual(2 * 100 - 5)
  })
})

test('a new start leaves no client, and begins to count anew', async () => {
  const { watcher } = await startLive()
  await watcher.send({ do: 'clients', kind: 'stalled', count: 20 })
  await watcher.send({ do: 'clients', kind: 'normal', count: 3 })
  await until('events has served some', () => watcher.lane('events').established === 3)
  await watcher.send({ do: 'restart' })
  await until('all are up', () => lanes(watcher).every(({ state }) => state === 'up'))
  for (const lane of lanes(watcher))
    expect([lane.connections.size, lane.established, failures(lane)]).toEqual([0, 0, 0])
  await watcher.send({ do: 'clients', kind: 'normal', count: 2 })
  await until('two are done', () => lanes(watcher).every(({ established }) => established === 2))
  for (const lane of lanes(watcher)) expect([failures(lane), lane.unused]).toEqual([0, 0])
})

test('what happens to a connection is reported in order: the same as on the wire', async () => {
  const { watcher } = await startLive({ strategies: ['events'] })
  await watcher.send({ do: 'clients', kind: 'normal', count: 1 })
  await until('it is done', () => watcher.events.some(({ type }) => type === 'ends'))
  const story = [...watcher.events]
    .sort((a, b) => a.at - b.at)
    .filter((event): event is SceneEvent & { text: string } => 'text' in event)
    .map(({ type, text }) => `${type} ${text}`)
  const of = (side: RegExp) => story.filter((line) => side.test(line))
  expect(of(/^(says|hears)/)).toEqual(['says HELLO 10', 'hears HELLO 11', 'says HELLO 12'])
  expect(of(/^(received|answers)/)).toEqual(['received HELLO 10', 'answers HELLO 11', 'received HELLO 12'])
})

test('a client of the reader is a visitor of its lane', async () => {
  const { watcher } = await startLive({ strategies: ['sequential'] })
  const [host, port] = watcher.lane('sequential').info.address!.split(':')
  await handshake({ host: host!, port: Number(port), sequence: 77 })
  await until('it was counted', () => watcher.lane('sequential').established === 1)
  expect(watcher.events.find(({ type }) => type === 'arrives')).toMatchObject({ kind: 'visitor' })
  expect(watcher.events.find(({ type }) => type === 'received')).toMatchObject({ text: 'HELLO 77' })
})

test('a page that comes later sees what is there', async () => {
  const { watcher } = await startLive({ strategies: ['events'] })
  await watcher.send({ do: 'clients', kind: 'stalled', count: 3 })
  await watcher.send({ do: 'clients', kind: 'normal', count: 2 })
  await until('two are done', () => watcher.lane('events').established === 2)
  const { Watcher } = await import('./helpers.js')
  const late = new Watcher(watcher.url)
  await until('it sees them', () => late.scene.lanes.length > 0 && places(late.lane('events'), 'served').length === 3)
  expect(late.lane('events').established).toBe(2)
  late.close()
})

describe('a program of the user', () => {
  const command = `"${process.execPath}" "${new URL('../../load/test/server.js', import.meta.url).pathname}" {port}`

  test('is seen by what its clients see', async () => {
    const { watcher } = await startLive({ strategies: [], programs: [{ name: '<b>mine</b>', command }] })
    const lane = () => watcher.lane('<b>mine</b>')
    await watcher.send({ do: 'clients', kind: 'normal', count: 4 })
    await until('four are done', () => lane().established === 4)
    expect(lane().info.strategy).toBeUndefined()
    if (process.platform === 'linux')
      await until('its processor time is known', () => lane().ticks.at(-1)?.cpu !== undefined)
  })

  test('that ends says why, and can be started again', async () => {
    const dying = `trap 'echo gone >&2; exit 7' USR1; echo $$ >&2; ${command} & wait`
    const { page, watcher } = await startLive({ strategies: [], programs: [{ name: 'mine', command: dying }] })
    expect(page.problems).toEqual([])
    const { execFileSync } = await import('node:child_process')
    const shells = execFileSync('pgrep', ['-f', 'echo gone >&2']).toString().trim().split('\n').map(Number)
    const own = shells.filter(
      (pid) =>
        execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)])
          .toString()
          .trim() === String(process.pid),
    )
    expect(own).toHaveLength(1)
    process.kill(own[0]!, 'SIGUSR1')
    const note = await until('it is down', () => watcher.lane('mine').state === 'down' && watcher.lane('mine').note)
    expect(note).toMatch(/status 7.*gone/s)
    await watcher.send({ do: 'restart' })
    await until('it is up', () => watcher.lane('mine').state === 'up')
  })

  test('that does not start is reported as a problem with a reason, and the others continue', async () => {
    const programs = [{ name: 'broken', command: 'echo no such thing >&2; exit 3 # {port}' }]
    const { page, watcher } = await startLive({ strategies: ['events'], programs })
    expect(page.problems).toEqual([{ name: 'broken', note: expect.stringMatching(/status 3.*no such thing/s) }])
    await watcher.send({ do: 'clients', kind: 'normal', count: 1 })
    await until('the other one serves', () => watcher.lane('events').established === 1)
  })
})
