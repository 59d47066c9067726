import { getEventListeners } from 'node:events'
import type { Effect, FailureCode, HelloError } from '@hs/protocol'
import { nodeTransport, type Transport } from '@hs/transport'
import { describe, expect, it } from 'vitest'
import { freePort, SocketPeerServer } from '../../transport/src/testing/peers.js'
import { uncaughtExceptions } from '../../transport/test/uncaught.js'
import { type HandshakeOptions, handshake, randomSequence } from '../src/index.js'

/** The Linux transport, of its sources: this package does not know it. */
async function linux(options: { readonly ring?: boolean }): Promise<Transport | undefined> {
  if (process.platform !== 'linux') return undefined
  const { linuxTransport } = await import('../../transport-linux/src/transport.js')
  return linuxTransport(options)
}

/** What was thrown, which must be a HelloError with this code. */
async function failureOf(promise: Promise<unknown>, code: FailureCode): Promise<HelloError> {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error as HelloError,
  )
  if (error?.name !== 'HelloError') throw error ?? new Error('nothing was thrown')
  expect(error.code).toBe(code)
  expect(error.failure.code).toBe(code)
  expect(error.message).toBe(error.failure.message)
  return error
}

/** A server of one line: answers each message that it receives with the next of these. */
async function answering(...answers: string[]) {
  const server = await SocketPeerServer.listen()
  const peer = server.accept().then(async (peer) => {
    await peer.until('HELLO')
    for (const answer of answers) await peer.send(answer)
    return peer
  })
  return { ...server.address, peer }
}

/** A transport that never connects, or fails to in its own way. */
function unreachable(error?: Error): Transport {
  return {
    ...nodeTransport(),
    connect: (_, { signal } = {}) =>
      new Promise((_, reject) => {
        if (error) reject(error)
        signal?.addEventListener('abort', () => reject(signal.reason))
      }),
  }
}

const systemError = (code: string) => Object.assign(new Error(`connect ${code}`), { code })

describe('an established handshake', () => {
  it('resolves with the numbers, both addresses, and how long it took', async () => {
    const { host, port, peer } = await answering('HELLO 6')
    const report = await handshake({ host, port, sequence: 5 })
    const { socket } = await peer
    expect(report).toEqual({
      x: 5,
      y: 6,
      z: 7,
      local: { host, port: socket.remotePort },
      remote: { host, port },
      connectMs: expect.any(Number),
      replyMs: expect.any(Number),
      totalMs: expect.any(Number),
    })
    expect(report.connectMs).toBeGreaterThan(0)
    expect(report.replyMs).toBeGreaterThan(0)
    expect(report.totalMs).toBeGreaterThanOrEqual(report.connectMs + report.replyMs)
  })

  it('has sent X, and Z, and nothing else, and is closed, although the server does not close', async () => {
    const { host, port, peer } = await answering('HELLO 6')
    await handshake({ host, port, sequence: 5 })
    const { received } = await peer.then(async (peer) => {
      await peer.untilGone()
      return peer
    })
    expect(received).toBe('HELLO 5HELLO 7')
  })

  it('begins with a random number that 32-bit peers can count on from, where none is given', async () => {
    const server = await SocketPeerServer.listen()
    const established = handshake({ port: server.address.port })
    const peer = await server.accept()
    await peer.until('HELLO ')
    const x = Number(/\d+/.exec(peer.received)![0])
    await peer.send(`HELLO ${x + 1}`)
    expect((await established).x).toBe(x)
    const numbers = Array.from({ length: 1000 }, randomSequence)
    expect(numbers.every((each) => Number.isInteger(each) && each >= 0 && each <= 2147483645)).toBe(true)
    expect(new Set(numbers).size).toBeGreaterThan(990)
  })

  it.each<[string, Partial<HandshakeOptions>, string[], string]>([
    ['in int32 arithmetic', { sequence: 2147483647, arithmetic: 'int32' }, ['HELLO -2147483648'], 'HELLO -2147483647'],
    ['with a terminator after each message', { sequence: 5, terminator: 'nul' }, ['HELLO 6\0'], 'HELLO 7\0'],
    ['with a Y that a lenient client forgives', { sequence: 5 }, ['\r\nhello +006'], 'HELLO 7'],
    ['with a Y that comes in pieces', { sequence: 41, prefixMs: 5000 }, ['HEL', 'LO ', '4', '2'], 'HELLO 43'],
  ])('%s', async (_, options, answers, z) => {
    const { host, port, peer } = await answering(...answers)
    await handshake({ host, port, ...options })
    await (await peer).until(z)
  })

  it('shows what happens, in order, a received message before it is answered', async () => {
    const { host, port } = await answering('HELLO 6')
    const effects: Effect['type'][] = []
    await handshake({ host, port, sequence: 5, onEffect: ({ type }) => effects.push(type) })
    expect(effects).toEqual(['send', 'received', 'send', 'established'])
  })

  it('is one of 100 at once', async () => {
    const server = await SocketPeerServer.listen()
    const established = Array.from({ length: 100 }, (_, x) => handshake({ port: server.address.port, sequence: x }))
    for (let at = 0; at < 100; at++) {
      const peer = await server.accept()
      await peer.until('HELLO ')
      await peer.send(`HELLO ${Number(peer.received.slice(6)) + 1}`)
    }
    expect((await Promise.all(established)).map(({ z }) => z)).toEqual(Array.from({ length: 100 }, (_, x) => x + 2))
  })
})

