import { checkClient } from './check-client.js'
import { checkServer } from './check-server.js'
import type { Expectation, Kind, Report } from './report.js'
import type { CheckOptions } from './run.js'

/** One line of a matrix. */
export interface Program {
  readonly name: string
  /** Default `'server'`. */
  readonly kind?: Kind
  /** Words, or one text that is cut at its blanks. */
  readonly command: string | readonly string[]
  readonly cwd?: string
  readonly expect?: Expectation
  readonly errors?: 'stdout' | 'stderr' | 'either'
  /** Shown beside the name. */
  readonly note?: string
}

export interface MatrixOptions extends CheckOptions {
  /** How many programs are checked at a time. Default 1: what else runs on the machine slows a program down. */
  readonly jobs?: number
  readonly onReport?: (report: Report, at: number, of: number) => void
}

/** @throws {TypeError} If the data is no list of programs, with the place where it stops being one. */
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

/** Checks many programs; the reports are in the order of the programs. */
export async function checkMatrix(
  programs: readonly Program[],
  { jobs = 1, onReport, ...options }: MatrixOptions = {},
): Promise<Report[]> {
  const reports: Report[] = []
  let next = 0
  const work = async () => {
    for (let at = next++; at < programs.length; at = next++) {
      const { name, kind = 'server', command, cwd, expect, errors } = programs[at]!
      const words = typeof command === 'string' ? command.trim().split(/\s+/) : command
      const own = { ...options, name, ...(cwd !== undefined && { cwd }), ...(errors && { errors }) }
      const report =
        kind === 'server'
          ? await checkServer({ command: words }, { ...own, ...(expect && { expect }) })
          : await checkClient({ command: words }, own)
      reports[at] = report
      onReport?.(report, at, programs.length)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, work))
  return reports
}
