import { describe, expect, it } from 'vitest'
import { failureCodes, HelloError, type HelloFailure, isPeerError, type OutsideFailureCode } from '../src/failure.js'
import { clientHandshake, type Effect, type Handshake, type Input, serverHandshake } from '../src/handshake.js'
import type { ProtocolOptions, Terminator } from '../src/hello.js'
import { bytesOf, exchanges, textOf } from './vectors.js'

const START: Input = { type: 'start' }
const QUIET: Input = { type: 'quiet' }
const END: Input = { type: 'end' }
const data = (text: string): Input => ({ type: 'data', chunk: bytesOf(text) })
const fail = (code: OutsideFailureCode, reason: string): Input => ({ type: 'fail', code, reason })

/** An effect in one line, for tables. */
function brief(effect: Effect): string {
  switch (effect.type) {
    case 'received':
      return `received ${effect.text}`
    case 'send':
      return `send ${textOf(effect.bytes)}`
    case 'established':
      return `established ${effect.result.x} ${effect.result.y} ${effect.result.z}`
    case 'failed':
      return effect.failure.code
  }
}

const steps = (machine: Handshake, ...inputs: Input[]) => inputs.flatMap((input) => machine.step(input)).map(brief)

function failureOf(machine: Handshake, ...inputs: Input[]): HelloFailure {
  const effects = inputs.flatMap((input) => machine.step(input))
  const last = effects.at(-1)
  if (last?.type !== 'failed') throw new Error(`it did not fail: ${effects.map(brief)}`)
  return last.failure
}

/** A client that has sent 5. */
function client(options?: ProtocolOptions): Handshake {
  const machine = clientHandshake(5, options)
  machine.step(START)
  return machine
}

/** A server that awaits X. */
function server(options?: ProtocolOptions): Handshake {
  const machine = serverHandshake(options)
  machine.step(START)
  return machine
}

/** A server that has received 5 and sent 6. */
function serverAfterX(options?: ProtocolOptions): Handshake {
  const machine = server(options)
  steps(machine, data('HELLO 5'), QUIET)
  return machine
}

describe('the transition table', () => {
  const states = {
    'an idle client': () => clientHandshake(5),
    'an idle server': () => serverHandshake(),
    'a server that awaits X': () => server(),
    'a client that awaits Y': () => client(),
    'a server that awaits Z': () => serverAfterX(),
  }
  const rows: [keyof typeof states, Input, string[], Handshake['state']][] = [
    ['an idle client', START, ['send HELLO 5'], 'awaiting-y'],
    ['an idle client', END, ['ERR_HS_CLOSED_EARLY'], 'failed'],
    ['an idle client', fail('ERR_HS_CONNECT', 'No'), ['ERR_HS_CONNECT'], 'failed'],
    ['an idle client', QUIET, [], 'idle'],
    ['an idle server', START, [], 'awaiting-x'],
    ['an idle server', END, ['ERR_HS_CLOSED_EARLY'], 'failed'],
    ['a server that awaits X', START, [], 'awaiting-x'],
    ['a server that awaits X', QUIET, [], 'awaiting-x'],
    ['a server that awaits X', data('HELLO 5\n'), ['received HELLO 5', 'send HELLO 6'], 'awaiting-z'],
    ['a server that awaits X', data('HELLO 5'), [], 'awaiting-x'],
    ['a server that awaits X', data('GET /'), ['received GET /', 'ERR_HS_MALFORMED'], 'failed'],
    ['a server that awaits X', END, ['ERR_HS_CLOSED_EARLY'], 'failed'],
    ['a server that awaits X', fail('ERR_HS_RESET', 'Broken'), ['ERR_HS_RESET'], 'failed'],
    ['a client that awaits Y', START, [], 'awaiting-y'],
    ['a client that awaits Y', QUIET, [], 'awaiting-y'],
    [
      'a client that awaits Y',
      data('HELLO 6'),
      ['received HELLO 6', 'send HELLO 7', 'established 5 6 7'],
      'established',
    ],
    ['a client that awaits Y', data('HELLO 8\n'), ['received HELLO 8', 'ERR_HS_WRONG_NUMBER'], 'failed'],
    ['a client that awaits Y', data('HELLO -\n'), ['received HELLO -', 'ERR_HS_MALFORMED'], 'failed'],
    ['a client that awaits Y', END, ['ERR_HS_CLOSED_EARLY'], 'failed'],
    ['a client that awaits Y', fail('ERR_HS_TIMEOUT', 'Late'), ['ERR_HS_TIMEOUT'], 'failed'],
    ['a server that awaits Z', QUIET, [], 'awaiting-z'],
    ['a server that awaits Z', data('HELLO 7'), ['received HELLO 7', 'established 5 6 7'], 'established'],
    ['a server that awaits Z', data('HELLO 8\0'), ['received HELLO 8', 'ERR_HS_WRONG_NUMBER'], 'failed'],
    ['a server that awaits Z', data('x'), ['received x', 'ERR_HS_MALFORMED'], 'failed'],
    ['a server that awaits Z', END, ['ERR_HS_CLOSED_EARLY'], 'failed'],
    ['a server that awaits Z', fail('ERR_HS_ABORTED', 'Stop'), ['ERR_HS_ABORTED'], 'failed'],
  ]
  for (const [state, input, effects, then] of rows) {
    const given = 'chunk' in input ? JSON.stringify(textOf(input.chunk)) : input.type
    it(`${state} takes ${given} to ${then}`, () => {
      const machine = states[state]()
      expect(steps(machine, input)).toEqual(effects)
      expect(machine.state).toBe(then)
    })
  }

  it('after an end, every step returns nothing for ever', () => {
    const ended = [client(), client(), serverAfterX(), serverAfterX(), server()]
    steps(ended[0]!, data('HELLO 6'))
    steps(ended[1]!, data('HELLO 7\n'))
    steps(ended[2]!, data('HELLO 7'))
    steps(ended[3]!, END)
    steps(ended[4]!, fail('ERR_HS_TIMEOUT', 'Late'))
    for (const machine of ended) {
      const { state } = machine
      for (const input of [
        data('HELLO 6'),
        data('HELLO 7\n'),
        data('x'),
        QUIET,
        END,
        START,
        fail('ERR_HS_RESET', ''),
      ]) {
        expect(machine.step(input)).toEqual([])
      }
      expect(machine.state).toBe(state)
      expect(machine.holding).toBe('nothing')
    }
  })
})

