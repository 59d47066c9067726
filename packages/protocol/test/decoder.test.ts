import { describe, expect, it } from 'vitest'
import { type Decoded, HelloDecoder } from '../src/decoder.js'
import { encodeHello } from '../src/hello.js'
import { bytesOf, canonical, deviations, type GoodRow, label, malformed, terminators, textOf } from './vectors.js'

const good: readonly GoodRow[] = [...canonical, ...deviations]

const numbers = (decoded: readonly Decoded[]) => decoded.flatMap((item) => ('sequence' in item ? [item.sequence] : []))
const failures = (decoded: readonly Decoded[]) => decoded.flatMap((item) => ('failure' in item ? [item.failure] : []))
const isTerminator = (character: string) => '\n\r\0'.includes(character)

/** A row as the segments in which it arrives; a pause follows each of them. */
const segmentsOf = ({ bytes, later }: GoodRow) => (later === undefined ? [bytes] : [bytes, later])

describe('a row in one piece', () => {
  for (const row of good) {
    it(`${label(row.bytes)} is ${row.values}: ${row.why}`, () => {
      const decoder = new HelloDecoder()
      const decoded = segmentsOf(row).flatMap((segment) => [...decoder.push(bytesOf(segment)), ...decoder.flush()])
      expect(failures(decoded)).toEqual([])
      expect(numbers(decoded)).toEqual(row.values)
      expect(decoder.bufferedBytes).toBe(0)
    })
  }
  for (const row of malformed) {
    it(`${label(row.bytes)} is ${row.code}: ${row.why}`, () => {
      const decoder = new HelloDecoder()
      const decoded = [...decoder.push(bytesOf(row.bytes)), ...decoder.flush()]
      expect(numbers(decoded)).toEqual(row.values ?? [])
      expect(failures(decoded)).toMatchObject([{ code: row.code, received: row.received }])
      expect('failure' in decoded.at(-1)!).toBe(true)
    })
  }
})

describe('a row byte by byte', () => {
  for (const row of good) {
    it(`${label(row.bytes)} says nothing before an end is certain`, () => {
      const decoder = new HelloDecoder()
      const values = [...row.values]
      for (const segment of segmentsOf(row)) {
        for (let at = 0; at < segment.length; at++) {
          // The byte after the digits makes their end certain, and nothing else does.
          const certain = at > 0 && /\d[\n\r\0Hh]/.test(segment.slice(at - 1, at + 1))
          expect(numbers(decoder.push(bytesOf(segment[at]!)))).toEqual(certain ? [values.shift()] : [])
          if (isTerminator(segment[at]!)) expect(decoder.bufferedBytes).toBe(0)
          else expect(decoder.bufferedBytes).toBeGreaterThan(0)
        }
        expect(numbers(decoder.flush())).toEqual(isTerminator(segment.at(-1)!) ? [] : [values.shift()])
      }
      expect(values).toEqual([])
    })
  }
  for (const row of malformed) {
    it(`${label(row.bytes)} fails at its ${row.at < 0 ? 'end' : `byte ${row.at}`}, and not earlier or twice`, () => {
      const decoder = new HelloDecoder()
      const failedAt: number[] = []
      const values: number[] = []
      const note = (decoded: readonly Decoded[], at: number) => {
        values.push(...numbers(decoded))
        for (const { code } of failures(decoded)) {
          expect(code).toBe(row.code)
          failedAt.push(at)
        }
      }
      for (let at = 0; at < row.bytes.length; at++) note(decoder.push(bytesOf(row.bytes[at]!)), at)
      note(decoder.flush(), -1)
      expect(decoder.bufferedBytes).toBe(0)
      expect(failedAt).toEqual([row.at])
      expect(values).toEqual(row.values ?? [])
    })
  }
})

describe('a row glued to the next', () => {
  good.forEach((row, at) => {
    const next = good[(at + 1) % good.length]!
    it(`${label(row.bytes)} and ${label(next.bytes)} are both read`, () => {
      const decoder = new HelloDecoder()
      const text = [...segmentsOf(row), ...segmentsOf(next)].join('')
      const decoded = [...decoder.push(bytesOf(text)), ...decoder.flush()]
      expect(failures(decoded)).toEqual([])
      expect(numbers(decoded)).toEqual([...row.values, ...next.values])
    })
  })
  malformed.forEach((row, at) => {
    const { bytes, values } = canonical[at % canonical.length]!
    it(`${label(row.bytes)} takes nothing away from the ${bytes} before it, and hides what follows`, () => {
      const decoder = new HelloDecoder()
      const decoded = [...decoder.push(bytesOf(`${bytes}\n${row.bytes}\nHELLO 5\n`)), ...decoder.flush()]
      expect(numbers(decoded)).toEqual([...values, ...(row.values ?? [])])
      expect(failures(decoded)).toMatchObject([{ code: row.code }])
    })
  })
})

describe('a row followed by a terminator', () => {
  for (const terminator of terminators) {
    it(`${label(terminator)} makes the end of every good row certain`, () => {
      for (const row of good) {
        const decoder = new HelloDecoder()
        const decoded = decoder.push(bytesOf(segmentsOf(row).join('') + terminator))
        expect([row.bytes, failures(decoded)]).toEqual([row.bytes, []])
        expect([row.bytes, numbers(decoded)]).toEqual([row.bytes, row.values])
        expect(decoder.bufferedBytes).toBe(0)
        expect(decoder.flush()).toEqual([])
      }
    })
    it(`${label(terminator)} mends no bad row`, () => {
      for (const row of malformed) {
        const decoded = new HelloDecoder().push(bytesOf(row.bytes + terminator))
        expect([row.bytes, failures(decoded).map(({ code }) => code)]).toEqual([row.bytes, [row.code]])
      }
    })
  }
})

