/** Rows of a CSV file (RFC 4180): quotes, commas and newlines in them, CRLF or LF, with or without a byte order mark. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy
  cell.lastIndex = text.startsWith('\ufeff') ? 1 : 0
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex
    const match = cell.exec(text)
    if (!match) throw new RangeError(`line ${text.slice(0, at).split('\n').length}: a quote is never closed`)
    const [, quoted, plain, end] = match
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!)
    if (end === ',' && cell.lastIndex === text.length) rows.at(-1)!.push('')
    else if (end !== ',' && end !== '') rows.push([])
  }
  return rows.filter((row) => row.some((value) => value !== ''))
}

/** One file. What a spreadsheet would take for a formula is made a text: names are written by students. */
export function formatCsv(rows: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number) => {
    const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value)
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}
