/** The list of programs of a matrix, as its file has it. */
import { type Check, oneOf, text } from '@hs/options'
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

const FIELDS = {
  kind: oneOf('server', 'client'),
  cwd: text(),
  expect: oneOf('sequential', 'threads', 'events', 'processes', 'concurrent'),
  errors: oneOf('stdout', 'stderr', 'either'),
  note: text(),
} as const

/** @throws {TypeError | RangeError} If the data is not a list of programs, with the place of the mistake. */
export function parsePrograms(data: unknown): Program[] {
  const list = Array.isArray(data) ? data : (data as { programs?: unknown } | null)?.programs
  if (!Array.isArray(list)) throw new TypeError('expected a list of programs, or an object with a list "programs"')
  return list.map((item: Partial<Program> | null, at) => {
    const { name, command } = item ?? {}
    if (typeof name !== 'string') throw new TypeError(`program ${at + 1}: "name" must be a text`)
    const where = `program ${at + 1} (${name})`
    const words = Array.isArray(command) && command.length > 0 && command.every((word) => typeof word === 'string')
    if (!words && (typeof command !== 'string' || command.trim() === '')) {
      throw new TypeError(`${where}: "command" must be a text or a list of words`)
    }
    for (const [key, check] of Object.entries(FIELDS) as [keyof typeof FIELDS, Check<unknown>][]) {
      if (item?.[key] !== undefined) check.read(`${where}: "${key}"`, item[key])
    }
    return item as Program
  })
}