describe('HS-1.3: numbers', () => {
  for (const { x, arithmetic, after } of exchanges) {
    if (after) {
      const [y, z] = after
      it(`${x}, ${y}, ${z} is an exchange in ${arithmetic} arithmetic, on both sides`, () => {
        const here = clientHandshake(x, { arithmetic })
        const there = server({ arithmetic })
        expect(steps(here, START)).toEqual([`send HELLO ${x}`])
        expect(steps(there, data(`HELLO ${x}\n`))).toEqual([`received HELLO ${x}`, `send HELLO ${y}`])
        expect(steps(here, data(`HELLO ${y}`)).slice(1)).toEqual([`send HELLO ${z}`, `established ${x} ${y} ${z}`])
        expect(steps(there, data(`HELLO ${z}`)).slice(1)).toEqual([`established ${x} ${y} ${z}`])
      })
    } else {
      it(`${x} is refused as X in ${arithmetic} arithmetic: thrown by the client, a failure at the server`, () => {
        expect(() => clientHandshake(x, { arithmetic })).toThrow(RangeError)
        expect(() => clientHandshake(x, { arithmetic })).toThrow(`got ${x}`)
        const machine = server({ arithmetic })
        expect(failureOf(machine, data(`HELLO ${x}`), QUIET)).toMatchObject({
          code: 'ERR_HS_OUT_OF_RANGE',
          clause: 'HS-1.3',
          state: 'awaiting-x',
          received: `HELLO ${x}`,
        })
      })
    }
  }

  it('a message of X that is out of range is printed before it fails', () => {
    expect(steps(server(), data('HELLO 9007199254740990\n'))).toEqual([
      'received HELLO 9007199254740990',
      'ERR_HS_OUT_OF_RANGE',
    ])
  })

  it('the failure names a difference in arithmetic', () => {
    const message = 'int32 arithmetic on both'
    expect(failureOf(clientHandshake(2147483647), START, data('HELLO -2147483648\n')).message).toContain(message)
    const machine = server()
    steps(machine, data('HELLO 2147483647\n'))
    expect(failureOf(machine, data('HELLO -2147483647\n')).message).toContain(message)
  })
})

describe('HS-1.4: terminators that are sent', () => {
  it.each<[Terminator, string]>([
    ['none', ''],
    ['nul', '\0'],
    ['lf', '\n'],
    ['crlf', '\r\n'],
  ])('%s is appended by both sides', (terminator, tail) => {
    const here = clientHandshake(5, { terminator })
    expect(steps(here, START)).toEqual([`send HELLO 5${tail}`])
    expect(steps(here, data('HELLO 6'))[1]).toBe(`send HELLO 7${tail}`)
    expect(steps(server({ terminator }), data('HELLO 5\n'))[1]).toBe(`send HELLO 6${tail}`)
  })
})

