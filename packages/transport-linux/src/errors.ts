import { getSystemErrorName } from 'node:util'
import type { Endpoint } from '@hs/transport'

/** What the calls of system.ts answer when they fail: the number of the error, negative, as the kernel has it. */
export const EINTR = -4
export const EAGAIN = -11
export const ENOMEM = -12
const ENFILE = -23
const EMFILE = -24
export const ECONNABORTED = -103
const ENOBUFS = -105
export const EALREADY = -114
export const EINPROGRESS = -115
export const ECANCELED = -125

/** Descriptors or memory are used up: it may work later. */
export function isShortage(error: number): boolean {
  return error === EMFILE || error === ENFILE || error === ENOBUFS || error === ENOMEM
}

/**
 * An error as Node shapes those of the system: `connect ECONNREFUSED 127.0.0.1:9000`, with `errno`, `code`, `syscall`
 * and, where one is concerned, `address` and `port`.
 *
 * @param error - What a call answered: negative.
 */
export function systemError(syscall: string, error: number, at?: Endpoint): NodeJS.ErrnoException {
  const code = getSystemErrorName(error)
  const where = at ? ` ${at.host}:${at.port}` : ''
  return Object.assign(new Error(`${syscall} ${code}${where}`), {
    errno: error,
    code,
    syscall,
    ...(at && { address: at.host, port: at.port }),
  })
}