describe('a failed handshake', () => {
  it('of a wrong Y says what was sent, expected and received; the server gets nothing more', async () => {
    const { host, port, peer } = await answering('HELLO 5')
    const { failure } = await failureOf(handshake({ host, port, sequence: 5 }), 'ERR_HS_WRONG_NUMBER')
    expect(failure).toMatchObject({
      side: 'client',
      state: 'awaiting-y',
      sent: 'HELLO 5',
      expected: 'HELLO 6',
      received: 'HELLO 5',
    })
    const server = await peer
    await server.untilGone()
    expect(server.received).toBe('HELLO 5')
  })

  it.each<[string, string, FailureCode]>([
    ['of garbage', 'HTTP/1.1 400 Bad Request', 'ERR_HS_MALFORMED'],
    ['of a number out of range', 'HELLO 9007199254740993\n', 'ERR_HS_OUT_OF_RANGE'],
    ['of a message without an end', `HELLO ${'6'.repeat(100)}`, 'ERR_HS_TOO_LONG'],
  ])('%s has its own code', async (_, answer, code) => {
    const { host, port } = await answering(answer)
    const { failure } = await failureOf(handshake({ host, port, sequence: 5 }), code)
    expect(failure.received).toBe(answer.trim().slice(0, 64) + (answer.length > 64 ? '...' : ''))
  })

  it('of what a strict client does not forgive', async () => {
    const { host, port } = await answering('HELLO 6\n')
    await failureOf(handshake({ host, port, sequence: 5, strict: true }), 'ERR_HS_MALFORMED')
  })

  it('of a server that stops in the middle of Y is judged after prefixMs', async () => {
    const { host, port } = await answering('HELLO ')
    await failureOf(handshake({ host, port, sequence: 5, prefixMs: 20 }), 'ERR_HS_MALFORMED')
  })

  it('of a server that closes instead of answering', async () => {
    const server = await SocketPeerServer.listen()
    const failed = failureOf(handshake({ port: server.address.port, sequence: 5 }), 'ERR_HS_CLOSED_EARLY')
    const peer = await server.accept()
    await peer.until('HELLO 5')
    await peer.end()
    expect((await failed).failure).toMatchObject({ state: 'awaiting-y', expected: 'HELLO 6' })
  })

  it('of a server that breaks the connection keeps the error of the system', async () => {
    const server = await SocketPeerServer.listen()
    const failed = failureOf(handshake({ port: server.address.port, sequence: 5 }), 'ERR_HS_RESET')
    const peer = await server.accept()
    await peer.until('HELLO 5')
    peer.reset()
    expect((await failed).cause).toMatchObject({ code: 'ECONNRESET', syscall: 'read' })
  })
})

