import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Connection, DropReason, Endpoint, Listener, Receiver, Transport } from '../transport.js'
import { hasIPv6, type Peer, type Peers, socketPeers } from './peers.js'
import { describeVerdicts } from './verdicts.js'

/** Ways in which a machine, not a transport, may differ. */
export interface TransportSuiteOptions {
  /** Default: whether the machine has `::1`. */
  readonly ipv6?: boolean
  /**
   * The place where connections wait until they are taken, and so whether there can be too many of them. Default `'process'`;
   * in the queue of the `'kernel'` they wait unaccepted, and the kernel limits them.
   */
  readonly waiting?: 'process' | 'kernel'
  /** Where the other ends come from. Default: sockets of `node:net`. */
  readonly peers?: Peers
}

const LOOPBACK: Endpoint = { host: '127.0.0.1', port: 0 }
const MEBIBYTE = 2 ** 20

const bytesOf = (text: string) => Buffer.from(text, 'latin1')

/** Writes down what a connection tells. */
class Recorder implements Receiver {
  /** `data` stands for any number of chunks. */
  readonly calls: ('data' | 'end' | 'closed')[] = []
  received = ''
  error: NodeJS.ErrnoException | undefined
  #wake: (() => void) | undefined

  data(chunk: Uint8Array): void {
    this.received += Buffer.from(chunk).toString('latin1')
    if (this.calls.at(-1) !== 'data') this.calls.push('data')
    this.#wake?.()
  }

  end(): void {
    this.calls.push('end')
    this.#wake?.()
  }

  closed(error?: Error): void {
    this.calls.push('closed')
    this.error = error
    this.#wake?.()
  }

