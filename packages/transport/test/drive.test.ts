import { setImmediate as turn } from 'node:timers/promises'
import { clientHandshake, type Effect, serverHandshake } from '@hs/protocol'
import { describe, expect, it } from 'vitest'
import { Drive, deadlinePassed, type Outcome, type Patience } from '../src/drive.js'
import type { Clock, Connection, Receiver, Timer } from '../src/transport.js'
import { uncaughtExceptions } from './uncaught.js'

/** Time that passes only when a test says so. */
class FakeClock implements Clock {
  #now = 0
  #timers: { readonly at: number; readonly callback: () => void }[] = []

  now(): number {
    return this.#now
  }

  after<T>(ms: number, callback: (argument: T) => void, argument?: T): Timer {
    const timer = { at: this.#now + ms, callback: () => callback(argument as T) }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
      },
    }
  }

  pass(ms: number): void {
    const until = this.#now + ms
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)
      if (!next) break
      this.#now = next.at
      this.#timers = this.#timers.filter((other) => other !== next)
      next.callback()
    }
    this.#now = until
  }

  /** Nothing may be left when a drive is over. */
  get waiting(): number {
    return this.#timers.length
  }
}

/** A connection that writes down what is done to it, and whose other end is the test. */
class FakeConnection implements Connection {
  readonly remote = { host: '127.0.0.1', port: 1 }
  readonly local = { host: '127.0.0.1', port: 2 }
  readonly #log: string[]
  #receiver: Receiver | undefined
  /** Breaks from inside `write`, as a transport may that writes at once. */
  breaksInWrite: Error | undefined
  throwsInWrite: Error | undefined

  constructor(log: string[]) {
    this.#log = log
  }

  open(receiver: Receiver): void {
    this.#log.push('open')
    this.#receiver = receiver
  }
  write(bytes: Uint8Array): void {
    this.#log.push(`write ${Buffer.from(bytes).toString('latin1')}`)
    if (this.throwsInWrite) throw this.throwsInWrite
    if (this.breaksInWrite) this.closes(this.breaksInWrite)
  }
  close(): void {
    this.#log.push('close')
  }
  abort(): void {
    this.#log.push('abort')
  }

  /** Bytes arrive, in memory that is used again at once. */
  data(text: string): void {
    const chunk = Buffer.from(text, 'latin1')
    this.#receiver!.data(chunk)
    chunk.fill(0x39)
  }
  end(): void {
    this.#receiver!.end()
  }
  closes(error?: Error): void {
    this.#receiver!.closed(error)
  }
}

const PATIENCE: Patience = { timeoutMs: 5000, quietMs: 0, prefixMs: 250 }

const systemError = (code: string) => Object.assign(new Error(code), { code })

/** A drive in a laboratory. The log says what happened, in order: effects, and what was done to the connection. */
function drive(side: 'client' | 'server', patience: Partial<Patience> = {}, onEffect?: (effect: Effect) => void) {
  const log: string[] = []
  const outcomes: Outcome[] = []
  const clock = new FakeClock()
  const connection = new FakeConnection(log)
  const driver = new Drive(
    side === 'client' ? clientHandshake(5) : serverHandshake(),
    connection,
    { clock, ...PATIENCE, ...patience },
    {
      onEffect(effect) {
        log.push(effect.type === 'received' ? `received ${effect.text}` : effect.type)
        onEffect?.(effect)
      },
      onClosed(outcome) {
        log.push('closed')
        outcomes.push(outcome)
      },
    },
  )
  return {
    log,
    clock,
    connection,
    driver,
    /** The one outcome, once the connection is gone; nothing of the drive is left then. */
    get outcome(): Outcome {
      expect(outcomes).toHaveLength(1)
      expect(log.at(-1)).toBe('closed')
      expect(clock.waiting).toBe(0)
      return outcomes[0]!
    },
    get over(): boolean {
      return outcomes.length > 0
    },
    /** What has happened since it was last asked. */
    happened: () => log.splice(0),
  }
}

/** A started drive. */
function started(side: 'client' | 'server', patience?: Partial<Patience>, onEffect?: (effect: Effect) => void) {
  const laboratory = drive(side, patience, onEffect)
  laboratory.driver.start()
  laboratory.happened()
  return laboratory
}

