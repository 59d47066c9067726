import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatAddress, isInRange, parseAddress, parseRange } from '../src/gate/address.js'
import { crc32c } from '../src/gate/crc32c.js'
import { MAX_BINARY_BYTES, MAX_LINE_BYTES, parseProxyHeader } from '../src/gate/proxy-header.js'

const text = (line: string) => Uint8Array.from(line, (letter) => letter.charCodeAt(0))
const hex = (digits: string) => Uint8Array.from(Buffer.from(digits.replace(/\s/g, ''), 'hex'))

const SIGNATURE = '0d0a0d0a000d0a515549540a'
/** A header of version 2: command and version, family, and the rest with its length in front. */
const binary = (command: string, family: string, rest: string) => {
  const length = hex(rest).length.toString(16).padStart(4, '0')
  return hex(SIGNATURE + command + family + length + rest)
}
const V4_ADDRESSES = 'c0000201 c6336402 dead 2328'
const V6_ADDRESSES = '20010db8000000000000000000000001 20010db8000000000000000000000002 dead 2328'

interface Row {
  readonly bytes: Uint8Array
  readonly why: string
  /** The client that it names; null: the balancer itself. */
  readonly source?: string | null
  /** A part of the reason why it is malformed. */
  readonly reason?: RegExp
}

const withChecksum = (() => {
  const header = binary('21', '11', `${V4_ADDRESSES} 03 0004 00000000`)
  new DataView(header.buffer).setUint32(header.length - 4, crc32c(header))
  return header
})()

const headers: readonly Row[] = [
  { why: 'IPv4 as a line', bytes: text('PROXY TCP4 192.0.2.1 198.51.100.2 57005 9000\r\n'), source: '192.0.2.1' },
  { why: 'IPv6 as a line', bytes: text('PROXY TCP6 2001:db8::1 2001:db8::2 57005 9000\r\n'), source: '2001:db8::1' },
  {
    why: 'IPv6 that is not in its short form',
    bytes: text('PROXY TCP6 2001:0DB8:0:0::1 ::1 57005 1\r\n'),
    source: '2001:db8::1',
  },
  { why: 'IPv4 within IPv6', bytes: text('PROXY TCP6 ::ffff:192.0.2.1 ::1 57005 1\r\n'), source: '192.0.2.1' },
  { why: 'the last port', bytes: text('PROXY TCP4 192.0.2.1 192.0.2.2 65535 0\r\n'), source: '192.0.2.1' },
  { why: 'an unknown client', bytes: text('PROXY UNKNOWN\r\n'), source: null },
  {
    why: 'an unknown client with addresses that mean nothing',
    bytes: text('PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n'),
    source: null,
  },
  { why: 'IPv4 in bytes', bytes: binary('21', '11', V4_ADDRESSES), source: '192.0.2.1' },
  { why: 'IPv6 in bytes', bytes: binary('21', '21', V6_ADDRESSES), source: '2001:db8::1' },
  {
    why: 'an extra field that says nothing',
    bytes: binary('21', '11', `${V4_ADDRESSES} 04 0003 000000`),
    source: '192.0.2.1',
  },
  { why: 'an empty extra field', bytes: binary('21', '11', `${V4_ADDRESSES} e0 0000`), source: '192.0.2.1' },
  {
    why: 'two extra fields',
    bytes: binary('21', '21', `${V6_ADDRESSES} 02 0001 61 05 0002 6162`),
    source: '2001:db8::1',
  },
  { why: 'a checksum', bytes: withChecksum, source: '192.0.2.1' },
  { why: 'LOCAL: the balancer looks whether the server lives', bytes: binary('20', '00', ''), source: null },
  { why: 'LOCAL with addresses that mean nothing', bytes: binary('20', '11', V4_ADDRESSES), source: null },
  { why: 'a client of an unspecified family', bytes: binary('21', '00', '0102'), source: null },
  { why: 'a client at a UNIX socket', bytes: binary('21', '31', '00'.repeat(216)), source: null },
]

const malformed: readonly Row[] = [
  { why: 'a HELLO', bytes: text('HELLO 5'), reason: /first bytes are not one/ },
  { why: 'HTTP', bytes: text('GET / HTTP/1.1\r\n\r\n'), reason: /first bytes are not one/ },
  { why: 'lower case', bytes: text('proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n'), reason: /first bytes are not one/ },
  { why: 'a line without CR', bytes: text('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n'), reason: /CR LF/ },
  { why: 'a line without an end', bytes: text(`PROXY TCP4 ${'1'.repeat(MAX_LINE_BYTES)}`), reason: /at most 107/ },
  { why: 'UDP', bytes: text('PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n'), reason: /TCP4 or TCP6/ },
  { why: 'two spaces', bytes: text('PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n'), reason: /TCP4 or TCP6/ },
  { why: 'one port', bytes: text('PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n'), reason: /TCP4 or TCP6/ },
  { why: 'a name', bytes: text('PROXY TCP4 example.org 192.0.2.2 1 2\r\n'), reason: /addresses must be/ },
  { why: 'a leading zero', bytes: text('PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n'), reason: /addresses must be/ },
  {
    why: 'an address of another family',
    bytes: text('PROXY TCP4 ::1 ::1 1 2\r\n'),
    reason: /addresses must be of TCP4/,
  },
  { why: 'a port beyond all ports', bytes: text('PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n'), reason: /65535/ },
  { why: 'a port with a leading zero', bytes: text('PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n'), reason: /65535/ },
  { why: 'version 3', bytes: binary('31', '11', V4_ADDRESSES), reason: /version must be 2/ },
  { why: 'an unknown command', bytes: binary('22', '11', V4_ADDRESSES), reason: /command/ },
  { why: 'datagrams', bytes: binary('21', '12', V4_ADDRESSES), reason: /of a stream/ },
  { why: 'too short for IPv4', bytes: binary('21', '11', 'c0000201'), reason: /too short/ },
  { why: 'too short for IPv6', bytes: binary('21', '21', V4_ADDRESSES), reason: /too short/ },
  {
    why: 'an extra field that sticks out',
    bytes: binary('21', '11', `${V4_ADDRESSES} 04 0003 0000`),
    reason: /longer/,
  },
  { why: 'half an extra field', bytes: binary('21', '11', `${V4_ADDRESSES} 04`), reason: /longer/ },
  {
    why: 'a wrong checksum',
    bytes: binary('21', '11', `${V4_ADDRESSES} 03 0004 00000000`),
    reason: /checksum is wrong/,
  },
  { why: 'a checksum of 3 bytes', bytes: binary('21', '11', `${V4_ADDRESSES} 03 0003 000000`), reason: /4 bytes/ },
  { why: 'longer than we hold', bytes: hex(`${SIGNATURE} 21 11 ffff`), reason: /at most 4096/ },
]