describe('HS-2: the exchange', () => {
  it('HS-2.1: the client begins, and the server does not', () => {
    expect(steps(clientHandshake(5), START)).toEqual(['send HELLO 5'])
    expect(steps(serverHandshake(), START)).toEqual([])
  })
  it('HS-2.2: the server prints X before it sends Y', () => {
    expect(steps(server(), data('HELLO 5\n'))).toEqual(['received HELLO 5', 'send HELLO 6'])
  })
  it('HS-2.3: the client prints Y before it sends Z', () => {
    expect(steps(client(), data('HELLO 6'))).toEqual(['received HELLO 6', 'send HELLO 7', 'established 5 6 7'])
  })
  it('HS-2.4: where Y is wrong, the client prints it, fails, and sends nothing more', () => {
    expect(steps(client(), data('HELLO 5'), QUIET, data('HELLO 6'))).toEqual([
      'received HELLO 5',
      'ERR_HS_WRONG_NUMBER',
    ])
  })
  it('HS-2.5, HS-2.6: the server prints Z also when it is wrong, and fails after it', () => {
    expect(steps(serverAfterX(), data('HELLO 9'), QUIET)).toEqual(['received HELLO 9', 'ERR_HS_WRONG_NUMBER'])
  })
})

describe('HS-3: where a message ends', () => {
  it('HS-3.1: terminators before, after and between messages are dropped', () => {
    const machine = server()
    expect(steps(machine, data('\r\n'), data('HELLO 5\0\0'), data('\0'), data('\n'))).toEqual([
      'received HELLO 5',
      'send HELLO 6',
    ])
    expect(steps(machine, data('\0\0HELLO 7\n'))).toEqual(['received HELLO 7', 'established 5 6 7'])
  })
  it('HS-3.1: a pause after a terminator is not a second message', () => {
    expect(steps(serverAfterX(), data('\0'), QUIET, data('\n'), QUIET)).toEqual([])
  })
  it('HS-3.2: X and Z in one segment are two messages', () => {
    const both = ['received HELLO 5', 'send HELLO 6', 'received HELLO 7', 'established 5 6 7']
    expect(steps(server(), data('HELLO 5HELLO 7'))).toEqual(both)
    expect(steps(server(), data('HELLO 5\0HELLO 7\0'))).toEqual(both)
  })
  it('HS-3.3: the end of the stream ends the message', () => {
    expect(steps(server(), data('HELLO 5'), END)).toEqual(['received HELLO 5', 'send HELLO 6', 'ERR_HS_CLOSED_EARLY'])
    expect(steps(serverAfterX(), data('HELLO 8'), END)).toEqual(['received HELLO 8', 'ERR_HS_WRONG_NUMBER'])
  })
  it('HS-3.4: a pause ends X, and not before', () => {
    const machine = server()
    expect(steps(machine, data('HELLO 1'), data('2'))).toEqual([])
    expect(steps(machine, QUIET)).toEqual(['received HELLO 12', 'send HELLO 13'])
  })
  it('HS-3.5: the one right number ends its message at once', () => {
    expect(steps(client(), data('HELLO 6'))).toHaveLength(3)
    expect(steps(serverAfterX(), data('HEL'), data('LO 7'))).toEqual(['received HELLO 7', 'established 5 6 7'])
    expect(steps(client(), data('hello  +06'))[0]).toBe('received hello  +06')
  })
  it('HS-3.5: it is judged with its chunk, so digits that came along make it another number', () => {
    expect(steps(client(), data('HELLO 61'), QUIET)).toEqual(['received HELLO 61', 'ERR_HS_WRONG_NUMBER'])
  })
  it('HS-3.6: a proper prefix of the right message is incomplete', () => {
    const machine = clientHandshake(41)
    steps(machine, START)
    for (const piece of ['H', 'EL', 'LO', ' ', '4']) {
      expect(steps(machine, data(piece))).toEqual([])
      expect(machine.holding).toBe('prefix')
    }
    expect(steps(machine, data('2'))).toEqual(['received HELLO 42', 'send HELLO 43', 'established 41 42 43'])
  })
  it('HS-3.6: when the wait is over, a number is judged, and what has none is malformed', () => {
    const number = clientHandshake(41)
    expect(steps(number, START, data('HELLO 4'), QUIET)).toEqual([
      'send HELLO 41',
      'received HELLO 4',
      'ERR_HS_WRONG_NUMBER',
    ])
    const none = clientHandshake(41)
    expect(steps(none, START, data('HELLO '), QUIET)).toEqual(['send HELLO 41', 'received HELLO ', 'ERR_HS_MALFORMED'])
  })
})

