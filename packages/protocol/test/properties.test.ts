import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Decoded, HelloDecoder } from '../src/decoder.js'
import { clientHandshake, type Effect, type Handshake, type Input, serverHandshake } from '../src/handshake.js'
import { type Arithmetic, encodeHello, isInitialSequence, type Terminator } from '../src/hello.js'
import { bytesOf, textOf } from './vectors.js'

const numeral = fc.oneof(
  fc.integer().map(String),
  fc.maxSafeInteger().map(String),
  fc.stringMatching(/^[+-]?0{0,5}\d{1,20}$/),
)
/** What looks like a message: most of it is one. */
const almostHello = fc
  .tuple(
    fc.constantFrom('HELLO', 'HELLO', 'Hello', 'HELL', 'HELLOO'),
    fc.constantFrom(' ', ' ', '  ', '', '\t'),
    numeral,
    fc.constantFrom('', '\n', '\0', '\r\n', '\n\0\0', 'x'),
  )
  .map((parts) => parts.join(''))

/** Streams that reach every corner: random bytes hardly ever get past the H. */
const streams = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.array(almostHello, { maxLength: 5 }).map((messages) => bytesOf(messages.join(''))),
  fc.stringMatching(/^[HELO 0-9+\-\n\0]{0,100}$/).map(bytesOf),
)
/** Places to cut at, as fractions of the length. */
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 })

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [0, ...at.map((fraction) => Math.floor(fraction * bytes.length)).sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, index) => bytes.slice(places[index], end))
}

const strictness = fc.boolean()

/** What the way of cutting must not change. How much of wrong bytes is shown depends on how many have arrived. */
const essence = (decoded: readonly Decoded[]) =>
  decoded.map((item) => ('failure' in item ? [item.failure.code, item.failure.reason] : item))

