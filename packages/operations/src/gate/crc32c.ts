/** The Castagnoli polynomial, bits reversed. Node's zlib has only the other CRC-32. */
const POLYNOMIAL = 0x82f63b78

/** The CRC-32C of some bytes. Bit by bit: it runs once per connection, over a hundred bytes, and only if asked for. */
export function crc32c(bytes: Uint8Array): number {
  let rest = 0xffff_ffff
  for (const byte of bytes) {
    rest ^= byte
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? POLYNOMIAL : 0)
  }
  return ~rest >>> 0
}