describe('the PROXY header', () => {
  it.each(headers)('is read: $why', ({ bytes, source }) => {
    for (const tail of ['', 'HELLO 5', '\r\n', 'PROXY ']) {
      const header = parseProxyHeader(Uint8Array.from([...bytes, ...text(tail)]))
      expect(header).toMatchObject({ type: 'header', length: bytes.length })
      expect(header.type === 'header' && (header.source?.host ?? null)).toBe(source)
      if (source && header.type === 'header') expect(header.source!.port).toBeGreaterThan(57000)
    }
    for (let length = 0; length < bytes.length; length++) {
      expect(parseProxyHeader(bytes.subarray(0, length)), `${length} bytes`).toEqual({ type: 'incomplete' })
    }
  })

  it.each(malformed)('is refused: $why', ({ bytes, reason }) => {
    const header = parseProxyHeader(bytes)
    expect(header).toEqual({ type: 'malformed', reason: expect.stringMatching(reason!) })
    // No byte earlier was it a header; and once malformed, it stays so.
    let refused = false
    for (let length = 0; length <= bytes.length; length++) {
      const { type } = parseProxyHeader(bytes.subarray(0, length))
      expect(type).toMatch(refused ? /^malformed$/ : /^(incomplete|malformed)$/)
      refused = type === 'malformed'
    }
  })

  it('any bytes are a header, the beginning of one, or malformed, and never held beyond the limit', () => {
    const lines = fc.stringMatching(/^PROXY (TCP[46]|UNKNOWN) [0-9a-f.: ]{0,110}\r?\n?$/).map(text)
    const blocks = fc.uint8Array({ maxLength: 80 }).map((rest) => Uint8Array.from([...hex(SIGNATURE), ...rest]))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), lines, blocks), fc.uint8Array({ maxLength: 20 }), (bytes, tail) => {
        const header = parseProxyHeader(bytes)
        if (header.type === 'incomplete') {
          expect(bytes.length).toBeLessThan(MAX_BINARY_BYTES)
          return
        }
        // What follows changes nothing.
        expect(parseProxyHeader(Uint8Array.from([...bytes, ...tail]))).toEqual(header)
        if (header.type === 'header') expect(header.length).toBeLessThanOrEqual(bytes.length)
      }),
      { numRuns: 2000 },
    )
  })

  it('any address and port of a client is read as it was written', () => {
    const v4 = fc.tuple(fc.ipV4(), fc.ipV4()).map(([from, to]) => ['TCP4', from, to] as const)
    const v6 = fc.tuple(fc.ipV6(), fc.ipV6()).map(([from, to]) => ['TCP6', from, to] as const)
    fc.assert(
      fc.property(fc.oneof(v4, v6), fc.nat(65535), ([family, from, to], port) => {
        const header = parseProxyHeader(text(`PROXY ${family} ${from} ${to} ${port} 9000\r\n`))
        expect(header).toMatchObject({ type: 'header', source: { port } })
        if (header.type !== 'header') return
        expect(parseAddress(header.source!.host)).toEqual(parseAddress(from))
      }),
    )
  })
})

describe('an address', () => {
  it.each([
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['FE80:0:0:0:0:0:0:1', 'fe80::1'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('%s is written as %s', (given, written) => {
    expect(formatAddress(parseAddress(given)!)).toBe(written)
  })

  it.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1.2.3.4:5',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:8:9',
    '::1.2.3',
    '1.2.3.4::',
    '12345::',
  ])('%j is not one', (given) => expect(parseAddress(given)).toBeUndefined())

  it('is in its own block of any length, and reads back as it was written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(128), (address, bits) => {
        const bytes = parseAddress(address)!
        expect(parseAddress(formatAddress(bytes))).toEqual(bytes)
        const length = Math.min(bits, bytes.length * 8)
        expect(isInRange(bytes, parseRange(`${formatAddress(bytes)}/${length}`)!)).toBe(true)
        if (length === 0) return
        const outside = bytes.slice()
        outside[(length - 1) >> 3]! ^= 0x80 >> ((length - 1) & 7)
        expect(isInRange(outside, { bytes, bits: length })).toBe(false)
      }),
    )
  })

  it.each(['10.0.0.0/33', '10.0.0.0/', '::/129', '10.0.0.0/8/8', 'localhost', '/8'])('%j is not a block', (given) => {
    expect(parseRange(given)).toBeUndefined()
  })
})

it('the checksum is the one of RFC 3720', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(text('123456789'))).toBe(0xe3069283)
})
