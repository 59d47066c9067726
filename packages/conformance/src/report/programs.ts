/** The list of programs of a matrix, as its file has it. */
import type { Expectation, Kind } from './report.js'

/** One line of a matrix. */
export interface Program {
  readonly name: string
  /** Default `'server'`. */
  readonly kind?: Kind
  /** Words, or one text that is split at its blanks. */
  readonly command: string | readonly string[]
  readonly cwd?: string
  readonly expect?: Expectation
  readonly errors?: 'stdout' | 'stderr' | 'either'
  /** Shown beside the name. */
  readonly note?: string
}

/** @throws {TypeError} If the data is not a list of programs, with the place of the mistake. */
export function parsePrograms(data: unknown): Program[] {
  const list = Array.isArray(data) ? data : (data as { programs?: unknown } | null)?.programs
  if (!Array.isArray(list)) throw new TypeError('expected a list of programs, or an object with a list "programs"')
  return list.map((item: Partial<Program>, at) => {
    const where = `program ${at + 1}`
    if (typeof item?.name !== 'string') throw new TypeError(`${where}: "name" must be a text`)
    const { command } = item
    const words = Array.isArray(command) && command.length > 0 && command.every((word) => typeof word === 'string')
    if (!words && (typeof command !== 'string' || command.trim() === '')) {
      throw new TypeError(`${where} (${item.name}): "command" must be a text or a list of words`)
    }
    if (item.kind !== undefined && item.kind !== 'server' && item.kind !== 'client') {
      throw new TypeError(`${where} (${item.name}): "kind" must be "server" or "client"`)
    }
    return item as Program
  })
}
