export interface Row {
  /** Where it begins. */
  readonly line: number
  readonly cells: readonly string[]
}

/**
 * Rows of a CSV file (RFC 4180): quotes, separators and newlines in them, CRLF or LF. What separates cells is found in the
 * first line: spreadsheets write a comma, a semicolon or a tab, by country. Rows without any text are left out.
 */
export function parseCsv(text: string): Row[] {
  const separator = /^(?:"(?:[^"]|"")*"|[^",;\t\r\n])*([,;\t])/.exec(text)?.[1] ?? ','
  const cell = new RegExp(`(?:"((?:[^"]|"")*)"|((?!")[^${separator}\r\n]*))(${separator}|\r?\n|$)`, 'gy')
  const rows: { line: number; cells: string[] }[] = [{ line: 1, cells: [] }]
  for (let line = 1; cell.lastIndex < text.length; ) {
    const match = cell.exec(text)
    if (!match) throw new RangeError(`line ${line}: a quote is not closed, or is followed by more`)
    const [whole, quoted, plain, end] = match
    line += whole.split('\n').length - 1
    rows.at(-1)!.cells.push(quoted?.replaceAll('""', '"') ?? plain!)
    if (end === separator && cell.lastIndex === text.length) rows.at(-1)!.cells.push('')
    else if (end !== separator && end !== '') rows.push({ line, cells: [] })
  }
  return rows.filter(({ cells }) => cells.some((value) => value !== ''))
}

/** One file. What a spreadsheet would take for a formula is made a text: names are written by students. */
export function formatCsv(rows: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number) => {
    const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value)
    return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}