describe('holding: what the unfinished bytes may be', () => {
  const held = (machine: Handshake, text: string) => {
    machine.step(data(text))
    return machine.holding
  }
  it.each(['', '\n', '\0\0', 'H', 'HELLO', 'HELLO ', 'HELLO -'])(
    'at a server that awaits X, %j is nothing that a pause could end',
    (text) => {
      expect(held(server(), text)).toBe('nothing')
    },
  )
  it.each(['HELLO 5', 'HELLO -5', 'HELLO 0', 'HELLO 007', 'HELLO 5\nHELLO 8'])(
    'at a server that awaits X, %j ends in a whole message',
    (text) => {
      expect(held(server(), text)).toBe('message')
    },
  )
  it.each(['H', 'HELLO ', 'HELLO -', 'HELLO -1'])('%j is a prefix where HELLO -12 must come', (text) => {
    const machine = clientHandshake(-13)
    machine.step(START)
    expect(held(machine, text)).toBe('prefix')
  })
  it.each(['HELLO 1', 'HELLO -2', 'HELLO -123', 'HELLO 0'])('%j is a message where HELLO -12 must come', (text) => {
    const machine = clientHandshake(-13)
    machine.step(START)
    expect(held(machine, text)).toBe('message')
  })
  it('an unstarted machine and one without bytes hold nothing', () => {
    expect(serverHandshake().holding).toBe('nothing')
    expect(clientHandshake(5).holding).toBe('nothing')
    expect(serverAfterX().holding).toBe('nothing')
  })
})

describe('HS-4: closing', () => {
  it('HS-4.3: a client that closes instead of sending Z breaks nothing that HS-5.2 calls an error', () => {
    const failure = failureOf(serverAfterX(), END)
    expect(failure).toMatchObject({ code: 'ERR_HS_CLOSED_EARLY', state: 'awaiting-z', sent: 'HELLO 6' })
    expect(isPeerError(failure)).toBe(false)
  })
  it('HS-4.4: a client that goes without a byte leaves nothing received', () => {
    const failure = failureOf(server(), END)
    expect(failure).toMatchObject({ code: 'ERR_HS_CLOSED_EARLY', state: 'awaiting-x' })
    expect(failure.received).toBeUndefined()
  })
})