describe('an established handshake', () => {
  it('of a client: writes X, opens, prints Y before it writes Z, closes, and ends when the connection is gone', () => {
    const lab = drive('client')
    lab.driver.start()
    expect(lab.happened()).toEqual(['write HELLO 5', 'send', 'open'])
    lab.connection.data('HELLO 6')
    expect(lab.happened()).toEqual(['received HELLO 6', 'write HELLO 7', 'send', 'established', 'close'])
    expect(lab.over).toBe(false)
    lab.connection.closes()
    expect(lab.outcome).toEqual({ type: 'established', result: { x: 5, y: 6, z: 7 } })
  })

  it('of a server: opens, prints X before it writes Y, prints Z, and closes without waiting for its peer', () => {
    const lab = drive('server')
    lab.driver.start()
    expect(lab.happened()).toEqual(['open'])
    lab.connection.data('HELLO 5')
    expect(lab.happened()).toEqual(['received HELLO 5', 'write HELLO 6', 'send'])
    lab.connection.data('HELLO 7')
    expect(lab.happened()).toEqual(['received HELLO 7', 'established', 'close'])
    lab.connection.closes()
    expect(lab.outcome).toEqual({ type: 'established', result: { x: 5, y: 6, z: 7 } })
  })

  it('of a server whose X and Z came in one segment is the same', () => {
    const lab = started('server')
    lab.connection.data('HELLO 5\0HELLO 7\0')
    expect(lab.happened()).toEqual([
      'received HELLO 5',
      'write HELLO 6',
      'send',
      'received HELLO 7',
      'established',
      'close',
    ])
    lab.connection.closes()
    expect(lab.outcome.type).toBe('established')
  })

  it('does not mind what its peer still sends or does before the connection is gone', () => {
    const lab = started('client')
    lab.connection.data('HELLO 6')
    lab.happened()
    lab.connection.data('HELLO 9')
    lab.connection.end()
    lab.clock.pass(100)
    expect(lab.happened()).toEqual([])
    lab.connection.closes()
    expect(lab.outcome.type).toBe('established')
  })

  it('is over a second after its deadline if the connection never tells that it is closed, and once', () => {
    const lab = started('client')
    lab.connection.data('HELLO 6')
    lab.clock.pass(PATIENCE.timeoutMs)
    expect(lab.over).toBe(false)
    lab.clock.pass(1000)
    expect(lab.outcome.type).toBe('established')
    lab.connection.closes(systemError('ECONNRESET'))
    expect(lab.outcome.type).toBe('established')
    lab.driver.fail('ERR_HS_ABORTED', 'Too late')
    expect(lab.clock.waiting).toBe(0)
  })

  it('needs no observer', () => {
    const clock = new FakeClock()
    const connection = new FakeConnection([])
    const outcomes: Outcome[] = []
    new Drive(
      clientHandshake(5),
      connection,
      { clock, ...PATIENCE },
      {
        onClosed: (outcome) => outcomes.push(outcome),
      },
    ).start()
    connection.data('HELLO 6')
    connection.closes()
    expect(outcomes).toMatchObject([{ type: 'established' }])
  })
})