  async until(condition: (recorder: this) => boolean): Promise<void> {
    while (!condition(this)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  untilReceived(text: string): Promise<void> {
    return this.until(({ received }) => received.includes(text))
  }

  untilEnd(): Promise<void> {
    return this.until(({ calls }) => calls.includes('end'))
  }

  untilClosed(): Promise<void> {
    return this.until(({ calls }) => calls.includes('closed'))
  }
}

/** What was thrown, as data. */
async function errorOf(promise: Promise<unknown>): Promise<NodeJS.ErrnoException & Partial<Endpoint>> {
  try {
    await promise
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
  throw new Error('nothing was thrown')
}

/**
 * What every transport owes (see `Transport`), as tests of vitest.
 *
 * @param make - A fresh transport; nothing of it may be left when its listeners and connections are closed.
 */
export function transportSuite(
  name: string,
  make: () => Transport,
  { ipv6 = hasIPv6(), waiting = 'process', peers = socketPeers }: TransportSuiteOptions = {},
): void {
  /** Listens, and closes the connections that were not taken when the test is over. */
  async function listen(at: Endpoint = LOOPBACK, maxWaiting = 100) {
    const transport = make()
    const drops: DropReason[] = []
    let onDrop = () => {}
    const listener: Listener = await transport.listen(at, {
      maxWaiting,
      shared: false,
      onDrop(reason) {
        drops.push(reason)
        onDrop()
      },
    })
    const connections = listener[Symbol.asyncIterator]()
    onTestFinished(async () => {
      await listener.close()
      for (let next = await connections.next(); !next.done; next = await connections.next()) next.value.abort()
    })
    return {
      transport,
      listener,
      drops,
      async accept(): Promise<Connection> {
        const next = await connections.next()
        if (next.done) throw new Error('the listener ended')
        return guard(next.value)
      },
      next: () => connections.next(),
      /** Connects one more than may wait, and so proves that all the others are accepted; to the kernel, none more. */
      async fill(count: number): Promise<Peer[]> {
        const filled: Peer[] = []
        if (waiting === 'kernel') {
          for (let at = 1; at < count; at++) filled.push(await peers.connect(listener.address))
          return filled
        }
        const dropped = new Promise<void>((resolve) => {
          onDrop = resolve
        })
        for (let at = 0; at < count; at++) filled.push(await peers.connect(listener.address))
        await dropped
        return filled
      },
    }
  }

  function guard(connection: Connection): Connection {
    onTestFinished(() => connection.abort())
    return connection
  }

  /** A connection of the transport under test, from either side, its recorder, and its bare peer. */
  const sides = {
    async accepted() {
      const { listener, accept } = await listen()
      const peer = await peers.connect(listener.address)
      return { connection: await accept(), recorder: new Recorder(), peer }
    },
    async connected() {
      const server = await peers.listen()
      const connection = guard(await make().connect(server.address))
      return { connection, recorder: new Recorder(), peer: await server.accept(connection.local) }
    },
  }

  describe(`${name}: listening`, () => {
    it('reports the port that port 0 became', async () => {
      const { listener } = await listen()
      expect(listener.address.host).toBe('127.0.0.1')
      expect(listener.address.port).toBeGreaterThan(0)
      await peers.connect(listener.address)
    })

    it('still knows its address when it is closed', async () => {
      const { listener } = await listen()
      const { port } = listener.address
      await listener.close()
      expect(listener.address).toEqual({ host: '127.0.0.1', port })
    })

    it('knows the address of each end of a connection', async () => {
      const { listener, accept } = await listen()
      const { local: far } = await peers.connect(listener.address)
      const { local, remote } = await accept()
      expect(local).toEqual(listener.address)
      expect(remote).toEqual({ host: '127.0.0.1', port: far.port })
    })

    if (ipv6) {
      it('does so on IPv6 too', async () => {
        const { listener, accept } = await listen({ host: '::1', port: 0 })
        expect(listener.address.host).toBe('::1')
        const { local: far } = await peers.connect(listener.address)
        expect((await accept()).remote).toEqual({ host: '::1', port: far.port })
      })
    }

    it('hands connections out in the order in which they came', async () => {
      const { listener, accept } = await listen()
      const ports: unknown[] = []
      for (let at = 0; at < 20; at++) ports.push((await peers.connect(listener.address)).local.port)
      for (const port of ports) expect((await accept()).remote.port).toBe(port)
    })

    it('settles every request for one, also requests made at the same time', async () => {
      const { listener, next } = await listen()
      const asked = [next(), next(), next()]
      for (let at = 0; at < 2; at++) await peers.connect(listener.address)
      for (const accepted of asked.slice(0, 2)) guard((await accepted).value!)
      await listener.close()
      expect(await asked[2]).toEqual({ done: true, value: undefined })
    })

    it('knows the address of a peer that broke the connection before it was taken, or says that it cannot', async () => {
      const { listener, accept } = await listen()
      const peer = await peers.connect(listener.address)
      const { port } = peer.local
      peer.reset()
      await peer.untilGone()
      const { remote } = await accept()
      if (waiting === 'kernel') expect(remote).toEqual({ host: '127.0.0.1', port })
      else expect([port, 0]).toContain(remote.port)
    })

    if (waiting === 'kernel' && ipv6) {
      it('says so on IPv6 too', async () => {
        const { listener, accept } = await listen({ host: '::1', port: 0 })
        const peer = await peers.connect(listener.address)
        const { port } = peer.local
        peer.reset()
        await peer.untilGone()
        expect((await accept()).remote).toEqual({ host: '::1', port })
      })
    }

    it('hands out one that comes while it is waited for', async () => {
      const { listener, accept } = await listen()
      const accepted = accept()
      await peers.connect(listener.address)
      expect((await accepted).local.port).toBe(listener.address.port)
    })

    it('throws a system error as Node shapes it for a port in use', async () => {
      const { address } = await peers.listen()
      expect(await errorOf(listen(address))).toMatchObject({
        code: 'EADDRINUSE',
        syscall: 'listen',
        address: address.host,
        port: address.port,
      })
    })

    it('throws one for an address that is not ours, and for a name that does not resolve', async () => {
      // An address that is reserved for documentation.
      expect(await errorOf(listen({ host: '192.0.2.1', port: 0 }))).toMatchObject({
        code: 'EADDRNOTAVAIL',
        address: '192.0.2.1',
      })
      const unknown = await errorOf(listen({ host: 'no-such-host.invalid', port: 0 }))
      expect(unknown.code).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/)
      expect(unknown.syscall).toBe('getaddrinfo')
    })

    if (waiting === 'process') {
      it('closes newcomers at once when too many wait, and says so for each', async () => {
        const { drops, fill, accept } = await listen(LOOPBACK, 2)
        const [first, second, third] = await fill(3)
        await third!.untilGone()
        expect(drops).toEqual(['waiting'])
        expect((await accept()).remote.port).toBe(first!.local.port)
        expect((await accept()).remote.port).toBe(second!.local.port)
        expect(first!.gone || second!.gone).toBe(false)
      })
    }

    if (waiting === 'process') {
      it('has room again when one that waited was taken', async () => {
        const { listener, drops, fill, accept } = await listen(LOOPBACK, 1)
        await fill(2)
        await accept()
        const { local: far } = await peers.connect(listener.address)
        expect((await accept()).remote.port).toBe(far.port)
        expect(drops).toHaveLength(1)
      })
    }
  })

  describe(`${name}: closing a listener`, () => {
    it('delivers what was accepted, then ends the iteration', async () => {
      const { listener, fill, next } = await listen(LOOPBACK, 3)
      const filled = await fill(4)
      await listener.close()
      for (const peer of filled.slice(0, 3)) {
        const { value } = await next()
        expect(guard(value!).remote.port).toBe(peer.local.port)
        expect(peer.gone).toBe(false)
      }
      expect(await next()).toEqual({ done: true, value: undefined })
      expect(await next()).toEqual({ done: true, value: undefined })
    })

    it('ends an iteration that waits', async () => {
      const { listener, next } = await listen()
      const waiting = next()
      await listener.close()
      expect((await waiting).done).toBe(true)
    })

    it('is idempotent, and refuses newcomers', async () => {
      const { listener } = await listen()
      const { address } = listener
      await Promise.all([listener.close(), listener.close()])
      await listener.close()
      expect(await errorOf(peers.connect(address))).toMatchObject({ code: 'ECONNREFUSED' })
    })

    it('leaves connections that were taken alone', async () => {
      const { listener, accept } = await listen()
      const peer = await peers.connect(listener.address)
      const connection = await accept()
      await listener.close()
      const recorder = new Recorder()
      connection.open(recorder)
      await peer.send('ping')
      await recorder.untilReceived('ping')
      connection.write(bytesOf('pong'))
      await peer.until('pong')
    })
  })

  describe(`${name}: a loop over a listener that is left early`, () => {
    it('closes what waits, and nothing that was taken', async () => {
      const { listener, fill } = await listen(LOOPBACK, 3)
      const [first, second, third] = await fill(4)
      for await (const connection of listener) {
        guard(connection)
        break
      }
      await Promise.all([second!.untilGone(), third!.untilGone()])
      expect(first!.gone).toBe(false)
    })

    it('leaves no later peer waiting for ever', async () => {
      const { listener } = await listen()
      await peers.connect(listener.address)
      for await (const connection of listener) {
        guard(connection)
        break
      }
      // Refused or closed at once: a listener may do either.
      const late = await peers.connect(listener.address).catch(() => undefined)
      await late?.untilGone()
    })
  })

  describe(`${name}: connecting`, () => {
    it('knows the address of each end', async () => {
      const { connection, peer } = await sides.connected()
      expect(connection.local).toEqual({ host: '127.0.0.1', port: peer.remote.port })
      expect(connection.remote).toEqual({ host: '127.0.0.1', port: peer.local.port })
    })

    if (ipv6) {
      it('reaches an IPv6 address', async () => {
        const server = await peers.listen({ host: '::1', port: 0 })
        expect(guard(await make().connect(server.address)).remote).toEqual(server.address)
      })
    }

    it('reaches a name, by the addresses of one family where that is wanted', async () => {
      const { address } = await peers.listen()
      const connection = guard(await make().connect({ host: 'localhost', port: address.port }, { family: 4 }))
      expect(connection.remote).toEqual(address)
    })

    // On Linux all of 127.0.0.0/8 is this machine; elsewhere only its first address.
    const local = process.platform === 'linux' ? '127.0.0.77' : '127.0.0.1'
    it('connects from the address that it is given, again and again', async () => {
      const server = await peers.listen()
      const transport = make()
      for (let at = 0; at < 3; at++) {
        const connection = guard(await transport.connect(server.address, { localAddress: local }))
        expect(connection.local.host).toBe(local)
        expect((await server.accept()).remote.host).toBe(local)
      }
    })

    it('throws a system error where that address is not of this machine', async () => {
      const { address } = await peers.listen()
      // Reserved for documentation.
      const error = await errorOf(make().connect(address, { localAddress: '203.0.113.1' }))
      expect(error).toMatchObject({ code: 'EADDRNOTAVAIL' })
    })

    it('reaches several servers in turn', async () => {
      const transport = make()
      const servers = [await peers.listen(), await peers.listen()]
      for (const { address } of [...servers, ...servers]) {
        expect(guard(await transport.connect(address)).remote).toEqual(address)
      }
    })

    it('does not reach it by the addresses of the other family', async () => {
      const { address } = await peers.listen()
      const error = await errorOf(make().connect({ host: 'localhost', port: address.port }, { family: 6 }))
      // If the name has such an address, nothing listens on it.
      expect(error.code).toMatch(/^(ENOTFOUND|EAI_AGAIN|EAI_ADDRFAMILY|ECONNREFUSED|EADDRNOTAVAIL)$/)
    })

    it('throws a system error as Node shapes it if nothing listens', async () => {
      const server = await peers.listen()
      const { port } = server.address
      await server.close()
      const error = await errorOf(make().connect({ host: '127.0.0.1', port }))
      expect(error).toBeInstanceOf(Error)
      expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', address: '127.0.0.1', port })
    })

    it('throws one for a name that does not resolve', async () => {
      const error = await errorOf(make().connect({ host: 'no-such-host.invalid', port: 1 }))
      expect(error.code).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/)
      expect(error).toMatchObject({ syscall: 'getaddrinfo', hostname: 'no-such-host.invalid' })
    })

    it('throws the reason of a signal that was aborted before', async () => {
      const { address } = await peers.listen()
      const reason = new Error('enough')
      expect(await errorOf(make().connect(address, { signal: AbortSignal.abort(reason) }))).toBe(reason)
    })

    it('throws the reason of a signal that is aborted meanwhile, and leaves no connection open', async () => {
      const server = await peers.listen()
      const controller = new AbortController()
      const reason = new Error('enough')
      const thrown = errorOf(make().connect(server.address, { signal: controller.signal }))
      controller.abort(reason)
      expect(await thrown).toBe(reason)
      // The system may have connected already; then the peer sees it go.
      const after = await peers.connect(server.address)
      for (let peer = await server.accept(); peer.remote.port !== after.local.port; peer = await server.accept()) {
        await peer.untilGone()
      }
    })

    it('does not care about a signal that is aborted afterwards', async () => {
      const server = await peers.listen()
      const controller = new AbortController()
      const connection = guard(await make().connect(server.address, { signal: controller.signal }))
      const peer = await server.accept()
      controller.abort()
      connection.write(bytesOf('still here'))
      await peer.until('still here')
    })
  })

  for (const [side, open] of Object.entries(sides)) {
    describe(`${name}: a connection that was ${side}`, () => {
      it('delivers what came before it was opened', async () => {
        const { connection, recorder, peer } = await open()
        await peer.send('early')
        await peer.end()
        connection.open(recorder)
        await recorder.untilEnd()
        expect(recorder.received).toBe('early')
        expect(recorder.calls).toEqual(['data', 'end'])
      })

      it('reads nothing before it is opened: the system resets a connection that is closed with bytes unread', async () => {
        const { connection, peer } = await open()
        await peer.send('unread')
        for (let turns = 0; turns < 20; turns++) await turn()
        connection.abort()
        await peer.untilGone()
        expect(peer.error?.code).toBe('ECONNRESET')
      })

      it('holds nothing back of what came before it was opened, however much', async () => {
        const { connection, recorder, peer } = await open()
        const piece = 'x'.repeat(MEBIBYTE / 16)
        const pieces = 256
        for (let at = 0; at < pieces; at++) peer.write(piece)
        // The buffers of the system fill up, and then nothing moves however long one waits.
        const waiting = () => peer.unsentBytes
        for (let still = 0, before = waiting(); still < 20; before = waiting()) {
          await turn()
          still = waiting() === before ? still + 1 : 0
        }
        expect(waiting()).toBeGreaterThan(0)
        let count = 0
        recorder.data = (chunk) => {
          count += chunk.length
        }
        connection.open(recorder)
        await peer.end()
        await recorder.untilEnd()
        expect(count).toBe(pieces * piece.length)
      }, 30_000)

      it('delivers bytes as they are, in order', async () => {
        const { connection, recorder, peer } = await open()
        connection.open(recorder)
        const every = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte))
        for (let at = 0; at < 50; at++) await peer.send(every)
        await recorder.until(({ received }) => received.length >= 50 * 256)
        expect(recorder.received).toBe(every.repeat(50))
      })

      it('sends bytes as they are, in order', async () => {
        const { connection, recorder, peer } = await open()
        connection.open(recorder)
        const every = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte))
        for (let at = 0; at < 50; at++) connection.write(bytesOf(every))
        connection.close()
        await peer.untilGone()
        expect(peer.received).toBe(every.repeat(50))
      })