describe('the deadline', () => {
  it('ends a server that says nothing, and is named as it was given', async () => {
    const server = await SocketPeerServer.listen()
    const failed = failureOf(handshake({ port: server.address.port, sequence: 5, timeoutMs: 50 }), 'ERR_HS_TIMEOUT')
    const { message, failure } = await failed
    expect(message).toBe('The deadline of 50 ms passed before HELLO Y arrived.')
    expect(failure.state).toBe('awaiting-y')
    await (await server.accept()).untilGone()
  })

  it('ends a server that dribbles', async () => {
    const server = await SocketPeerServer.listen()
    const failed = failureOf(
      handshake({ port: server.address.port, sequence: 5, timeoutMs: 100, quietMs: 5000 }),
      'ERR_HS_TIMEOUT',
    )
    const peer = await server.accept()
    await peer.until('HELLO')
    await peer.send('HELLO ')
    const dribble = setInterval(() => peer.socket.write('9'), 10)
    await failed
    clearInterval(dribble)
    await peer.untilGone()
  })

  it('leaves no timer running, however the handshake ends', async () => {
    let running = 0
    const inner = nodeTransport()
    const after: typeof inner.clock.after = (ms, callback) => {
      running++
      const timer = inner.clock.after(ms, callback)
      let cancelled = false
      return {
        cancel() {
          if (!cancelled) running--
          cancelled = true
          timer.cancel()
        },
      }
    }
    const transport: Transport = { ...inner, clock: { ...inner.clock, after } }
    const { host, port } = await answering('HELLO 6')
    await handshake({ host, port, sequence: 5, transport })
    expect(running).toBe(0)
    await failureOf(handshake({ port: await freePort(), transport }), 'ERR_HS_CONNECT')
    expect(running).toBe(0)
  })

  it('ends a connection that does not come about', async () => {
    const { message, failure } = await failureOf(
      handshake({ host: 'far.example', port: 9000, transport: unreachable(), timeoutMs: 20 }),
      'ERR_HS_TIMEOUT',
    )
    expect(message).toBe('The deadline of 20 ms passed while connecting to far.example:9000.')
    expect(failure.state).toBe('idle')
  })
})

describe('a connection that fails', () => {
  it('says that nothing listens, with the error of the system as its cause', async () => {
    const port = await freePort()
    const { message, cause, failure } = await failureOf(handshake({ port, sequence: 5 }), 'ERR_HS_CONNECT')
    expect(message).toContain(`Nothing listens on 127.0.0.1:${port}`)
    expect(cause).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', port })
    expect(failure).toMatchObject({ side: 'client', state: 'idle', clause: 'HS-2.1' })
  })

  it('names all addresses of a name that were tried', async () => {
    const errors = ['::1', '127.0.0.1'].map((address) => Object.assign(systemError('ECONNREFUSED'), { address }))
    const transport = unreachable(new AggregateError(errors))
    const { message } = await failureOf(handshake({ host: 'localhost', port: 9, transport }), 'ERR_HS_CONNECT')
    expect(message).toContain('localhost:9 (tried ::1 and 127.0.0.1)')
  })

  it.each([
    ['ENOTFOUND', 'The name "far.example" could not be resolved (ENOTFOUND).'],
    ['EAI_AGAIN', 'The name "far.example" could not be resolved (EAI_AGAIN).'],
    ['ETIMEDOUT', 'far.example:9 did not answer: a firewall, or no such machine.'],
    ['EHOSTUNREACH', 'There is no way to far.example:9 from here (EHOSTUNREACH): check the address and the network.'],
    ['ENETUNREACH', 'There is no way to far.example:9 from here (ENETUNREACH): check the address and the network.'],
    ['EMFILE', 'Out of file descriptors while connecting to far.example:9 (EMFILE): raise the limit (ulimit -n).'],
    ['ENFILE', 'Out of file descriptors while connecting to far.example:9 (ENFILE): raise the limit (ulimit -n).'],
    ['EPERM', 'Cannot connect to far.example:9: connect EPERM.'],
  ])('of %s says what to look at', async (code, sentence) => {
    const transport = unreachable(systemError(code))
    const failed = failureOf(handshake({ host: 'far.example', port: 9, transport }), 'ERR_HS_CONNECT')
    expect((await failed).message).toBe(sentence)
    expect((await failed).cause).toMatchObject({ code })
  })
})

it('a connection that is reset before it is known to be open broke, and is not one that failed to open', async () => {
  const transport = unreachable(systemError('ECONNRESET'))
  const { failure } = await failureOf(handshake({ port: 9, transport }), 'ERR_HS_RESET')
  expect(failure).toMatchObject({ state: 'idle', message: expect.stringContaining('ECONNRESET') })
})

