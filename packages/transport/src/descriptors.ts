import { closeSync, openSync, readFileSync } from 'node:fs'

/**
 * Descriptors that connections leave to the rest of the process: without them no health check could be answered, no
 * supervisor notified and no thread started. And when none is left, libuv accepts and closes all that the kernel has.
 */
const SPARE = 16

/**
 * How many file descriptors this process may have; undefined if the system does not say, or sets no limit. Node itself
 * raises the soft limit to the hard one when it starts.
 */
export function descriptorLimit(): number | undefined {
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return limit === undefined ? undefined : Number(limit)
  } catch {
    return undefined
  }
}

/** The first descriptor that no connection takes. A new descriptor has the lowest free number: it tells how many are taken. */
export function firstSpareDescriptor(): number {
  return (descriptorLimit() ?? Number.POSITIVE_INFINITY) - SPARE
}

/**
 * The number that the last of the next `count` descriptors of this process will have; infinite if there are not as many.
 */
export function nextDescriptor(count = 1): number {
  const opened: number[] = []
  try {
    while (opened.length < count) opened.push(openSync('/dev/null', 'r'))
    return Math.max(...opened)
  } catch {
    return Number.POSITIVE_INFINITY
  } finally {
    for (const fd of opened) closeSync(fd)
  }
}