      it('can write before it is opened', async () => {
        const { connection, peer } = await open()
        connection.write(bytesOf('first'))
        await peer.until('first')
      })

      it('still writes when its peer will send no more', async () => {
        const { connection, recorder, peer } = await open()
        connection.open(recorder)
        await peer.end()
        await recorder.untilEnd()
        connection.write(bytesOf('answer'))
        await peer.until('answer')
        expect(recorder.calls).toEqual(['end'])
        connection.close()
        await peer.untilGone()
        await recorder.untilClosed()
        expect(recorder.calls).toEqual(['end', 'closed'])
        expect(recorder.error).toBeUndefined()
      })

      it('sends everything that was written before it closes, also to a slow reader', async () => {
        const { connection, recorder, peer } = await open()
        peer.pause()
        connection.open(recorder)
        const text = Array.from({ length: MEBIBYTE / 8 }, (_, at) => at.toString(36).padStart(8)).join('')
        connection.write(bytesOf(text))
        connection.close()
        peer.readSlowly()
        await peer.untilGone()
        await recorder.untilClosed()
        expect(peer.ended).toBe(true)
        expect(peer.received === text).toBe(true)
        expect(recorder.calls).toEqual(['closed'])
        expect(recorder.error).toBeUndefined()
      })

      it('does not wait for its peer when it closes', async () => {
        const { connection, recorder, peer } = await open()
        connection.open(recorder)
        connection.write(bytesOf('bye'))
        connection.close()
        // The peer never closes its own side.
        await recorder.untilClosed()
        await peer.until('bye')
        await peer.untilGone()
        expect(recorder.error).toBeUndefined()
      })

