/** What the command line names: cases and files. */
import { readFileSync } from 'node:fs'
import { UsageError } from '@hs/command-line'
import type { CheckOptions } from '../check.js'
import type { CaseDescription } from '../list.js'
import type { Report } from '../report/report.js'
import { selects } from '../select.js'
import type { Judging } from './commands.js'

type Cases = readonly CaseDescription[]

/** @throws {UsageError} If no case begins with one of the ids. */
export function knownIds(ids: readonly string[], cases: Cases): readonly string[] {
  const unknown = ids.find((id) => !cases.some((one) => selects({ only: [id] }, one.id)))
  if (unknown !== undefined) throw new UsageError(`no case begins with "${unknown}"; --list shows them`)
  return ids
}

export function judgingOf(
  { only, skip, strict, baseline }: Judging,
  cases: Cases,
): Pick<CheckOptions, 'only' | 'skip' | 'strict' | 'baseline'> {
  return {
    ...(only && { only: knownIds(only, cases) }),
    ...(skip && { skip: knownIds(skip, cases) }),
    ...(baseline !== undefined && { baseline: baselineFrom(baseline, cases) }),
    strict,
  }
}

/** Parses a file of JSON. @throws {UsageError} With the name of the file, whatever is wrong with it. */
export function readJson<T>(file: string, parse: (data: unknown) => T): T {
  const text = attempt('', () => readFileSync(file, 'utf8'))
  const data: unknown = attempt(`${file} is not JSON: `, () => JSON.parse(text))
  return attempt(`${file}: `, () => parse(data))
}

function attempt<T>(about: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new UsageError(`${about}${(error as Error).message}`)
  }
}

/** Ids, one per line or in a JSON list; or what failed in a JSON report of an earlier run. */
function baselineFrom(file: string, cases: Cases): string[] {
  const text = attempt('baseline: ', () => readFileSync(file, 'utf8'))
  const ids = /^\s*[[{]/.test(text) ? readJson(file, idsIn) : linesOf(text)
  const unknown = ids.find((id) => !cases.some((one) => one.id === id))
  if (unknown !== undefined) throw new UsageError(`baseline: unknown case "${unknown}"`)
  return ids
}

function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim())
  return lines.filter(Boolean)
}

function idsIn(data: unknown): string[] {
  if (Array.isArray(data)) return data.map(String)
  const { results } = data as Partial<Report>
  if (!Array.isArray(results)) throw new TypeError('neither ids nor a report')
  return results.filter(({ verdict }) => verdict === 'failed' || verdict === 'blocked').map(({ id }) => id)
}