describe('an `onEffect` that throws', () => {
  it('is heard as an uncaught exception, and the handshake is established all the same', async () => {
    const thrown = uncaughtExceptions()
    const { host, port } = await answering('HELLO 6')
    const bug = new Error('a bug of the caller')
    const report = await handshake({
      host,
      port,
      sequence: 5,
      onEffect() {
        throw bug
      },
    })
    expect(report.z).toBe(7)
    expect(thrown).toEqual([bug, bug, bug, bug])
  })

  it('keeps no deadline from ending the handshake', async () => {
    const thrown = uncaughtExceptions()
    const server = await SocketPeerServer.listen()
    const bug = new Error('a bug of the caller')
    await failureOf(
      handshake({
        port: server.address.port,
        timeoutMs: 30,
        onEffect() {
          throw bug
        },
      }),
      'ERR_HS_TIMEOUT',
    )
    expect(thrown.length).toBeGreaterThan(0)
  })
})

describe.each([
  ['node:net', () => nodeTransport()],
  ['the Linux transport', () => linux({})],
  ['the Linux transport with a ring', () => linux({ ring: true })],
] as const)('a signal that fires inside an effect, over %s', (_, makeTransport) => {
  it.each(['send', 'received', 'established', 'failed'])('`%s`: the promise settles', async (at) => {
    const transport = await makeTransport()
    if (!transport) return
    const { host, port, peer } = await answering(at === 'failed' ? 'HELLO 9' : 'HELLO 6')
    // One that is aborted before X leaves nothing to answer.
    peer.catch(() => {})
    const controller = new AbortController()
    const code = await handshake({
      host,
      port,
      sequence: 5,
      transport,
      signal: controller.signal,
      onEffect({ type }) {
        if (type === at) controller.abort()
      },
    }).then(
      () => 'established',
      (error: HelloError) => error.code,
    )
    const ends = { send: 'ERR_HS_ABORTED', failed: 'ERR_HS_WRONG_NUMBER' } as Readonly<Record<string, string>>
    expect(code).toBe(ends[at] ?? 'established')
  })
})

describe('a signal', () => {
  const reason = new Error('enough')
  const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length

  it('that is aborted already ends it before it begins', async () => {
    const server = await SocketPeerServer.listen()
    const signal = AbortSignal.abort(reason)
    const { cause, failure } = await failureOf(handshake({ port: server.address.port, signal }), 'ERR_HS_ABORTED')
    expect(cause).toBe(reason)
    expect(failure.state).toBe('idle')
    expect(listeners(signal)).toBe(0)
  })

  it('ends it while it connects', async () => {
    const { signal, ...controller } = withSignal()
    const failed = failureOf(handshake({ port: 9, transport: unreachable(), signal }), 'ERR_HS_ABORTED')
    controller.abort(reason)
    expect((await failed).cause).toBe(reason)
    expect(listeners(signal)).toBe(0)
  })

  it('ends it when the connection has just come about', async () => {
    const { signal, ...controller } = withSignal()
    const inner = nodeTransport()
    const transport: Transport = {
      ...inner,
      async connect(to, options) {
        const connection = await inner.connect(to, options)
        controller.abort(reason)
        return connection
      },
    }
    const server = await SocketPeerServer.listen()
    await failureOf(handshake({ port: server.address.port, transport, signal }), 'ERR_HS_ABORTED')
    await (await server.accept()).untilGone()
    expect(listeners(signal)).toBe(0)
  })

  it('ends it while Y is awaited', async () => {
    const { signal, ...controller } = withSignal()
    const server = await SocketPeerServer.listen()
    const failed = failureOf(handshake({ port: server.address.port, sequence: 5, signal }), 'ERR_HS_ABORTED')
    const peer = await server.accept()
    await peer.until('HELLO 5')
    controller.abort(reason)
    expect((await failed).failure.state).toBe('awaiting-y')
    expect((await failed).cause).toBe(reason)
    await peer.untilGone()
    expect(listeners(signal)).toBe(0)
  })

  it('from inside an effect either ends it, or Z was sent', async () => {
    const { signal, ...controller } = withSignal()
    const { host, port, peer } = await answering('HELLO 6')
    const report = await handshake({
      host,
      port,
      sequence: 5,
      signal,
      onEffect({ type }) {
        if (type === 'received') controller.abort(reason)
      },
    })
    expect(report.z).toBe(7)
    await (await peer).until('HELLO 7')
  })

  it('may be shared by many handshakes, without a warning of Node', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error) => void warnings.push(warning)
    process.on('warning', onWarning)
    // The kind that Node counts the listeners of.
    const signal = AbortSignal.timeout(200)
    const failed = Array.from({ length: 12 }, () =>
      failureOf(handshake({ port: 9, transport: unreachable(), signal }), 'ERR_HS_ABORTED'),
    )
    await Promise.all(failed)
    // Node warns in a turn of its own.
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })

  it('that is aborted afterwards changes nothing', async () => {
    const { signal, ...controller } = withSignal()
    const { host, port } = await answering('HELLO 6')
    const report = await handshake({ host, port, sequence: 5, signal })
    expect(listeners(signal)).toBe(0)
    controller.abort(reason)
    expect(report.z).toBe(7)
  })

  function withSignal() {
    const controller = new AbortController()
    return { signal: controller.signal, abort: (why: unknown) => controller.abort(why) }
  }
})