      it('tells of its close once, however often it is closed and aborted', async () => {
        const { connection, recorder, peer } = await open()
        connection.open(recorder)
        connection.close()
        connection.close()
        connection.abort()
        connection.abort()
        await recorder.untilClosed()
        connection.close()
        connection.abort()
        await peer.untilGone()
        await turn()
        expect(recorder.calls).toEqual(['closed'])
        expect(recorder.error).toBeUndefined()
      })

      for (const how of ['close', 'abort'] as const) {
        it(`tells of its close, once, when it is opened after its ${how}`, async () => {
          const { connection, recorder, peer } = await open()
          connection[how]()
          connection.open(recorder)
          await recorder.untilClosed()
          await peer.untilGone()
          expect(recorder.calls).toEqual(['closed'])
          expect(recorder.error).toBeUndefined()
        })

        it(`tells of its close, once, when it is opened long after its ${how}`, async () => {
          const { connection, recorder, peer } = await open()
          connection.write(bytesOf('bye'))
          connection[how]()
          await peer.until('bye')
          await peer.untilGone()
          for (let turns = 0; turns < 20; turns++) await turn()
          connection.open(recorder)
          await recorder.untilClosed()
          await turn()
          expect(recorder.calls).toEqual(['closed'])
          expect(recorder.error).toBeUndefined()
        })
      }

