/**
 * Counts the habits of translated English in everything that people read: documents, comments, messages, test names.
 * `node scripts/prose.ts` lists every occurrence of a habit that is over its limit, and then fails. `--all` lists all.
 * It reads the git repository that it is started in.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

interface Habit {
  readonly name: string
  readonly pattern: RegExp
  /** Occurrences that are accepted in the whole repository. */
  readonly most: number
  readonly instead: string
}

/** "A reader who …" is English; "Who connects and leaves …" is not. */
const PERSON =
  'anyone|everyone|one|people|person|those|reader|student|teacher|grader|developer|operator|user|maintainer|founder|newcomer|author|caller'

const HABITS: readonly Habit[] = [
  {
    name: 'free-standing who',
    pattern: new RegExp(`(?<!\\b(?:${PERSON})s?,?\\s(?:\\* |// |# )?)\\bwho(?:ever)?\\b(?!\\?|\\w|['’]s there)`, 'gi'),
    most: 0,
    instead: 'name the program, the process or the peer',
  },
  {
    name: 'nobody, somebody, everybody',
    pattern: /\b(?:no|some|every)body\b/gi,
    most: 9,
    instead: 'name the thing',
  },
  { name: 'behind', pattern: /\bbehind\b/gi, most: 19, instead: 'after' },
  { name: 'is told', pattern: /\b(?:is|are|was|were|be|been) told\b/gi, most: 0, instead: 'is reported' },
  {
    name: 'is no',
    pattern: /\b(?:is|are) no (?!longer|more\b|such|need|way|reason|place|room|other)\w+/gi,
    most: 4,
    instead: 'is not a',
  },
  {
    name: 'so many, so long',
    pattern: /\bso (?:many|long|often|much)\b(?! that| as)/gi,
    most: 4,
    instead: 'up to N; as long as',
  },
  { name: 'a clause with Where', pattern: /(?<=^|[.:;] |\* )Where [a-z][^,.:?;]*,/gm, most: 4, instead: 'if, when' },
  {
    name: 'translated phrases',
    pattern: /\b(?:as well as ever|comes? to (?:its|their) ends?|goes on(?!\w)|ha(?:s|ve) to be there)\b/gi,
    most: 4,
    instead: 'continues, ends, need',
  },
]

const READ = /\.(?:md|ts|js|cjs|mjs|c|h|css|html|ya?ml|toml|sh|py|json)$|^\.ci\/run$/
/** Not ours to word: lock files, what a tool generates; and this file, which has to name what it looks for. */
const LEFT_OUT = /(?:^|\/)(?:pnpm-lock\.yaml|CHANGELOG\.md|.*\.svg|.*\.schema\.json)$|^scripts\/prose\.ts$/

const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  .toString()
  .split('\0')
  .filter((file) => READ.test(file) && !LEFT_OUT.test(file))

const all = process.argv.includes('--all')
let failed = 0
for (const { name, pattern, most, instead } of HABITS) {
  const found = files.flatMap((file) => occurrences(file, pattern))
  const over = found.length > most
  if (over) failed++
  console.log(`${over ? 'too often' : 'ok'}: ${name}: ${found.length} (at most ${most}; write instead: ${instead})`)
  if (over || all) for (const line of found) console.log(`  ${line}`)
}
process.exitCode = failed > 0 ? 1 : 0

/** `file:line: text` of each place where a pattern matches. */
function occurrences(file: string, pattern: RegExp): string[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(pattern)].map(({ index }) => {
    const before = text.slice(0, index)
    const line = before.split('\n').length
    const start = before.lastIndexOf('\n') + 1
    return `${file}:${line}: ${text.slice(start).split('\n', 1)[0]!.trim()}`
  })
}
