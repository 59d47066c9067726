import explanations from './explanations.md'

export interface Explanation {
  readonly text: string
  /** The line that usually mends it, by language. */
  readonly fix: Readonly<Record<string, string>>
}

type Section = 'Symptoms' | 'Causes' | 'Reasons of rules' | 'Notes'

/** Reads explanations.md: `##` headings are sections, `###` headings keys, lists lines of code by language. */
function parse(markdown: string): ReadonlyMap<string, Explanation> {
  const all = new Map<string, Explanation>()
  for (const part of markdown.split(/^## /m).slice(1)) {
    const [section, ...entries] = part.split(/^### /m)
    for (const entry of entries) {
      const [key = '', ...lines] = entry.split('\n')
      all.set(`${section!.trim()}/${key.trim()}`, explanationOf(lines))
    }
  }
  return all
}

function explanationOf(lines: readonly string[]): Explanation {
  const fix = lines.flatMap((line) => {
    const [, language, code] = /^- (\w+): `(.*)`$/.exec(line) ?? []
    return language ? [[language, code!] as const] : []
  })
  const text = lines.filter((line) => !line.startsWith('- ')).join(' ')
  return { text: text.replace(/\s+/g, ' ').trim(), fix: Object.fromEntries(fix) }
}

const ALL = parse(explanations)

/** `Section/key` of every entry, for the test that compares them with the tables. */
export const EXPLAINED: readonly string[] = [...ALL.keys()]

/**
 * An entry of explanations.md, its `{names}` filled in. Of several keys, the first that exists.
 *
 * @throws {Error} If none does: a test compares the keys with the tables.
 */
export function explained(
  section: Section,
  keys: readonly string[],
  values: Readonly<Record<string, string | number>> = {},
): Explanation {
  const found = keys.map((key) => ALL.get(`${section}/${key}`)).find((one) => one !== undefined)
  if (!found) throw new Error(`explanations.md has no ${section} ${keys.join(' or ')}`)
  return { ...found, text: found.text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)) }
}
