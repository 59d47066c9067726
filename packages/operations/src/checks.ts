/** What some options may be. No declaration that is published reaches it: `@hs/options` is private. */
import { check, objectLike } from '@hs/options'
import { parseRange } from './gate/address.js'
import type { HandshakeMeter } from './metrics/meter.js'

/** A `HandshakeMeter`, perhaps of another copy of this package. */
export const handshakeMeter = objectLike<HandshakeMeter>(
  'a HandshakeMeter',
  ({ onEvent, registerIn }) => typeof onEvent === 'function' && typeof registerIn === 'function',
)

/** An address, or a block of them. */
export const range = check<string>(
  'an address or a block such as 10.0.0.0/8',
  (value) => typeof value === 'string',
  (value: string) => parseRange(value) !== undefined,
)