describe('a failed handshake', () => {
  it('of a wrong Y is printed, and nothing more is sent', () => {
    const lab = started('client')
    lab.connection.data('HELLO 7')
    expect(lab.happened()).toEqual(['received HELLO 7', 'failed', 'close'])
    lab.connection.closes()
    expect(lab.outcome).toMatchObject({ type: 'failed', failure: { code: 'ERR_HS_WRONG_NUMBER' } })
  })

  it('of an early end closes at once', () => {
    const lab = started('server')
    lab.connection.data('HELLO 5')
    lab.happened()
    lab.connection.end()
    expect(lab.happened()).toEqual(['failed', 'close'])
    lab.connection.closes()
    expect(lab.outcome).toMatchObject({ failure: { code: 'ERR_HS_CLOSED_EARLY', state: 'awaiting-z' } })
  })

  it('of a broken connection keeps the error of the system', () => {
    const lab = started('server')
    const error = systemError('ECONNRESET')
    lab.connection.closes(error)
    expect(lab.outcome).toMatchObject({ type: 'failed', error, failure: { code: 'ERR_HS_RESET', state: 'awaiting-x' } })
    expect((lab.outcome as { failure: { message: string } }).failure.message).toContain('ECONNRESET')
  })

  it('of a connection that is gone without a reason is a broken one too', () => {
    const lab = started('client')
    lab.connection.closes()
    const message = expect.stringContaining('(unknown error)')
    expect(lab.outcome).toMatchObject({ failure: { code: 'ERR_HS_RESET', state: 'awaiting-y', message } })
  })

  it('stays what it was when the connection breaks afterwards', () => {
    const lab = started('client')
    lab.connection.data('HELLO 7')
    lab.connection.closes(systemError('EPIPE'))
    expect(lab.outcome).toMatchObject({ failure: { code: 'ERR_HS_WRONG_NUMBER' } })
  })

  it('from outside says so, and aborts the connection', () => {
    const lab = started('client')
    lab.driver.fail('ERR_HS_ABORTED', 'Enough')
    expect(lab.happened()).toEqual(['failed', 'close', 'abort'])
    lab.connection.closes()
    expect(lab.outcome).toMatchObject({
      failure: { code: 'ERR_HS_ABORTED', message: 'Enough before HELLO Y arrived.' },
    })
  })

  it('from outside does not undo what was established', () => {
    const lab = started('client')
    lab.connection.data('HELLO 6')
    lab.driver.fail('ERR_HS_ABORTED', 'Enough')
    expect(lab.happened().slice(-2)).toEqual(['close', 'abort'])
    lab.connection.closes()
    expect(lab.outcome.type).toBe('established')
  })

  it('is what an established one becomes when its last message did not get out', () => {
    const lab = started('client')
    lab.connection.data('HELLO 6')
    const error = systemError('ECONNRESET')
    lab.connection.closes(error)
    expect(lab.outcome).toEqual({
      type: 'failed',
      error,
      failure: {
        code: 'ERR_HS_RESET',
        side: 'client',
        state: 'established',
        clause: 'HS-2.3',
        message: 'The connection broke (ECONNRESET) before HELLO 7 was sent.',
        received: 'HELLO 6',
      },
    })
  })

  it('names Y where it is a server whose Y did not get out, although Z had come', () => {
    const lab = started('server')
    lab.connection.data('HELLO 5\nHELLO 7\n')
    lab.connection.closes(systemError('EPIPE'))
    expect(lab.outcome).toMatchObject({
      failure: { side: 'server', clause: 'HS-2.2', received: 'HELLO 7', message: expect.stringContaining('HELLO 6') },
    })
  })
})

describe('the deadline', () => {
  it('ends a silent handshake, and says after how long', () => {
    const lab = started('server', { timeoutMs: 1000 })
    lab.clock.pass(999)
    expect(lab.happened()).toEqual([])
    lab.clock.pass(1)
    expect(lab.happened()).toEqual(['failed', 'close', 'abort'])
    lab.connection.closes()
    expect(lab.outcome).toMatchObject({
      failure: { code: 'ERR_HS_TIMEOUT', message: 'The deadline of 1000 ms passed before HELLO X arrived.' },
    })
  })

  it('is total: a peer that sends a byte at a time does not extend it', () => {
    const lab = started('server', { timeoutMs: 1000, quietMs: 200 })
    for (const byte of 'HELLO 123') {
      lab.clock.pass(110)
      lab.connection.data(byte)
    }
    expect(lab.happened()).toEqual([])
    lab.clock.pass(10)
    expect(lab.happened()).toEqual(['failed', 'close', 'abort'])
  })

  it('is total: it continues when X has come', () => {
    const lab = started('server', { timeoutMs: 1000 })
    lab.clock.pass(900)
    lab.connection.data('HELLO 5')
    lab.clock.pass(100)
    lab.connection.closes()
    expect(lab.outcome).toMatchObject({ failure: { code: 'ERR_HS_TIMEOUT', state: 'awaiting-z' } })
  })

  it('counts what had passed before, and still says how long it was in all', () => {
    const lab = drive('client', { timeoutMs: 1000 })
    lab.driver.start(400.25)
    lab.clock.pass(599)
    expect(lab.log).not.toContain('failed')
    lab.clock.pass(1)
    lab.connection.closes()
    expect(lab.outcome).toMatchObject({
      failure: { message: 'The deadline of 1000 ms passed before HELLO Y arrived.' },
    })
  })

  it('cuts a close that cannot get rid of its last message', () => {
    const lab = started('client', { timeoutMs: 1000 })
    lab.connection.data('HELLO 6')
    lab.happened()
    lab.clock.pass(1000)
    expect(lab.happened()).toEqual(['abort'])
    lab.connection.closes(systemError('ECANCELED'))
    expect(lab.outcome).toMatchObject({ type: 'failed', failure: { state: 'established' } })
  })
})