describe('a failure', () => {
  it('of a wrong Y says what was sent, expected and received, at which side, in which state, by which clause', () => {
    expect(failureOf(client(), data('HELLO 9\n'))).toEqual({
      code: 'ERR_HS_WRONG_NUMBER',
      side: 'client',
      state: 'awaiting-y',
      clause: 'HS-2.2',
      sent: 'HELLO 5',
      expected: 'HELLO 6',
      received: 'HELLO 9',
      message: 'The server sent HELLO 9 instead of HELLO 6.',
    })
  })
  it('of a wrong Z says the same of the other side', () => {
    expect(failureOf(serverAfterX(), data('HELLO 9\n'))).toEqual({
      code: 'ERR_HS_WRONG_NUMBER',
      side: 'server',
      state: 'awaiting-z',
      clause: 'HS-2.3',
      sent: 'HELLO 6',
      expected: 'HELLO 7',
      received: 'HELLO 9',
      message: 'The client sent HELLO 9 instead of HELLO 7.',
    })
  })
  it('escapes bytes that are not a message, and says why they are not', () => {
    expect(failureOf(server(), data('\x1b[2JHI\n'))).toEqual({
      code: 'ERR_HS_MALFORMED',
      side: 'server',
      state: 'awaiting-x',
      clause: 'HS-1.1',
      received: '\\x1b[2JHI',
      message: 'The client sent "\\x1b[2JHI", but a message begins with HELLO.',
    })
  })
  it('of a message that is too long names the limit', () => {
    const failure = failureOf(server({ maxMessageBytes: 10 }), data('HELLO 12345'))
    expect(failure).toMatchObject({ code: 'ERR_HS_TOO_LONG', clause: 'HS-6.1', received: 'HELLO 12345' })
    expect(failure.message).toContain('at most 10 bytes')
  })
  it('of a stream that ended early says what was awaited', () => {
    expect(failureOf(client(), END)).toMatchObject({
      code: 'ERR_HS_CLOSED_EARLY',
      message: 'The server closed the connection before HELLO Y arrived.',
      sent: 'HELLO 5',
      expected: 'HELLO 6',
    })
    expect(failureOf(serverAfterX(), END).message).toBe('The client closed the connection before HELLO Z arrived.')
  })
  it('from outside keeps its code and its reason', () => {
    expect(failureOf(server(), fail('ERR_HS_TIMEOUT', 'The deadline passed'))).toEqual({
      code: 'ERR_HS_TIMEOUT',
      side: 'server',
      state: 'awaiting-x',
      clause: 'HS-6.2',
      message: 'The deadline passed before HELLO X arrived.',
    })
    expect(failureOf(clientHandshake(5), fail('ERR_HS_CONNECT', 'Nothing listens')).message).toBe('Nothing listens.')
  })
  it('from outside shows the beginning of a message of which no more came', () => {
    const machine = server()
    expect(failureOf(machine, data('HELLO '), fail('ERR_HS_RESET', 'The connection broke'))).toEqual({
      code: 'ERR_HS_RESET',
      side: 'server',
      state: 'awaiting-x',
      clause: 'HS-4',
      received: 'HELLO ',
      message: 'The connection broke before HELLO X arrived (received so far: "HELLO ").',
    })
  })
  it('names the mistakes that real programs make', () => {
    const cause = (y: string) => failureOf(client(), data(`${y}\n`)).message
    expect(cause('HELLO 5')).toContain('add 1')
    expect(cause('HELLO 65')).toContain('buffer')
    expect(cause('HELLO 4294967302')).toContain('32 bits')
    expect(cause('HELLO 9')).toBe('The server sent HELLO 9 instead of HELLO 6.')
  })
  it('is plain data: it survives a copy to another thread', () => {
    const failure = failureOf(client(), data('HELLO 9\n'))
    expect(structuredClone(failure)).toEqual(failure)
    expect(JSON.parse(JSON.stringify(failure))).toEqual(failure)
  })
  it('is an error of the peer exactly where its bytes were wrong (HS-5.2)', () => {
    expect(failureCodes.filter((code) => isPeerError({ code }))).toEqual([
      'ERR_HS_MALFORMED',
      'ERR_HS_TOO_LONG',
      'ERR_HS_OUT_OF_RANGE',
      'ERR_HS_WRONG_NUMBER',
    ])
  })
  it('becomes an error with its code, its message and its cause', () => {
    const cause = new Error('ECONNRESET')
    const failure = failureOf(client(), END)
    const error = new HelloError(failure, { cause })
    expect(error).toBeInstanceOf(Error)
    expect({ ...error, name: error.name, message: error.message, cause: error.cause }).toEqual({
      name: 'HelloError',
      code: 'ERR_HS_CLOSED_EARLY',
      failure,
      message: failure.message,
      cause,
    })
  })
})

describe('options that make no sense', () => {
  it.each([
    [{ maxMessageBytes: 6 }, RangeError, 'maxMessageBytes must be an integer of at least 7, got 6 (number)'],
    [
      { maxMessageBytes: '64' as never },
      TypeError,
      "maxMessageBytes must be an integer of at least 7, got '64' (string)",
    ],
    [
      { terminator: 'toString' as never },
      RangeError,
      "terminator must be 'none', 'nul', 'lf' or 'crlf', got 'toString' (string)",
    ],
    [{ arithmetic: 'int64' as never }, RangeError, "arithmetic must be 'safe' or 'int32', got 'int64' (string)"],
    [{ strict: 1 as never }, TypeError, 'strict must be true or false, got 1 (number)'],
  ])('%j is refused by both sides, and named', (options, kind, message) => {
    for (const make of [() => clientHandshake(5, options), () => serverHandshake(options)]) {
      expect(make).toThrow(kind)
      expect(make).toThrow(message)
    }
  })
})

describe('strict machines', () => {
  it('agree with each other', () => {
    const there = server({ strict: true })
    expect(steps(there, data('HELLO 5'), QUIET, data('HELLO 7'))).toHaveLength(4)
    expect(steps(client({ strict: true }), data('HELLO 6'))).toHaveLength(3)
  })
  it('refuse a terminator', () => {
    expect(failureOf(server({ strict: true }), data('HELLO 5\n')).code).toBe('ERR_HS_MALFORMED')
    expect(failureOf(client({ strict: true }), data('HELLO 6\0')).code).toBe('ERR_HS_MALFORMED')
  })
})