      it('still knows its peer when that has broken the connection', async () => {
        const { connection, recorder, peer } = await open()
        const remote = { host: '127.0.0.1', port: peer.local.port }
        connection.open(recorder)
        peer.reset()
        await recorder.untilClosed()
        expect(recorder.error?.code).toBe('ECONNRESET')
        expect(connection.remote).toEqual(remote)
      })

      it('is gone at once when it is aborted', async () => {
        const { connection, recorder, peer } = await open()
        connection.open(recorder)
        connection.abort()
        await recorder.untilClosed()
        await peer.untilGone()
        expect(recorder.calls).toEqual(['closed'])
      })

      it('says that what was written did not get out, when it is aborted before', async () => {
        const { connection, recorder, peer } = await open()
        peer.pause()
        connection.open(recorder)
        connection.write(new Uint8Array(64 * MEBIBYTE))
        connection.close()
        connection.abort()
        await recorder.untilClosed()
        expect(recorder.calls).toEqual(['closed'])
        expect(recorder.error?.code).toEqual(expect.any(String))
      })

      it('says so too when its peer goes before it took everything', async () => {
        const { connection, recorder, peer } = await open()
        peer.pause()
        connection.open(recorder)
        connection.write(new Uint8Array(64 * MEBIBYTE))
        connection.close()
        peer.reset()
        await recorder.untilClosed()
        expect(recorder.calls).toEqual(['closed'])
        expect(recorder.error?.code).toMatch(/^(ECONNRESET|EPIPE)$/)
      })

