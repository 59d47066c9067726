/** The options that several functions and programs have in common. Their types are compared where tables are made. */
import { atLeast, boolean, type Check, check, either, integer, moreThan, objectLike, oneOf } from './check.js'
import { optional } from './table.js'

/** Of a peer, to connect to. */
export const port = integer(1, 65_535)

/** To listen on; 0 takes a free one. */
export const listeningPort = integer(0, 65_535)

/** A total deadline, in milliseconds: without any, a peer would keep its connection for ever. */
export const deadline = moreThan(0)

/** A pause, in milliseconds. */
export const pause = atLeast(0)

/** Of things served or done at a time, and of repetitions. */
export const count = integer(1)

/** Of worker threads: more than any machine has use for, and not so many that starting them takes it down. */
export const MOST_THREADS = 1024
export const threadCount = integer(1, MOST_THREADS)

/** The empty string would be every interface to one transport and an error to the other; a NUL would end it in C. */
export const host: Check<string> = check(
  'a name or an address',
  (value) => typeof value === 'string',
  (value: string) => value !== '' && !/[\s\0]/.test(value),
)

export const family = oneOf(4, 6)

/** There may be several classes of that name, and all do. */
export const signal = objectLike<AbortSignal>(
  'an AbortSignal',
  ({ aborted, addEventListener, removeEventListener }) =>
    typeof aborted === 'boolean' && [addEventListener, removeEventListener].every((it) => typeof it === 'function'),
)

export const transportName = oneOf('auto', 'node', 'linux')

/** @typeParam T - The interface of a transport, which this package does not know. */
export function transportObject<T extends object>(): Check<T> {
  return objectLike<T>('a transport (an object with listen, connect and clock)', ({ listen, connect, clock }) => {
    const { now, after } = (clock ?? {}) as Record<string, unknown>
    return [listen, connect, now, after].every((it) => typeof it === 'function')
  })
}

/** The same, or a name. */
export function transport<T extends object>(): Check<'auto' | 'node' | 'linux' | T> {
  return either(transportName, transportObject<T>())
}

/** How the protocol is spoken. Absent ones are left to the protocol. */
export const protocolOptions = {
  arithmetic: optional(oneOf('safe', 'int32')),
  terminator: optional(oneOf('none', 'nul', 'lf', 'crlf')),
  strict: optional(boolean()),
  // The shortest message has seven bytes.
  maxMessageBytes: optional(integer(7)),
}