describe('a strict decoder', () => {
  const strict = (row: GoodRow) => {
    const decoder = new HelloDecoder({ strict: true })
    return segmentsOf(row).flatMap((segment) => [...decoder.push(bytesOf(segment)), ...decoder.flush()])
  }
  for (const row of canonical) {
    it(`accepts ${label(row.bytes)}: ${row.why}`, () => {
      expect(strict(row)).toEqual([{ sequence: row.values[0], text: row.bytes }])
    })
  }
  for (const row of deviations) {
    it(`refuses ${label(row.bytes)}: ${row.deviation}, ${row.why}`, () => {
      expect(failures(strict(row))).toMatchObject([{ code: 'ERR_HS_MALFORMED' }])
    })
  }
  for (const row of malformed) {
    it(`refuses ${label(row.bytes)}: ${row.why}`, () => {
      expect(failures(strict({ ...row, values: [] }))).toHaveLength(1)
    })
  }
  it('takes the next message after a pause', () => {
    expect(numbers(strict({ bytes: 'HELLO 5', later: 'HELLO 7', values: [], why: '' }))).toEqual([5, 7])
  })
  it('shows a terminator, since it is what is wrong', () => {
    const [failure] = failures(strict({ bytes: 'HELLO 5\r\n', values: [], why: '' }))
    expect(failure!.received).toBe('HELLO 5\\r\\n')
  })
})

describe('the text of a message', () => {
  for (const row of canonical) {
    it(`${label(row.bytes)} is what is encoded for ${row.values[0]}`, () => {
      expect(textOf(encodeHello(row.values[0]!))).toBe(row.bytes)
      expect(textOf(encodeHello(row.values[0]!, 'crlf'))).toBe(`${row.bytes}\r\n`)
    })
  }
  it('is verbatim, without its terminator, also where the number was padded', () => {
    const decoder = new HelloDecoder()
    expect(decoder.push(bytesOf('\nhello  +007\r\n'))).toEqual([{ sequence: 7, text: 'hello  +007' }])
  })
  const beyond = 'HELLO 123456789012345678901234567890'
  for (const text of [...good.map((row) => row.bytes.split(/[\n\r\0]|(?<=\d)(?=[Hh])/)[0]!), beyond]) {
    it(`${label(text)} is known verbatim after each of its bytes`, () => {
      const decoder = new HelloDecoder()
      const held = [...text].map((byte) => {
        decoder.push(bytesOf(byte))
        return decoder.heldText
      })
      expect(held).toEqual([...text].map((_, at) => text.slice(0, at + 1)))
    })
  }
})

describe('HelloDecoder', () => {
  it('keeps nothing of a chunk that its owner uses again', () => {
    const decoder = new HelloDecoder()
    const chunk = bytesOf('HELLO 12')
    decoder.push(chunk)
    chunk.fill(0x39)
    expect(decoder.flush()).toEqual([{ sequence: 12, text: 'HELLO 12' }])
  })

  it('tells the number that it holds, as soon as there is a digit', () => {
    const decoder = new HelloDecoder()
    decoder.push(bytesOf('HELLO -'))
    expect(decoder.heldSequence).toBeUndefined()
    decoder.push(bytesOf('1'))
    expect(decoder.heldSequence).toBe(-1)
    decoder.push(bytesOf('2'))
    expect(decoder.heldSequence).toBe(-12)
    decoder.push(bytesOf('\n'))
    expect(decoder.heldSequence).toBeUndefined()
  })

  it('gives 0 and not -0, which prints differently', () => {
    const decoder = new HelloDecoder()
    const [decoded] = decoder.push(bytesOf('HELLO -0\n'))
    expect(Object.is((decoded as { sequence: number }).sequence, 0)).toBe(true)
  })

  it('starts each number afresh', () => {
    const decoder = new HelloDecoder()
    expect(numbers(decoder.push(bytesOf('HELLO -12\nHELLO 3\nHELLO 4\n')))).toEqual([-12, 3, 4])
  })

  it('accepts longer and shorter messages if configured to', () => {
    const long = `HELLO ${'0'.repeat(100)}5\n`
    expect(numbers(new HelloDecoder({ maxMessageBytes: 107 }).push(bytesOf(long)))).toEqual([5])
    expect(failures(new HelloDecoder({ maxMessageBytes: 106 }).push(bytesOf(long)))).toMatchObject([
      { code: 'ERR_HS_TOO_LONG' },
    ])
    expect(numbers(new HelloDecoder({ maxMessageBytes: 7 }).push(bytesOf('HELLO 5\n')))).toEqual([5])
    expect(failures(new HelloDecoder({ maxMessageBytes: 7 }).push(bytesOf('HELLO 55\n')))).toMatchObject([
      { code: 'ERR_HS_TOO_LONG' },
    ])
  })

  it('refuses a limit that no message fits', () => {
    expect(() => new HelloDecoder({ maxMessageBytes: 6 })).toThrow(
      expect.objectContaining({
        name: 'RangeError',
        code: 'ERR_OUT_OF_RANGE',
        message: 'maxMessageBytes must be an integer of at least 7, got 6 (number)',
      }),
    )
    expect(() => new HelloDecoder({ maxMessageBytes: Number.NaN })).toThrow(RangeError)
  })

  it('has nothing to flush before the first byte, between messages and after a failure', () => {
    const decoder = new HelloDecoder()
    expect(decoder.flush()).toEqual([])
    decoder.push(bytesOf('HELLO 5\n'))
    expect(decoder.flush()).toEqual([])
    decoder.push(bytesOf('x'))
    expect(decoder.flush()).toEqual([])
    expect(decoder.push(bytesOf('HELLO 5\n'))).toEqual([])
    expect(decoder.bufferedBytes).toBe(0)
  })
})
