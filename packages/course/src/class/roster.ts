import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseCsv } from './csv.js'

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

interface Line {
  readonly id: string
  readonly name: string
  readonly email?: string
}

/**
 * The class: every folder of the submissions, and everyone on the roster.
 *
 * @param tell - Gets one line for whatever does not match.
 * @throws {Error} If the roster or the folder of submissions cannot be read; the message names file and line.
 */
export function listClass(submissions: string, roster: string | undefined, tell: (line: string) => void): Entry[] {
  const lines = roster === undefined ? undefined : readRoster(roster, tell)
  const byId = new Map(lines?.map((line) => [line.id, line]))
  const found = readdirSync(submissions, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'))
  const entries: Entry[] = []
  for (const { name: id } of found.sort((a, b) => a.name.localeCompare(b.name))) {
    const path = join(submissions, id)
    const info = lstatSync(path)
    const line = byId.get(id)
    if (!info.isDirectory() && !info.isSymbolicLink()) {
      tell(`${path}: is not a folder and is left out; unpack it first if it is an archive`)
      continue
    }
    if (lines && !line) tell(`${path}: its id "${id}" is not on the roster; it is graded anyway`)
    const student = { id, name: line?.name ?? id, ...(line?.email && { email: line.email }) }
    byId.delete(id)
    entries.push(
      info.isDirectory()
        ? { ...student, folder: path }
        : { ...student, problem: 'it is a link, which is not followed' },
    )
  }
  for (const { id, name, email } of byId.values()) {
    tell(`${roster}: ${name} has no folder "${id}" in ${submissions}`)
    entries.push({ id, name, ...(email && { email }) })
  }
  return entries
}

function readRoster(file: string, tell: (line: string) => void): Line[] {
  const [head = [], ...rows] = parseCsv(readFileSync(file, 'utf8'))
  const column = (...titles: string[]) => head.findIndex((title) => titles.includes(title.trim().toLowerCase()))
  const id = column('id', 'folder', 'sid', 'username', 'login')
  const name = column('name', 'student', 'full name')
  const email = column('email', 'e-mail', 'mail')
  if (id < 0) throw new Error(`line 1: has no column "id" (it has: ${head.join(', ') || 'nothing'})`)
  const seen = new Set<string>()
  return rows.flatMap((row, at) => {
    const key = row[id]?.trim() ?? ''
    if (key === '' || seen.has(key)) {
      tell(`${file}: line ${at + 2}: ${key === '' ? 'has no id' : `"${key}" is there twice`}; it is left out`)
      return []
    }
    seen.add(key)
    return [{ id: key, name: row[name]?.trim() || key, ...(row[email] && { email: row[email].trim() }) }]
  })
}
