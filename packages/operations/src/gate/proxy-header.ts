/** The PROXY protocol, versions 1 and 2: what a balancer says first about the connection that it forwards. */
import type { Endpoint } from '@hs/transport'
import { formatAddress, parseAddress } from './address.js'
import { crc32c } from './crc32c.js'

/** What the bytes so far are. */
export type ProxyHeader =
  /** The beginning of a header; more must come. */
  | { readonly type: 'incomplete' }
  /** A whole header of `length` bytes; what follows it is the client's. */
  | {
      readonly type: 'header'
      readonly version: 1 | 2
      readonly length: number
      /** The client, and where it connected to; undefined if the balancer speaks for itself (LOCAL, UNKNOWN). */
      readonly source: Endpoint | undefined
      readonly destination: Endpoint | undefined
    }
  /** Not a header. `reason` is a phrase without a full stop. */
  | { readonly type: 'malformed'; readonly reason: string }

/** Longest line of version 1, its CR LF included. The specification sets it. */
export const MAX_LINE_BYTES = 107

/**
 * Longest header of version 2. The specification allows 65,551 bytes, which is what certificates would need; a hostile
 * or broken balancer must not make each connection hold that much.
 */
export const MAX_BINARY_BYTES = 4_096

const LINE_START = Uint8Array.from('PROXY ', (letter) => letter.charCodeAt(0))
const SIGNATURE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a)
const FIXED_BYTES = 16

const LOCAL = 0
const PROXY = 1
/** Address family and protocol of version 2, in one byte. */
const UNSPECIFIED = 0x00
const TCP4 = 0x11
const TCP6 = 0x21
const UNIX_STREAM = 0x31
const CRC32C = 0x03

const INCOMPLETE: ProxyHeader = { type: 'incomplete' }

/**
 * Reads a header from the first bytes of a connection. It keeps nothing: call it again with all bytes when more came.
 *
 * @returns The same for any bytes after a whole header. Never throws.
 */
export function parseProxyHeader(bytes: Uint8Array): ProxyHeader {
  if (startsLike(bytes, SIGNATURE)) return bytes.length < FIXED_BYTES ? INCOMPLETE : parseBinary(bytes)
  if (startsLike(bytes, LINE_START)) return parseLine(bytes)
  return malformed('its first bytes are not one')
}

/** Whether the bytes agree with the beginning of a header as far as both go. */
function startsLike(bytes: Uint8Array, beginning: Uint8Array): boolean {
  const length = Math.min(bytes.length, beginning.length)
  for (let at = 0; at < length; at++) if (bytes[at] !== beginning[at]) return false
  return true
}

function parseLine(bytes: Uint8Array): ProxyHeader {
  const end = bytes.subarray(0, MAX_LINE_BYTES).indexOf(0x0a)
  if (end < 0) {
    return bytes.length < MAX_LINE_BYTES ? INCOMPLETE : malformed(`a header line has at most ${MAX_LINE_BYTES} bytes`)
  }
  if (bytes[end - 1] !== 0x0d) return malformed('a header line ends with CR LF')
  const line = String.fromCharCode(...bytes.subarray(0, end - 1))
  const length = end + 1
  if (/^PROXY UNKNOWN( |$)/.test(line)) {
    return { type: 'header', version: 1, length, source: undefined, destination: undefined }
  }
  const [, family, from, to, fromPort, toPort] = /^PROXY TCP([46]) (\S+) (\S+) (\d+) (\d+)$/.exec(line) ?? []
  if (family === undefined) return malformed('a header line is PROXY, TCP4 or TCP6, two addresses and two ports')
  const source = lineEndpoint(family, from!, fromPort!)
  const destination = lineEndpoint(family, to!, toPort!)
  if (!source || !destination) return malformed(`its addresses must be of TCP${family}, its ports at most 65535`)
  return { type: 'header', version: 1, length, source, destination }
}

function lineEndpoint(family: string, host: string, port: string): Endpoint | undefined {
  const bytes = host.includes(':') === (family === '6') ? parseAddress(host) : undefined
  if (!bytes || !/^(0|[1-9]\d{0,4})$/.test(port) || Number(port) > 65535) return undefined
  return { host: formatAddress(bytes), port: Number(port) }
}

function parseBinary(bytes: Uint8Array): ProxyHeader {
  const version = bytes[12]! >> 4
  const command = bytes[12]! & 0x0f
  if (version !== 2) return malformed(`its version must be 2, not ${version}`)
  if (command > PROXY) return malformed(`its command must be LOCAL or PROXY, not ${command}`)
  const length = FIXED_BYTES + sixteen(bytes, 14)
  if (length > MAX_BINARY_BYTES) return malformed(`a header has at most ${MAX_BINARY_BYTES} bytes, not ${length}`)
  if (bytes.length < length) return INCOMPLETE
  const header = bytes.subarray(0, length)
  if (command === LOCAL) return { type: 'header', version: 2, length, source: undefined, destination: undefined }
  return parseAddresses(header)
}

/** The addresses of a whole header, and a check of what follows them. */
function parseAddresses(header: Uint8Array): ProxyHeader {
  const family = header[13]!
  const size = { [TCP4]: 4, [TCP6]: 16 }[family]
  if (size === undefined) {
    // What is not TCP says nothing about a client of ours; the specification wants the connection accepted all the same.
    if (family !== UNSPECIFIED && family !== UNIX_STREAM) return malformed('its address family must be of a stream')
    return { type: 'header', version: 2, length: header.length, source: undefined, destination: undefined }
  }
  const ports = FIXED_BYTES + 2 * size
  if (header.length < ports + 4) return malformed('it is too short for its addresses')
  const reason = checkExtras(header, ports + 4)
  if (reason !== undefined) return malformed(reason)
  const endpoint = (at: number, port: number): Endpoint => ({
    host: formatAddress(header.subarray(at, at + size)),
    port: sixteen(header, port),
  })
  return {
    type: 'header',
    version: 2,
    length: header.length,
    source: endpoint(FIXED_BYTES, ports),
    destination: endpoint(FIXED_BYTES + size, ports + 2),
  }
}

/** Type, length, value, until the header ends. We need none of them, but a checksum must be right if there is one. */
function checkExtras(header: Uint8Array, start: number): string | undefined {
  for (let at = start; at < header.length; ) {
    const end = at + 3 + (at + 3 <= header.length ? sixteen(header, at + 1) : 0)
    if (end > header.length) return 'one of its extra fields is longer than the header'
    if (header[at] === CRC32C) {
      if (end - at !== 7) return 'its checksum must have 4 bytes'
      const cleared = header.slice()
      cleared.fill(0, at + 3, end)
      const wanted = new DataView(header.buffer, header.byteOffset).getUint32(at + 3)
      if (crc32c(cleared) !== wanted) return 'its checksum is wrong'
    }
    at = end
  }
  return undefined
}

function sixteen(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!
}

function malformed(reason: string): ProxyHeader {
  return { type: 'malformed', reason }
}
