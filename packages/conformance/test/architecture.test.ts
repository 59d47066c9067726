/** The arrows between the folders, the depth of imports, and how long things may be. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const SOURCE = new URL('../src/', import.meta.url).pathname
const files = (readdirSync(SOURCE, { recursive: true }) as string[]).filter((file) => file.endsWith('.ts')).sort()
const read = (file: string) => readFileSync(join(SOURCE, file), 'utf8')

/** `values`: without imports of types, which are gone when the program runs. */
const importsOf = (file: string, values = false) =>
  [...read(file).matchAll(/^(?:import|export)( type)?([^'"]*?)from '(\.[^']+)\.js'/gm)]
    .filter(([, type, names]) => !values || (!type && !/^\s*\{(\s*type \w+,?)+\s*\}\s*$/.test(names!)))
    .map(([, , , path]) => relative(SOURCE, join(SOURCE, dirname(file), `${path}.ts`)))

/** Files beside the folders that all of them may import. */
const COMMON = ['message.ts', 'select.ts']

/** What each folder may import besides itself. Files beside the folders (`''`) join them; cli/ takes only their types. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  engine: [],
  observe: [],
  judge: ['observe'],
  attribute: ['judge'],
  explain: ['judge', 'observe'],
  catalogue: [],
  report: ['catalogue'],
  cli: ['', 'report'],
}

const folderOf = (file: string) => (file.includes('/') ? file.split('/')[0]! : '')

describe('the folders of the checker', () => {
  it('import only what is below them', () => {
    for (const file of files.filter((one) => folderOf(one) in ARROWS)) {
      for (const target of importsOf(file)) {
        const [from, to] = [folderOf(file), folderOf(target)]
        if (from === to || COMMON.includes(target)) continue
        // Types cost nothing at run time, and clauses.ts is a text.
        expect(ARROWS[from], `${file} imports ${target}`).toContain(to)
      }
    }
  })

  it('import in at most 8 levels, without a cycle', () => {
    const level = new Map<string, number>()
    const of = (file: string, path: readonly string[] = []): number => {
      expect(path, `cycle: ${[...path, file].join(' -> ')}`).not.toContain(file)
      const known = level.get(file)
      if (known !== undefined) return known
      const below = importsOf(file, true)
      const own = 1 + Math.max(0, ...below.map((one) => of(one, [...path, file])))
      level.set(file, own)
      return own
    }
    const deepest = files.map((file) => [of(file), file] as const).sort(([a], [b]) => b - a)[0]!
    expect(deepest[0], deepest[1]).toBeLessThanOrEqual(8)
  })

  it('have no file above 300 lines and no function above 40', () => {
    for (const file of files) {
      const lines = read(file).split('\n')
      expect(lines.length, file).toBeLessThanOrEqual(301)
      for (const [at, line] of lines.entries()) {
        const [, indent] =
          /^( *)(?:export )?(?:async )?(?:function\*? \w+|[\w#]+\(.*\).*\{$|(?:const|readonly) \w+ = .*=> \{$)/.exec(
            line,
          ) ?? []
        if (indent === undefined || /^ *(?:if|for|while|switch)\b/.test(line)) continue
        const end = lines.findIndex((other, index) => index > at && other.startsWith(`${indent}}`))
        expect(end - at, `${file}:${at + 1}`).toBeLessThanOrEqual(40)
      }
    }
  })

  it('judge without looking at other cases, and run without knowing HELLO', () => {
    for (const file of files.filter((one) => one.startsWith('judge/'))) expect(read(file), file).not.toMatch(/verdict/)
    for (const file of files.filter((one) => one.startsWith('engine/')))
      expect(read(file), file).not.toMatch(/message\.js|'HELLO/)
  })
})
