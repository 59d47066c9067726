/** The bytes of an address: 4 of IPv4 or 16 of IPv6. */
export type AddressBytes = Uint8Array

/** A block of addresses, as in `10.0.0.0/8`. A single address is a block of its own. */
export interface AddressRange {
  readonly bytes: AddressBytes
  readonly bits: number
}

const V4_MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff)

/**
 * Reads an IPv4 or IPv6 address. An IPv4 address inside IPv6 (`::ffff:192.0.2.1`) is the IPv4 address, so that a peer
 * has one identity on every listener.
 *
 * @returns undefined for anything else: names, zone identifiers, leading zeros, ports.
 */
export function parseAddress(text: string): AddressBytes | undefined {
  const bytes = text.includes(':') ? parseV6(text) : parseV4(text)
  return bytes && unmapped(bytes)
}

/** Writes an address as people do: dotted decimal, or the short form of RFC 5952. */
export function formatAddress(address: AddressBytes): string {
  const bytes = unmapped(address)
  return bytes.length === 4 ? bytes.join('.') : formatV6(bytes)
}

/** Reads `192.0.2.1`, `10.0.0.0/8` or `2001:db8::/32`. @returns undefined for anything else. */
export function parseRange(text: string): AddressRange | undefined {
  const [address, length, ...more] = text.split('/')
  const bytes = parseAddress(address!)
  if (!bytes || more.length > 0) return undefined
  const most = bytes.length * 8
  if (length === undefined) return { bytes, bits: most }
  return /^\d{1,3}$/.test(length) && Number(length) <= most ? { bytes, bits: Number(length) } : undefined
}

export function isInRange(address: AddressBytes, { bytes, bits }: AddressRange): boolean {
  if (address.length !== bytes.length) return false
  const whole = bits >> 3
  for (let at = 0; at < whole; at++) if (address[at] !== bytes[at]) return false
  const rest = bits & 7
  return rest === 0 || (address[whole]! ^ bytes[whole]!) >> (8 - rest) === 0
}

function parseV4(text: string): AddressBytes | undefined {
  const parts = text.split('.')
  // Leading zeros would be octal for some readers and decimal for others.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined
  }
  return Uint8Array.from(parts, Number)
}

function parseV6(text: string): AddressBytes | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  // Only the end of the whole address may be written as IPv4.
  const [head, tail] = [groupsOf(halves[0]!, halves.length === 1), groupsOf(halves[1] ?? '', true)]
  if (!head || !tail) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const bytes = new Uint8Array(16)
  ;[...head, ...Array<number>(missing).fill(0), ...tail].forEach((group, at) => {
    bytes[2 * at] = group >> 8
    bytes[2 * at + 1] = group & 0xff
  })
  return bytes
}

/** The 16-bit groups between the colons. */
function groupsOf(text: string, mayEndInV4: boolean): number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const groups: number[] = []
  for (const [at, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else {
      const last = mayEndInV4 && at === parts.length - 1 ? parseV4(part) : undefined
      if (!last) return undefined
      groups.push((last[0]! << 8) | last[1]!, (last[2]! << 8) | last[3]!)
    }
  }
  return groups
}

function formatV6(bytes: AddressBytes): string {
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[2 * at]! << 8) | bytes[2 * at + 1]!).toString(16))
  // The longest run of at least two zeros is left out, the first of equals.
  let [start, length] = [-1, 1]
  for (let at = 0; at < 8; at++) {
    let end = at
    while (groups[end] === '0') end++
    if (end - at > length) [start, length] = [at, end - at]
  }
  if (start < 0) return groups.join(':')
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`
}

function unmapped(bytes: AddressBytes): AddressBytes {
  const isMapped = bytes.length === 16 && V4_MAPPED.every((byte, at) => bytes[at] === byte)
  return isMapped ? bytes.subarray(12) : bytes
}
