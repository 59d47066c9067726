import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { CourseError } from '../course/toml.js'
import { readText } from '../files.js'
import { parseCsv, type Row } from './csv.js'

/** A student: on the roster, or with a folder. */
export interface Entry {
  /** The folder's name. */
  readonly id: string
  readonly name: string
  readonly email?: string
  /** Undefined: nothing was handed in, or nothing that could be looked at. */
  readonly folder?: string
  readonly problem?: string
}

type Line = Pick<Entry, 'id' | 'name' | 'email'>

/**
 * The class: every folder of the submissions, and everyone on the roster.
 *
 * @param tell - Gets one line for whatever does not match.
 * @throws {Error} If the roster or the folder of submissions cannot be read; one line.
 */
export function listClass(submissions: string, roster: string | undefined, tell: (line: string) => void): Entry[] {
  const lines = roster === undefined ? undefined : readRoster(roster, tell)
  // One name may be written in several ways: macOS takes letters and their accents apart.
  const byId = new Map(lines?.map((line) => [line.id.normalize(), line]))
  const found = readdirSync(submissions, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'))
  const entries: Entry[] = []
  for (const one of found.sort((a, b) => a.name.localeCompare(b.name))) {
    const id = one.name
    const path = join(submissions, id)
    const line = byId.get(id.normalize())
    if (!one.isDirectory() && !one.isSymbolicLink()) {
      tell(`${path}: is not a folder and is left out; unpack it first if it is an archive`)
      continue
    }
    if (lines && !line) tell(`${path}: its id "${id}" is not on the roster; it is graded anyway`)
    byId.delete(id.normalize())
    const problem = one.isSymbolicLink() ? 'it is a link, which is not followed' : undefined
    entries.push({ name: id, ...line, id, ...(problem === undefined ? { folder: path } : { problem }) })
  }
  for (const line of byId.values()) {
    tell(`${roster}: ${line.name} has no folder "${line.id}" in ${submissions}`)
    entries.push(line)
  }
  return entries
}

function readRoster(file: string, tell: (line: string) => void): Line[] {
  const [head, ...rows] = rowsOf(file)
  const titles = head?.cells.map((title) => title.trim().toLowerCase()) ?? []
  const [id = -1, name = -1, email = -1] = COLUMNS.map((names) => titles.findIndex((title) => names.includes(title)))
  if (id < 0) {
    throw new CourseError(`${file}:${head?.line ?? 1}: has no column "id" (it has: ${titles.join(', ') || 'nothing'})`)
  }
  const seen = new Set<string>()
  return rows.flatMap(({ line, cells }) => {
    const at = (column: number) => cells[column]?.trim()
    const key = at(id) ?? ''
    if (key === '' || seen.has(key.normalize())) {
      tell(`${file}:${line}: ${key === '' ? 'has no id' : `"${key}" is there twice`}; it is left out`)
      return []
    }
    seen.add(key.normalize())
    return [{ id: key, name: at(name) || key, ...(at(email) && { email: at(email)! }) }]
  })
}

/** Of an id, a name, an address. */
const COLUMNS = [
  ['id', 'folder', 'sid', 'username', 'login'],
  ['name', 'student', 'full name'],
  ['email', 'e-mail', 'mail'],
]

function rowsOf(file: string): Row[] {
  const text = readText(file)
  try {
    return parseCsv(text)
  } catch (error) {
    throw new CourseError(`${file}: ${(error as Error).message}`)
  }
}
