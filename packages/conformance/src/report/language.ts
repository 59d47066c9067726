/** Languages in which explanations.md has the line that usually mends a fault. */
type Language = 'C' | 'Python' | 'Java' | 'Go'

const BY_WORD: readonly (readonly [word: RegExp, language: Language | undefined])[] = [
  [/^python[\d.]*$|^pypy|\.py$/, 'Python'],
  [/^java$|^kotlin$|\.(?:jar|class|java|kt)$/, 'Java'],
  [/^go$|\.go$/, 'Go'],
  // Languages without a line: that of another language would only confuse.
  [/^(?:node|nodejs|deno|bun|tsx|ruby|perl|php|dotnet|lua|Rscript|julia|mono|cargo|swift)$/, undefined],
  [/\.(?:[cm]?js|ts|rb|pl|php|dll|exe|lua|R|jl|rs|swift)$/, undefined],
]

/**
 * Guesses by its command in which language a program is written. An executable says nothing of that; the course's
 * language is C. Of an address, nothing is known.
 */
export function languageOf(target: string): Language | undefined {
  if (!target.startsWith('-- ')) return undefined
  const names = target.split(/[\s'"]+/).map((word) => word.replace(/^.*\//, ''))
  for (const name of names) {
    const found = BY_WORD.find(([word]) => word.test(name))
    if (found) return found[1]
  }
  return 'C'
}