describe('a transport with a mistake', () => {
  const connecting = (connect: () => unknown): Transport => ({ ...nodeTransport(), connect: connect as never })

  it.each(['it', undefined, null])('that throws %o could not connect', async (thrown) => {
    const transport = connecting(() => Promise.reject(thrown))
    const error = await failureOf(handshake({ port: 9, transport }), 'ERR_HS_CONNECT')
    expect(error.message).toContain(`thrown without an error: ${thrown}`)
  })

  it('that does not heed the signal keeps no promise waiting, and what it opens late is closed', async () => {
    const server = await SocketPeerServer.listen()
    let open = () => {}
    const transport = connecting(async () => {
      await new Promise<void>((resolve) => {
        open = resolve
      })
      return nodeTransport().connect(server.address)
    })
    await failureOf(handshake({ port: 9, transport, timeoutMs: 20 }), 'ERR_HS_TIMEOUT')
    open()
    const { socket } = await server.accept()
    await new Promise((resolve) => socket.once('end', resolve).resume())
    await failureOf(handshake({ port: 9, transport, signal: AbortSignal.timeout(20) }), 'ERR_HS_ABORTED')
  })
})

describe('a signal of another class than that of Node', () => {
  class Signal extends EventTarget {
    aborted = false
    abort() {
      this.aborted = true
      this.dispatchEvent(new Event('abort'))
    }
  }
  /** Not even an EventTarget. */
  const bare = (signal: Signal) => ({
    get aborted() {
      return signal.aborted
    },
    addEventListener: signal.addEventListener.bind(signal),
    removeEventListener: signal.removeEventListener.bind(signal),
  })

  it.each(['node', 'auto'] as const)('ends a handshake on the transport %s at any moment', async (transport) => {
    for (const shape of [(signal: Signal) => signal, bare]) {
      const { host, port } = await answering('HELLO 6')
      const unused = shape(new Signal()) as never
      expect(await handshake({ host, port, sequence: 5, transport, signal: unused })).toMatchObject({ z: 7 })
      const aborted = new Signal()
      aborted.abort()
      await failureOf(handshake({ host, port, transport, signal: shape(aborted) as never }), 'ERR_HS_ABORTED')
      const silent = await SocketPeerServer.listen()
      const late = new Signal()
      const ending = handshake({ ...silent.address, transport, signal: shape(late) as never })
      await silent.accept()
      late.abort()
      await failureOf(ending, 'ERR_HS_ABORTED')
    }
  })
})

describe('options', () => {
  it('allow as initial numbers only those that can be counted on from', async () => {
    for (const options of [{ sequence: 9007199254740990 }, { sequence: 2147483648, arithmetic: 'int32' } as const]) {
      await expect(handshake({ port: 9, ...options })).rejects.toMatchObject({
        name: 'RangeError',
        code: 'ERR_OUT_OF_RANGE',
        message: expect.stringMatching(/^sequence must be an integer from .* got \d+ \(number\)$/),
      })
    }
  })

  it.each(['node', 'auto', 'linux'] as const)('take the transport by the name %s', async (transport) => {
    const { host, port } = await answering('HELLO 6')
    const done = handshake({ host, port, sequence: 5, transport })
    if (transport === 'linux' && process.platform !== 'linux') {
      await expect(done).rejects.toMatchObject({ code: 'ERR_HS_TRANSPORT_UNAVAILABLE' })
    } else expect(await done).toMatchObject({ x: 5, z: 7 })
  })

  it('are not written to', async () => {
    const { host, port } = await answering('HELLO 6')
    await handshake(Object.freeze({ host, port, sequence: 5 }))
  })
})