      it('is not troubled by how its peer takes the close', async () => {
        const { connection, recorder, peer } = await open()
        connection.open(recorder)
        await peer.send('not read by anybody')
        connection.close()
        peer.reset()
        await recorder.untilClosed()
        expect(recorder.error).toBeUndefined()
      })

      it('tells of a reset, with the error as Node shapes it', async () => {
        const { connection, recorder, peer } = await open()
        connection.open(recorder)
        await peer.send('then')
        await recorder.untilReceived('then')
        peer.reset()
        await recorder.untilClosed()
        expect(recorder.calls).toEqual(['data', 'closed'])
        expect(recorder.error).toMatchObject({ code: 'ECONNRESET', syscall: 'read', errno: expect.any(Number) })
      })

      it('tells of a reset that came before it was opened', async () => {
        const { connection, recorder, peer } = await open()
        peer.reset()
        await turn()
        connection.open(recorder)
        await recorder.untilClosed()
        expect(recorder.calls.filter((call) => call === 'closed')).toHaveLength(1)
        expect(recorder.calls.at(-1)).toBe('closed')
        expect(recorder.error?.code).toBe('ECONNRESET')
      })

      it('tells of a peer that is not there to read any more', async () => {
        const { connection, recorder, peer } = await open()
        connection.open(recorder)
        peer.destroy()
        await recorder.untilEnd()
        // The first write brings back the reset, and a later one finds it.
        while (!recorder.calls.includes('closed')) {
          connection.write(bytesOf('anybody there?'))
          await turn()
        }
        expect(recorder.error?.code).toMatch(/^(ECONNRESET|EPIPE)$/)
        expect(recorder.calls).toEqual(['end', 'closed'])
      })

