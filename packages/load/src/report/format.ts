/** Milliseconds for people: three digits that count, with the unit. */
export function formatMs(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`
  if (ms >= 100) return `${ms.toFixed(0)} ms`
  if (ms >= 10) return `${ms.toFixed(1)} ms`
  if (ms >= 1) return `${ms.toFixed(2)} ms`
  return `${Math.round(ms * 1000)} us`
}

/** How long something still takes, for people: no more than they want to know. */
export function formatLeft(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 120) return `${seconds} s left`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min left`
  return `${formatCount(seconds / 3600)} h left`
}

/** `12,345`: whole numbers for people. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** Columns of words: the first one left, the others right. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  )
}
