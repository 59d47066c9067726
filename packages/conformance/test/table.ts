import { listCases } from '../src/catalog.js'
import { MUTANTS } from './mutants.js'

const BEGIN = '<!-- made from test/mutants.ts and the cases; a test compares -->'

/** The tables of docs/CONFORMANCE.md. */
function tables(): string {
  const cases = listCases().map(
    ({ id, level, clause, weight, title }) => `| ${id} | ${level} | ${clause} | ${weight} | ${title} |`,
  )
  const mutants = MUTANTS.map(({ source, flag, more = [], what, caught, expect }) => {
    const titled = listCases().find(({ id }) => id === caught)!.title
    return `| \`${source}.c\` | ${[flag, ...more].map((name) => `\`BUG_${name}\``).join(' ')} | ${what} | ${caught}${expect ? ` with \`--expect ${expect}\`` : ''} | ${titled} |`
  })
  return [
    BEGIN,
    '',
    '## Cases',
    '',
    '| id | level | clause | weight | what must be |',
    '| --- | --- | --- | --- | --- |',
    ...cases,
    '',
    '## Mutants',
    '',
    '| program | flag | what is wrong with it | caught by | |',
    '| --- | --- | --- | --- | --- |',
    ...mutants,
    '',
  ].join('\n')
}

/** What stands before the tables is written by hand. */
export function withTables(document: string): string {
  const at = document.indexOf(BEGIN)
  return `${(at < 0 ? document : document.slice(0, at)).trimEnd()}\n\n${tables()}`
}
