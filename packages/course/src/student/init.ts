import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Option, UsageError, writeAll } from '@hs/command-line'
import { command, maybe, name, STATUS } from '../command.js'
import { writeFile } from '../files.js'
import { LANGUAGES, type Language } from '../grade/hint.js'
import starters from './starters.json' with { type: 'json' }

const { languages, parts } = starters

/** Beside the program, where the build puts them. */
const STARTERS = fileURLToPath(new URL('starters/', import.meta.url))

type PartName = keyof typeof parts

const table = {
  positionals: { part: { describe: '3a, 3b or 3c', parse: parsePart } },
  options: {
    language: { describe: 'Of the programs', default: 'c', alias: 'l', choices: LANGUAGES } as Option<Language>,
    folder: maybe('Where to write it; default: hs- and the part', 'folder', name),
  },
} as const

function parsePart(text: string): PartName {
  if (Object.hasOwn(parts, text.toLowerCase())) return text.toLowerCase() as PartName
  throw new UsageError(`must be 3a, 3b or 3c, got "${text}"`)
}

export const initMain = command('init', table, ({ part, language, folder = `hs-${part}` }) => {
  const isNew = !existsSync(folder)
  if (!isNew && !statSync(folder).isDirectory()) throw new UsageError(`${folder} is not a folder`)
  if (!isNew && readdirSync(folder).length > 0) throw new UsageError(`${folder} is there already, and not empty`)
  try {
    for (const [name, text] of starter(part, language)) writeFile(join(folder, name), text)
  } catch (error) {
    // Half of it would be in the way of the next try.
    if (isNew) rmSync(folder, { recursive: true, force: true })
    throw error
  }
  const then = `Read README.md there, then:\n  cd ${quoted(folder)} && make && make next\n`
  writeAll(1, `${folder}: part ${part.toUpperCase()} in ${language}. ${then}`)
  return STATUS.fine
})

/** As a shell takes it for one word. */
function quoted(path: string): string {
  const word = path.startsWith('-') ? `./${path}` : path
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** The files of a starter. */
function starter(part: PartName, language: Language): Map<string, string> {
  const [about, facts] = [parts[part], languages[language]]
  const words: Readonly<Record<string, string>> = {
    ...about,
    ...facts,
    part: part.toUpperCase(),
    // In some languages the system sees threads as something else.
    expect: about.expect === 'threads' ? facts.threads : about.expect,
    files: part === '3a' ? `\`${facts.serverFile}\` and \`${facts.clientFile}\`` : `\`${facts.serverFile}\``,
  }
  const files = new Map<string, string>()
  for (const folder of ['common', language, join(language, about.from)]) {
    for (const name of readdirSync(join(STARTERS, folder), { recursive: true, encoding: 'utf8' })) {
      const path = join(STARTERS, folder, name)
      if (!statSync(path).isFile() || /^(3a|given)\//.test(name)) continue
      files.set(
        name,
        readFileSync(path, 'utf8').replace(/\{\{(\w+)\}\}/g, (_, word) => words[word]!),
      )
    }
  }
  // The same for every language, after what it builds.
  files.set('Makefile', `${files.get('Makefile')}${files.get('targets.mk')}`)
  files.delete('targets.mk')
  return files
}
