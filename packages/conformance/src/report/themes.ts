import type { CaseResult } from './report.js'

/** What the cases of a group have in common. */
const THEMES: Readonly<Record<string, string>> = {
  S1: 'Messages on the wire',
  S2: 'Printing',
  S3: 'Wrong numbers',
  S4: 'Closing',
  S5: 'Staying alive',
  S6: 'Concurrency',
  S7: 'Robustness to TCP',
  S8: 'Usage',
  C1: 'Messages on the wire',
  C2: 'Printing',
  C3: 'Wrong numbers',
  C4: 'Closing, and staying alive',
  C5: 'Robustness to TCP',
  C6: 'Usage',
}

export const themeOf = (id: string): string => THEMES[id.split('.')[0]!] ?? ''

/** How a result is to be taken: `warned` and `undone` are failures that cost nothing, or little. */
export type Mark = keyof typeof MARKS

/** How a mark looks: in a terminal, in Markdown, and in the cell of a page, with what is written beside it there. */
export const MARKS = {
  passed: { sign: '✓', colour: 32, emoji: '✅', cell: '', word: 'passed' },
  failed: { sign: '✗', colour: 31, emoji: '❌', cell: '✗', word: 'failed' },
  warned: { sign: '!', colour: 33, emoji: '⚠️', cell: '!', word: 'should be better' },
  undone: { sign: '·', colour: 90, emoji: '➖', cell: '·', word: 'optional, not done' },
  known: { sign: '≈', colour: 33, emoji: '🟡', cell: '≈', word: 'known failure' },
  blocked: { sign: '-', colour: 31, emoji: '⛔', cell: '–', word: 'blocked by another failure, or not run' },
  unseen: { sign: '?', colour: 90, emoji: '❔', cell: '', word: 'not seen, or does not apply' },
} as const

export function markOf({ verdict, level, known }: CaseResult): Mark {
  if (verdict === 'passed') return 'passed'
  if (verdict === 'failed')
    return known ? 'known' : level === 'MUST' ? 'failed' : level === 'SHOULD' ? 'warned' : 'undone'
  if (verdict === 'blocked' || verdict === 'not-run') return 'blocked'
  return 'unseen'
}

export function byTheme(results: readonly CaseResult[]): [string, CaseResult[]][] {
  const groups = new Map<string, CaseResult[]>()
  for (const result of results) {
    const key = result.id.split('.')[0]!
    groups.set(key, [...(groups.get(key) ?? []), result])
  }
  return [...groups].map(([key, group]) => [THEMES[key] ?? key, group])
}