describe('a pause of the peer', () => {
  it('of no length ends X: one read is one message (HS-3.4)', () => {
    const lab = started('server')
    lab.connection.data('HELLO 1')
    expect(lab.happened()[0]).toBe('received HELLO 1')
  })

  it('of less than quietMs does not, and each byte starts it anew', () => {
    const lab = started('server', { quietMs: 100 })
    for (const piece of ['HELLO 1', '2', '3']) {
      lab.connection.data(piece)
      lab.clock.pass(99)
      expect(lab.happened()).toEqual([])
    }
    lab.clock.pass(1)
    expect(lab.happened()[0]).toBe('received HELLO 123')
  })

  it('is not waited for after a terminator or the one right number', () => {
    const lab = started('server', { quietMs: 100 })
    lab.connection.data('HELLO 5\n')
    lab.connection.data('HELLO 7')
    expect(lab.happened().filter((entry) => entry.startsWith('received'))).toEqual([
      'received HELLO 5',
      'received HELLO 7',
    ])
  })

  it('in a message that is right so far lasts prefixMs, from the last byte (HS-3.6)', () => {
    const lab = started('client', { prefixMs: 250 })
    for (const byte of 'HELLO') {
      lab.connection.data(byte)
      lab.clock.pass(249)
    }
    expect(lab.happened()).toEqual([])
    lab.clock.pass(1)
    expect(lab.happened()).toEqual(['received HELLO', 'failed', 'close'])
    lab.connection.closes()
    expect(lab.outcome).toMatchObject({ failure: { code: 'ERR_HS_MALFORMED' } })
  })

  it('in a message that is right so far lasts quietMs, where that is longer', () => {
    const lab = started('client', { quietMs: 400, prefixMs: 250 })
    lab.connection.data('HELLO ')
    lab.clock.pass(399)
    expect(lab.happened()).toEqual([])
    lab.clock.pass(1)
    expect(lab.happened()).toContain('failed')
  })

  it('in a message that is already wrong is as short as any', () => {
    const lab = started('client')
    lab.connection.data('HELLO 9')
    expect(lab.happened()).toEqual(['received HELLO 9', 'failed', 'close'])
  })

  it('before the number of X lasts until the deadline', () => {
    const lab = started('server')
    lab.connection.data('HELLO ')
    lab.clock.pass(4999)
    expect(lab.happened()).toEqual([])
    lab.connection.data('5')
    expect(lab.happened()[0]).toBe('received HELLO 5')
  })

  it('is over when the stream ends', () => {
    const lab = started('server', { quietMs: 100 })
    lab.connection.data('HELLO 5')
    lab.connection.end()
    expect(lab.happened()).toEqual(['received HELLO 5', 'write HELLO 6', 'send', 'failed', 'close'])
    lab.connection.closes()
    expect(lab.outcome).toMatchObject({ failure: { code: 'ERR_HS_CLOSED_EARLY' } })
  })
})

