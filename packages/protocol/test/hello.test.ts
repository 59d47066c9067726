import { describe, expect, it } from 'vitest'
import { encodeHello, escapeBytes, isInitialSequence, isTerminator, successor, type Terminator } from '../src/hello.js'
import { bytesOf, exchanges, textOf } from './vectors.js'

describe('encodeHello', () => {
  it.each<[Terminator, string]>([
    ['none', 'HELLO 5'],
    ['nul', 'HELLO 5\0'],
    ['lf', 'HELLO 5\n'],
    ['crlf', 'HELLO 5\r\n'],
  ])('ends a message with the terminator %s', (terminator, text) => {
    expect(textOf(encodeHello(5, terminator))).toBe(text)
  })

  it('writes every number of digits as String does', () => {
    for (let magnitude = 1; magnitude <= Number.MAX_SAFE_INTEGER; magnitude *= 10) {
      for (const sequence of [magnitude - 1, magnitude, magnitude + 1, -magnitude]) {
        expect(textOf(encodeHello(sequence))).toBe(`HELLO ${sequence}`)
      }
    }
  })

  it('sends -0 as 0', () => {
    expect(textOf(encodeHello(-0))).toBe('HELLO 0')
  })

  it('gives an array of its own each time', () => {
    const first = encodeHello(5, 'nul')
    first.fill(0)
    expect(textOf(encodeHello(5, 'nul'))).toBe('HELLO 5\0')
  })

  it.each([Number.NaN, 0.5, 2 ** 53, -(2 ** 53), Number.POSITIVE_INFINITY])('refuses %d, and names it', (sequence) => {
    expect(() => encodeHello(sequence)).toThrow(new RangeError(`sequence must be a safe integer, got ${sequence}`))
  })
})

describe('counting', () => {
  for (const { x, arithmetic, after } of exchanges) {
    it(`in ${arithmetic} arithmetic, ${x} is followed by ${after?.join(' and ') ?? 'nothing: it cannot be X'}`, () => {
      expect(isInitialSequence(x, arithmetic)).toBe(after !== undefined)
      if (after) expect([successor(x, arithmetic), successor(after[0], arithmetic)]).toEqual(after)
    })
  }
  it.each([0.5, Number.NaN, Number.POSITIVE_INFINITY])('%d cannot be X in either arithmetic', (x) => {
    expect(isInitialSequence(x, 'safe')).toBe(false)
    expect(isInitialSequence(x, 'int32')).toBe(false)
  })
})

describe('escapeBytes', () => {
  it('leaves printable ASCII alone, and doubles the backslash', () => {
    expect(escapeBytes(bytesOf(' az~\\n'))).toBe(' az~\\\\n')
  })
  it('lets no control byte and nothing beyond ASCII through', () => {
    const every = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    expect(escapeBytes(every, 256)).toMatch(/^[\x20-\x7e]+$/)
    expect(escapeBytes(bytesOf('\n\r\0\x1b\x7f\x80\xff'))).toBe('\\n\\r\\0\\x1b\\x7f\\x80\\xff')
  })
  it('cuts after 64 bytes, and says so only then', () => {
    expect(escapeBytes(bytesOf('a'.repeat(64)))).toBe('a'.repeat(64))
    expect(escapeBytes(bytesOf('a'.repeat(65)))).toBe(`${'a'.repeat(64)}...`)
    expect(escapeBytes(bytesOf('\0'.repeat(9)), 3)).toBe('\\0\\0\\0...')
  })
})

it('LF, CR and NUL are terminators, and no other byte is', () => {
  expect(Array.from({ length: 256 }, (_, byte) => byte).filter(isTerminator)).toEqual([0, 10, 13])
})
