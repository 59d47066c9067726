/** Whether `--only` and `--skip` leave a case in. */
export function selects(
  { only = [], skip = [] }: { readonly only?: readonly string[]; readonly skip?: readonly string[] },
  id: string,
): boolean {
  const begins = (prefix: string) => id === prefix || id.startsWith(prefix.endsWith('.') ? prefix : `${prefix}.`)
  const any = (prefixes: readonly string[]) =>
    prefixes.some((prefix) => begins(prefix) || (prefix.length === 1 && id.startsWith(prefix)))
  return (only.length === 0 || any(only)) && !any(skip)
}

/** S2.9 before S2.10. */
export const compareIds: (a: string, b: string) => number = new Intl.Collator('en', { numeric: true }).compare

/** Words as a shell takes them. */
export const shellWords = (words: readonly string[]): string =>
  words.map((word) => (/^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ')