describe('the decoder', () => {
  it('gives the same for any way of cutting the bytes as for not cutting them', () => {
    fc.assert(
      fc.property(streams, cuts, strictness, (bytes, at, strict) => {
        const whole = new HelloDecoder({ strict })
        const pieces = new HelloDecoder({ strict })
        const expected = [...whole.push(bytes), ...whole.flush()]
        const actual = [...cut(bytes, at).flatMap((piece) => pieces.push(piece)), ...pieces.flush()]
        expect(essence(actual)).toEqual(essence(expected))
      }),
      { numRuns: 1000 },
    )
  })

  it('never throws, never holds more than the limit, and fails at most once, last', () => {
    fc.assert(
      fc.property(fc.array(streams, { maxLength: 5 }), fc.integer({ min: 7, max: 64 }), (chunks, maxMessageBytes) => {
        const decoder = new HelloDecoder({ maxMessageBytes })
        const decoded: Decoded[] = []
        for (const chunk of chunks) {
          decoded.push(...decoder.push(chunk))
          expect(decoder.bufferedBytes).toBeLessThanOrEqual(maxMessageBytes)
        }
        decoded.push(...decoder.flush())
        for (const item of decoded.slice(0, -1)) expect('failure' in item).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  it('reads back whatever is encoded, strict or not', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), strictness, (sequence, strict) => {
        const decoder = new HelloDecoder({ strict })
        const bytes = encodeHello(sequence)
        expect([...decoder.push(bytes), ...decoder.flush()]).toEqual([{ sequence, text: textOf(bytes) }])
      }),
    )
  })

  it('reads whatever it accepts when it is strict in the same way when it is not', () => {
    fc.assert(
      fc.property(streams, (bytes) => {
        const strict = new HelloDecoder({ strict: true })
        const decoded = [...strict.push(bytes), ...strict.flush()]
        fc.pre(decoded.every((item) => 'sequence' in item))
        const lenient = new HelloDecoder()
        expect([...lenient.push(bytes), ...lenient.flush()]).toEqual(decoded)
      }),
      { numRuns: 500 },
    )
  })
})

const inputs: fc.Arbitrary<Input> = fc.oneof(
  { weight: 5, arbitrary: streams.map((chunk): Input => ({ type: 'data', chunk })) },
  { weight: 2, arbitrary: fc.constant<Input>({ type: 'quiet' }) },
  fc.constant<Input>({ type: 'start' }),
  fc.constant<Input>({ type: 'end' }),
  fc.constant<Input>({ type: 'fail', code: 'ERR_HS_RESET', reason: 'Broken' }),
)
const isEnd = ({ type }: Effect) => type === 'established' || type === 'failed'
const machines: fc.Arbitrary<() => Handshake> = fc.oneof(
  fc.constant(() => serverHandshake()),
  fc.constant(() => serverHandshake({ arithmetic: 'int32', strict: true })),
  fc.integer().map((x) => () => clientHandshake(x)),
  fc.integer().map((x) => () => clientHandshake(x, { arithmetic: 'int32', strict: true })),
)

describe('a machine', () => {
  it('ends exactly once, established or failed, whatever comes in whatever order, and then is silent', () => {
    fc.assert(
      fc.property(machines, fc.array(inputs, { maxLength: 10 }), (make, given) => {
        const machine = make()
        const effects: Effect[] = []
        for (const input of [...given, { type: 'end' } as const]) {
          const wasOver = effects.some(isEnd)
          const more = machine.step(input)
          if (wasOver) expect(more).toEqual([])
          effects.push(...more)
        }
        expect(effects.filter(isEnd)).toHaveLength(1)
        expect(isEnd(effects.at(-1)!)).toBe(true)
        expect(machine.state).toBe(effects.at(-1)!.type)
      }),
      { numRuns: 1000 },
    )
  })

  it('never shows a control byte of its peer, and at most 64 bytes of what is not a message', () => {
    fc.assert(
      fc.property(machines, streams, (make, chunk) => {
        const machine = make()
        machine.step({ type: 'start' })
        for (const effect of [...machine.step({ type: 'data', chunk }), ...machine.step({ type: 'end' })]) {
          if (effect.type === 'received') expect(effect.text).toMatch(/^[\x20-\x7e]{0,259}$/)
          if (effect.type === 'failed') expect(effect.failure.message).toMatch(/^[\x20-\x7e]+$/)
        }
      }),
      { numRuns: 500 },
    )
  })
})

const arithmetics = fc.constantFrom<Arithmetic>('safe', 'int32')
const tails = fc.constantFrom<Terminator>('none', 'nul', 'lf', 'crlf')
const initial = (arithmetic: Arithmetic) =>
  fc
    .oneof(
      fc.integer(),
      fc.constantFrom(2147483645, 2147483646, 2147483647, -2147483648, -3, -2, -1, 0),
      ...(arithmetic === 'safe' ? [fc.maxSafeInteger()] : []),
    )
    .filter((x) => isInitialSequence(x, arithmetic))

describe('a client and a server joined by a lossless pipe', () => {
  it('establish, with the same numbers, in any arithmetic, with any terminators, however the bytes are cut', () => {
    const setting = arithmetics.chain((arithmetic) => fc.tuple(fc.constant(arithmetic), initial(arithmetic)))
    fc.assert(
      fc.property(setting, tails, tails, cuts, ([arithmetic, x], clientTail, serverTail, at) => {
        const sides = {
          client: clientHandshake(x, { arithmetic, terminator: clientTail }),
          server: serverHandshake({ arithmetic, terminator: serverTail }),
        }
        const ends: Effect[] = []
        /** What a side sends reaches the other in pieces; then it pauses. */
        const take = (from: 'client' | 'server', effects: readonly Effect[]): void => {
          const to = from === 'client' ? 'server' : 'client'
          for (const effect of effects) {
            if (isEnd(effect)) ends.push(effect)
            if (effect.type !== 'send') continue
            for (const chunk of cut(effect.bytes, at)) take(to, sides[to].step({ type: 'data', chunk }))
            take(to, sides[to].step({ type: 'quiet' }))
          }
        }
        take('server', sides.server.step({ type: 'start' }))
        take('client', sides.client.step({ type: 'start' }))
        expect(ends.map(({ type }) => type)).toEqual(['established', 'established'])
        const y = arithmetic === 'int32' ? (x + 1) | 0 : x + 1
        const z = arithmetic === 'int32' ? (y + 1) | 0 : y + 1
        for (const end of ends) expect(end).toMatchObject({ result: { x, y, z } })
      }),
      { numRuns: 500 },
    )
  })

  it('never both believe in an exchange that went wrong by one', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: -3, max: 3 }), (x, off) => {
        fc.pre(off !== 0)
        const client = clientHandshake(x)
        client.step({ type: 'start' })
        const effects = [
          ...client.step({ type: 'data', chunk: encodeHello(x + 1 + off, 'lf') }),
          ...client.step({ type: 'end' }),
        ]
        expect(effects.map(({ type }) => type)).toEqual(['received', 'failed'])
      }),
    )
  })
})
