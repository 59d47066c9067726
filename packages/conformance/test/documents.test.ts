import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CLAUSES } from '../src/catalogue/clauses.js'
import { listCases } from '../src/index.js'
import { MUTANTS } from './mutants.js'
import { withTables } from './table.js'

const document = (name: string) => new URL(`../../../docs/${name}`, import.meta.url)
const read = (name: string) => readFileSync(document(name), 'utf8')

/** The words of a clause, whether it stands in a list or in the table of the exchange. */
function clausesOf(markdown: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const [, id, text] of markdown.matchAll(/^- \*\*(HS-[\d.]+)\*\* ([\s\S]*?)(?=\n- \*\*|\n\n)/gm)) {
    found.set(id!, text!.replace(/\s+/g, ' ').trim())
  }
  for (const line of markdown.split('\n')) {
    const [, id] = /^\| \*\*(HS-[\d.]+)\*\*/.exec(line) ?? []
    if (!id) continue
    const cells = line
      .split('|')
      .slice(2, -1)
      .map((cell) => cell.trim())
    // Client, wire, server: what a side does is the longest of them.
    const [client = '', , server = ''] = cells
    found.set(id, client || server)
  }
  return found
}

describe('documents', () => {
  it('quote the clauses of PROTOCOL.md word for word', () => {
    const clauses = clausesOf(`${read('PROTOCOL.md')}\n\n`)
    for (const [id, text] of Object.entries(CLAUSES)) expect(text, id).toBe(clauses.get(id))
  })

  it('list every rule, every case and every mutant as they are', () => {
    const text = read('CONFORMANCE.md')
    if (process.env.HS_WRITE_TABLES === '1') writeFileSync(document('CONFORMANCE.md'), withTables(text))
    expect(read('CONFORMANCE.md')).toBe(withTables(text))
  })
})

describe('the list of cases', () => {
  const cases = listCases()
  const ids = cases.map(({ id }) => id)

  it('has each id once, and names only cases that there are', () => {
    expect(new Set(ids).size).toBe(ids.length)
    for (const { reportedBy } of cases) for (const { by } of reportedBy) expect(ids).toContain(by)
  })

  it('explains each case in at least one sentence', () => {
    for (const { id, explain } of cases) expect(explain, id).toMatch(/\w{3}.*[.!?]$/)
  })

  it('is met by at least forty mutants, each of which names a case', () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(40)
    for (const { caught } of MUTANTS) expect(ids).toContain(caught)
  })
})
