import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import { descriptorLimit } from '@hs/transport/internals'

/** As many as a worker thread opens while it starts, and a few more. */
const SPARE = 16

/** What a server has open besides its connections: about 30, and this many per thread. */
const OVERHEAD = 40
const OVERHEAD_PER_THREAD = 10

/** Why `maxConnections` cannot be served at a time, and what to do; undefined if they can. */
export function descriptorWarning(
  maxConnections: number,
  threads: number,
  limit = descriptorLimit(),
): string | undefined {
  const needed = maxConnections + OVERHEAD + OVERHEAD_PER_THREAD * threads
  if (limit === undefined || limit >= needed) return undefined
  const possible = Math.max(1, limit - (needed - maxConnections))
  return (
    `the limit of open files is ${limit}, too few for ${maxConnections} connections: ` +
    `raise it to ${needed} (ulimit -n ${needed}), or set the most connections to ${possible}`
  )
}

/**
 * Whether an error comes from a lack of descriptors. Not every error says so: a module that could not be opened is
 * reported as not found. So the process is asked as well whether it can open some now.
 */
export function isOutOfDescriptors(error: unknown): boolean {
  const { code = '', message = '' } = error as NodeJS.ErrnoException
  return /EMFILE|ENFILE|too many open files/i.test(`${code} ${message}`) || !canOpen(SPARE)
}

function canOpen(count: number): boolean {
  const opened: number[] = []
  try {
    while (opened.length < count) opened.push(openSync(devNull, 'r'))
    return true
  } catch {
    return false
  } finally {
    for (const fd of opened) closeSync(fd)
  }
}