describe('what comes from inside an effect', () => {
  it('waits for the effects before it: a server that its observer stops at X still sends Y first', () => {
    const lab = started('server', {}, ({ type }) => {
      if (type === 'received') lab.driver.fail('ERR_HS_ABORTED', 'Enough')
    })
    lab.connection.data('HELLO 5')
    expect(lab.happened()).toEqual(['received HELLO 5', 'write HELLO 6', 'send', 'failed', 'close', 'abort'])
    lab.connection.closes()
    expect(lab.outcome).toMatchObject({ failure: { code: 'ERR_HS_ABORTED', state: 'awaiting-z' } })
  })

  it('waits for the effects before it, also if a pause ended X', () => {
    const lab = started('server', { quietMs: 100 }, ({ type }) => {
      if (type === 'received') lab.driver.fail('ERR_HS_ABORTED', 'Enough')
    })
    lab.connection.data('HELLO 5')
    lab.clock.pass(100)
    expect(lab.happened()).toEqual(['received HELLO 5', 'write HELLO 6', 'send', 'failed', 'close', 'abort'])
  })

  it('waits for the effects before it: a client that its observer aborts at Y has sent Z, or does not say so', () => {
    const lab = started('client', {}, ({ type }) => {
      if (type === 'received') lab.driver.fail('ERR_HS_ABORTED', 'Enough')
    })
    lab.connection.data('HELLO 6')
    const happened = lab.happened()
    expect(happened).toEqual(['received HELLO 6', 'write HELLO 7', 'send', 'established', 'close', 'abort'])
    lab.connection.closes()
    expect(lab.outcome.type).toBe('established')
  })

  it('waits for the effects before it: a connection that breaks in the write of Y', () => {
    const lab = started('server')
    lab.connection.breaksInWrite = systemError('EPIPE')
    lab.connection.data('HELLO 5')
    expect(lab.happened()).toEqual(['received HELLO 5', 'write HELLO 6', 'send', 'failed', 'close', 'closed'])
    expect(lab.clock.waiting).toBe(0)
  })

  it('waits for the effects before it: a connection that breaks in the write of Z', () => {
    const lab = started('client')
    lab.connection.breaksInWrite = systemError('EPIPE')
    lab.connection.data('HELLO 6')
    expect(lab.outcome).toMatchObject({ type: 'failed', failure: { code: 'ERR_HS_RESET', state: 'established' } })
  })

  it('waits until all that was read is judged: a connection that breaks in the write of Y, and a wrong Z held', () => {
    const lab = started('server')
    lab.connection.breaksInWrite = systemError('EPIPE')
    lab.connection.data('HELLO 5HELLO 9')
    expect(lab.outcome).toMatchObject({ failure: { code: 'ERR_HS_WRONG_NUMBER' } })
  })
})

describe('an observer that throws', () => {
  const bug = new Error('a bug of the caller')

  it.each(['send', 'received', 'established'])(
    'in the effect `%s` is heard, and the handshake continues',
    async (at) => {
      const thrown = uncaughtExceptions()
      const lab = drive('client', {}, ({ type }) => {
        if (type === at) throw bug
      })
      lab.driver.start()
      lab.connection.data('HELLO 6')
      lab.connection.closes()
      expect(lab.outcome.type).toBe('established')
      await turn()
      expect(thrown).toEqual(at === 'send' ? [bug, bug] : [bug])
    },
  )

  it('in the effect `failed` is heard, and the connection is closed', async () => {
    const thrown = uncaughtExceptions()
    const lab = started('client', {}, () => {
      throw bug
    })
    lab.clock.pass(PATIENCE.timeoutMs)
    expect(lab.happened()).toEqual(['failed', 'close', 'abort'])
    lab.connection.closes()
    expect(lab.outcome.type).toBe('failed')
    await turn()
    expect(thrown).toEqual([bug, bug])
  })

  it('when it hears of the end is reported', async () => {
    const thrown = uncaughtExceptions()
    const connection = new FakeConnection([])
    const onClosed = () => {
      throw bug
    }
    new Drive(clientHandshake(5), connection, { clock: new FakeClock(), ...PATIENCE }, { onClosed }).start()
    connection.closes()
    await turn()
    expect(thrown).toEqual([bug])
  })
})

describe('the sentence of a deadline', () => {
  it.each([
    [5000, '5000'],
    [1760.2396820000004, '1760'],
    [1.5, '2'],
    [0.25, '0.3'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ])('of %d ms says %s', (timeoutMs, text) => {
    expect(deadlinePassed(timeoutMs)).toBe(`The deadline of ${text} ms passed`)
  })
})

it('ends by its deadline on a connection that throws', () => {
  const lab = started('server')
  lab.connection.throwsInWrite = new Error('a bug of a transport')
  expect(() => lab.connection.data('HELLO 5')).toThrow('a bug of a transport')
  lab.clock.pass(PATIENCE.timeoutMs + 1000)
  expect(lab.outcome).toMatchObject({ type: 'failed', failure: { code: 'ERR_HS_TIMEOUT' } })
})