      it('can be closed from inside each call', async () => {
        const { connection, recorder, peer } = await open()
        recorder.data = () => {
          connection.write(bytesOf('enough'))
          connection.close()
        }
        connection.open(recorder)
        await peer.send('something')
        await recorder.untilClosed()
        expect(recorder.calls).toEqual(['closed'])
        await peer.untilGone()
      })
    })
  }

  describe(`${name}: the clock`, () => {
    it('never goes back', async () => {
      const { clock } = make()
      let before = clock.now()
      for (let at = 0; at < 100; at++) {
        const now = clock.now()
        expect(now).toBeGreaterThanOrEqual(before)
        before = now
        if (at % 10 === 0) await turn()
      }
    })

    it.each([0, 1, 5, 10.9])('calls back after %d ms, once, and not before', async (ms) => {
      const { clock } = make()
      for (let again = 0; again < 5; again++) {
        const started = clock.now()
        const elapsed = await new Promise<number>((resolve) => {
          let calls = 0
          clock.after(ms, () => {
            calls++
            expect(calls).toBe(1)
            resolve(clock.now() - started)
          })
        })
        expect(elapsed).toBeGreaterThanOrEqual(ms)
      }
    })

    it('does not call back from inside `after`', async () => {
      const { clock } = make()
      let inside = true
      const called = new Promise<boolean>((resolve) => {
        clock.after(0, () => resolve(inside))
      })
      inside = false
      expect(await called).toBe(false)
    })

    it('calls back in the order of the times, and not of the calls', async () => {
      const { clock } = make()
      const order: number[] = []
      await new Promise<void>((resolve) => {
        clock.after(30, resolve)
        for (const ms of [20, 1, 10]) clock.after(ms, () => order.push(ms))
      })
      expect(order).toEqual([1, 10, 20])
    })

    it('does not call back what was cancelled, also by another timer', async () => {
      const { clock } = make()
      const calls: string[] = []
      await new Promise<void>((resolve) => {
        const first = clock.after(1, () => calls.push('cancelled at once'))
        const second = clock.after(10, () => calls.push('cancelled by a timer'))
        clock.after(5, () => second.cancel())
        clock.after(20, resolve)
        first.cancel()
        first.cancel()
      })
      expect(calls).toEqual([])
    })

    it('accepts the cancelling of what has already called back', async () => {
      const { clock } = make()
      await new Promise<void>((resolve) => {
        const timer = clock.after(1, () => {
          timer.cancel()
          resolve()
        })
      })
    })

    it('takes a very long time for what it is', async () => {
      const { clock } = make()
      let called = false
      const timers = [2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY].map((ms) =>
        clock.after(ms, () => {
          called = true
        }),
      )
      await new Promise<void>((resolve) => {
        clock.after(20, resolve)
      })
      expect(called).toBe(false)
      for (const timer of timers) timer.cancel()
    })
  })

  it(`${name}: nothing is left open by all of this`, async () => {
    const handles = () => process.getActiveResourcesInfo().filter((kind) => /TCP|Timeout|Server/.test(kind))
    const before = handles()
    const { listener, accept, transport } = await listen()
    const connecting = transport.connect(listener.address)
    const accepted = await accept()
    const connected = await connecting
    const recorders = [new Recorder(), new Recorder()]
    accepted.open(recorders[0]!)
    connected.open(recorders[1]!)
    const timer = transport.clock.after(60_000, () => {})
    timer.cancel()
    accepted.close()
    connected.close()
    await Promise.all(recorders.map((recorder) => recorder.untilClosed()))
    await listener.close()
    await expect.poll(handles).toEqual(before)
  })

  describeVerdicts(name, make, peers)
}
