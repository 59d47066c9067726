import { readFileSync } from 'node:fs'

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
