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

/** The last descriptors that this process may have. The lowest free number is the next one: it tells how many are taken. */
export class DescriptorReserve {
  readonly #first = (descriptorLimit() ?? Number.POSITIVE_INFINITY) - SPARE

  includes(fd: number): boolean {
    return fd >= this.#first
  }

  /** Whether the last of the next `count` descriptors would be one of it, or cannot be had. Costs two system calls for each. */
  isNext(count = 1): boolean {
    const opened: number[] = []
    try {
      while (opened.length < count) opened.push(openSync('/dev/null', 'r'))
      return this.includes(Math.max(...opened))
    } catch (error) {
      // Windows has no such file, and no such limit.
      return (error as NodeJS.ErrnoException).code !== 'ENOENT'
    } finally {
      for (const fd of opened) closeSync(fd)
    }
  }
}

/** What listening on a descriptor of the caller's ends with, on every transport, if it is of something else. */
export function wrongDescriptor(fd: number, cause?: Error): Error {
  const why = cause ? ` (${cause.message})` : ''
  const message = `listen EINVAL: descriptor ${fd} must be of a TCP socket that is bound and not connected${why}`
  return Object.assign(new Error(message, { cause }), { code: 'EINVAL', syscall: 'listen', fd })
}
