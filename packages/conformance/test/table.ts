/** The generated half of docs/CONFORMANCE.md: rules, cases and mutants as tables. */
import { RULES, type Rule } from '../src/attribute/rules.js'
import { explained } from '../src/explain/explain.js'
import { listCases } from '../src/index.js'
import { MUTANTS, type Mutant } from './mutants.js'

const BEGIN = '<!-- made from attribute/rules.ts, the catalogue and test/mutants.ts; a test compares -->'

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)

const code = (words: readonly string[] = []) => words.map((word) => `\`${word}\``).join(', ')

function fairnessRow({ of, symptoms, by, having, when, because }: Rule): string[] {
  const reason = explained('Reasons of rules', [because]).text
  const conditions = `${having ? `, if ${code(having)}` : ''}${when ? ', by comparison' : ''}`
  return [of.join(', '), code(symptoms) || 'any', `${by}${conditions}`, reason]
}

function mutantRow({ source, flags, what, caught, also, expect, cause }: Mutant): string[] {
  const ids = [caught, ...also].join(', ')
  return [
    code([`${source}.c`]),
    code(flags.map((flag) => `BUG_${flag}`)),
    what,
    `${ids}${expect ? ` with \`--expect ${expect}\`` : ''}`,
    code([cause]),
  ]
}

function tables(): string {
  const cases = listCases()
  return [
    BEGIN,
    '',
    '## Which case reports what',
    '',
    'The first rule that applies decides. It applies only if the reporting case itself has failed, or is blocked by',
    'another: then that one is named. "By comparison" means: only if what both cases have shown is alike.',
    '',
    ...table(['seen in', 'symptom', 'reported by', 'because'], RULES.map(fairnessRow)),
    '',
    '## Cases',
    '',
    ...table(
      ['id', 'level', 'clause', 'weight', 'title', 'sends', 'must see'],
      cases.map(({ id, level, clause, weight, title, sends, must }) =>
        [id, level, clause, String(weight), title, sends, must].map((cell) => cell.replaceAll('|', '\\|')),
      ),
    ),
    '',
    '## Mutants',
    '',
    ...table(['program', 'flags', 'what is wrong with it', 'caught by', 'cause'], MUTANTS.map(mutantRow)),
    '',
  ].join('\n')
}

/** What stands before the tables is written by hand. */
export function withTables(document: string): string {
  const at = document.indexOf(BEGIN)
  return `${(at < 0 ? document : document.slice(0, at)).trimEnd()}\n\n${tables()}`
}
