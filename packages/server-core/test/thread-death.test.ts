import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { nodeTransport, type ShareableListener, type Transport } from '@hs/transport'
import { linuxTransport } from '@hs/transport-linux'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SocketPeer } from '../../transport/src/testing/peers.js'
import { type HelloServer, type ServerEvent, serve, threads } from '../dist/index.js'

/** A transport whose threads die of HELLO 666 and HELLO 667. */
function deadly(inner: Transport, stillborn: () => boolean = () => false): Transport {
  return {
    ...inner,
    name: 'deadly',
    async listen(at, options) {
      const listener = (await inner.listen(at, options)) as ShareableListener
      const shared: ShareableListener = {
        address: listener.address,
        sharing: listener.sharing,
        close: () => listener.close(),
        [Symbol.asyncIterator]: () => listener[Symbol.asyncIterator](),
        share(thread) {
          const share = listener.share(thread)
          const module = new URL('./fixtures/deadly-share.js', import.meta.url).href
          return { ...share, module, data: { module: share.module, data: share.data, stillborn: stillborn() } }
        },
      }
      return shared
    },
  }
}

interface Subject {
  readonly server: HelloServer
  readonly events: ServerEvent[]
  until(condition: () => boolean): Promise<void>
}

async function start(crew: number, transport: Transport): Promise<Subject> {
  const events: ServerEvent[] = []
  let wake = () => {}
  const server = await serve({
    port: 0,
    strategy: threads({ threads: crew }),
    transport,
    onEvent(event) {
      events.push(event)
      wake()
    },
  })
  onTestFinished(async () => {
    await server.close({ graceMs: 0 }).catch(() => {})
  })
  return {
    server,
    events,
    async until(condition) {
      while (!condition()) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}

async function halfway({ server }: Subject): Promise<SocketPeer> {
  const peer = await SocketPeer.connect(server.address)
  await peer.send('HELLO 5')
  await peer.until('HELLO 6')
  return peer
}

async function shake(subject: Subject): Promise<void> {
  const peer = await halfway(subject)
  await peer.send('HELLO 7')
  await peer.untilGone()
}

/** A peer for each thread, whose X was answered: threads take a while to be there. */
async function halfwayInEach(subject: Subject, crew: number): Promise<Map<number, SocketPeer>> {
  const peers = new Map<number, SocketPeer>()
  while (peers.size < crew) {
    const peer = await halfway(subject)
    const port = peer.socket.localPort
    const thread = () =>
      subject.events.find((event) => event.type === 'connection' && event.remote.port === port)?.thread
    await subject.until(() => thread() !== undefined)
    const other = peers.get(thread()!)
    peers.set(thread()!, peer)
    if (other) {
      await other.send('HELLO 7')
      await other.untilGone()
    }
  }
  return peers
}

/** Kills the thread that serves a peer, and everything that it serves. Resolves when the server has reported it. */
async function kill(subject: Subject, peer: SocketPeer, message = 'HELLO 666'): Promise<void> {
  const deaths = () => subject.events.filter(({ type }) => type === 'thread-died').length
  const before = deaths()
  await peer.send(message)
  await peer.untilGone()
  await subject.until(() => deaths() > before)
}

const transports = { node: nodeTransport, ...(process.platform === 'linux' && { linux: linuxTransport }) }

describe.each(Object.entries(transports))('a thread that dies, on the transport %s,', (name, make) => {
  const deadlyTransport = (stillborn?: () => boolean) => deadly(make(), stillborn)

  it('fails all connections that it serves, with a code, and says so', async () => {
    const subject = await start(1, deadlyTransport())
    const bystander = await halfway(subject)
    await kill(subject, await halfway(subject))
    await bystander.untilGone()
    await subject.until(() => subject.events.filter(({ type }) => type === 'closed').length === 2)
    const failed = subject.events.filter((event) => event.type === 'failed')
    expect(failed.map(({ failure, thread }) => [failure.code, failure.side, thread])).toEqual([
      ['ERR_HS_THREAD_DIED', 'server', 1],
      ['ERR_HS_THREAD_DIED', 'server', 1],
    ])
    expect(new Set(failed.map(({ connection }) => connection)).size).toBe(2)
    expect(subject.events).toContainEqual({ type: 'thread-died', thread: 1, lost: 2, reason: expect.any(String) })
    expect(subject.server.counters).toMatchObject({
      accepted: 2,
      failed: { ERR_HS_THREAD_DIED: 2 },
      established: 0,
      active: 0,
    })
  })

  it('tells what killed it, where that was an exception', async () => {
    const subject = await start(1, deadlyTransport())
    await kill(subject, await halfway(subject), 'HELLO 667')
    expect(subject.events).toContainEqual({ type: 'thread-died', thread: 1, lost: 1, reason: 'a bug in the transport' })
  })

  it('is replaced, however often it dies, and the server keeps serving', async () => {
    const subject = await start(1, deadlyTransport())
    for (let death = 1; death <= 3; death++) {
      await kill(subject, await halfway(subject))
      await shake(subject)
      await subject.until(() => subject.events.filter(({ type }) => type === 'closed').length === 2 * death)
      expect(subject.server.counters).toMatchObject({ established: death, failed: { ERR_HS_THREAD_DIED: death } })
    }
    const ids = subject.events.flatMap((event) => (event.type === 'connection' ? [event.connection] : []))
    expect(new Set(ids).size).toBe(6)
  })

  it('leaves no descriptor open', async () => {
    const open = () => readdirSync('/proc/self/fd').length
    const subject = await start(1, deadlyTransport())
    await shake(subject)
    const before = open()
    for (let death = 0; death < 5; death++) {
      // With its connections it leaves an epoll descriptor, where the transport has one.
      const peers = await Promise.all([halfway(subject), halfway(subject), halfway(subject)])
      await kill(subject, peers[0]!)
      await Promise.all(peers.map((peer) => peer.untilGone()))
      for (const { socket } of peers) socket.destroy()
    }
    // Both ends of one connection, which proves that the last replacement is there.
    await halfway(subject)
    expect(open()).toBeLessThanOrEqual(before + 2)
  })

  it('does not touch the connections of other threads', async () => {
    const subject = await start(2, deadlyTransport())
    const peers = await halfwayInEach(subject, 2)
    await kill(subject, peers.get(1)!)
    expect(peers.get(2)!.gone).toBe(false)
    await peers.get(2)!.send('HELLO 7')
    await peers.get(2)!.untilGone()
    await shake(subject)
    await subject.until(() => subject.server.counters.active === 0)
    expect(subject.server.counters.failed).toEqual({ ERR_HS_THREAD_DIED: 1 })
  })

  it('while the server stops does not keep it from stopping', async () => {
    const subject = await start(1, deadlyTransport())
    const bystander = await halfway(subject)
    const killer = await SocketPeer.connect(subject.server.address)
    await killer.send('HELLO ')
    await subject.until(() => subject.events.filter(({ type }) => type === 'connection').length === 2)
    const stopped = subject.server.close({ graceMs: 60_000 })
    await bystander.send('HELLO 666')
    expect(await stopped).toEqual({ completed: 2, cut: 0 })
    await killer.untilGone()
    expect(subject.server.counters).toMatchObject({ failed: { ERR_HS_THREAD_DIED: 2 }, active: 0 })
  })

  // In the kernel's queue they are not the thread's, and the thread that listens serves them.
  if (name === 'node') {
    it('while the server stops takes those that wait with it', async () => {
      const events: ServerEvent[] = []
      const transport = deadlyTransport()
      const server = await serve({
        port: 0,
        strategy: threads({ threads: 1, atOnce: 1 }),
        maxConnections: 1,
        transport,
        onEvent: (event) => events.push(event),
      })
      onTestFinished(async () => {
        await server.close({ graceMs: 0 })
      })
      const subject: Subject = { server, events, until: async () => {} }
      const served = await halfway(subject)
      const waiting = await SocketPeer.connect(server.address)
      await (await SocketPeer.connect(server.address)).untilGone()
      const stopped = server.close({ graceMs: 60_000 })
      await served.send('HELLO 666')
      await stopped
      await waiting.untilGone()
    })
  }

  it('before it can serve, again and again, keeps the server from starting', async () => {
    const lives = { count: 0 }
    const transport = deadlyTransport(() => ++lives.count > 0)
    await expect(start(1, transport)).rejects.toThrow('thread 1 died before it served: stillborn')
    expect(lives.count).toBe(3)
  })

  it('before it can serve, once, is replaced, and the server starts', async () => {
    let shares = 0
    const subject = await start(
      2,
      deadlyTransport(() => ++shares === 1),
    )
    await shake(subject)
    await subject.until(() => subject.events.some(({ type }) => type === 'closed'))
    expect(subject.server.counters).toMatchObject({ established: 1, failed: {} })
  })

  it('and cannot be replaced ends the server, and what other threads serve is cut', async () => {
    let shares = 0
    // The third share is the one for the replacement.
    const subject = await start(
      2,
      deadlyTransport(() => ++shares > 2),
    )
    const broken = expect(subject.server.stopped).rejects.toThrow('stillborn')
    const peers = await halfwayInEach(subject, 2)
    await kill(subject, peers.get(1)!)
    await broken
    await peers.get(2)!.untilGone()
    expect(subject.server.counters).toMatchObject({
      active: 0,
      failed: { ERR_HS_THREAD_DIED: 1, ERR_HS_ABORTED: 1 },
    })
  })
})

it('a process that exits waits for a thread that loads its transport: it must not be interrupted there', () => {
  const program = fileURLToPath(new URL('./fixtures/exit-while-loading.js', import.meta.url))
  const { status, stdout } = spawnSync(process.execPath, [program], { encoding: 'utf8', timeout: 60_000 })
  expect({ status, stdout }).toEqual({ status: 7, stdout: 'loading\nloaded\n' })
})
