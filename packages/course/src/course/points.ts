import type { Level } from '@hs/conformance'

export interface Weighted {
  readonly id: string
  readonly level: Level
  readonly weight: number
}

/** Whether `selector` names this case: its id, or the beginning of it (`S`, `S1`). */
export function names(selector: string, id: string): boolean {
  return id === selector || id.startsWith(`${selector}.`) || (selector.length === 1 && id.startsWith(selector))
}

/**
 * Points per case. A number is spread over all cases that count (MAY does not), by weight. In a table each key's points
 * are spread over the cases that it names and no longer key does.
 */
export function assignPoints(
  cases: readonly Weighted[],
  points: number | Readonly<Record<string, number>>,
): Map<string, number> {
  if (typeof points === 'number') {
    const counting = cases.filter(({ level, weight }) => level !== 'MAY' && weight > 0)
    return spread(counting, points)
  }
  const keys = Object.keys(points).sort((a, b) => b.length - a.length)
  const groups = new Map<string, Weighted[]>()
  for (const one of cases) {
    const key = keys.find((name) => names(name, one.id))
    if (key !== undefined) groups.set(key, [...(groups.get(key) ?? []), one])
  }
  return new Map([...groups].flatMap(([key, group]) => [...spread(group, points[key]!)]))
}

/** In hundredths, so that nothing is lost: what is left over goes to the cases that were rounded down the most. */
function spread(cases: readonly Weighted[], points: number): Map<string, number> {
  const total = cases.reduce((sum, { weight }) => sum + (weight || 1), 0)
  const hundredths = Math.round(points * 100)
  const shares = cases.map(({ id, weight }) => {
    const exact = (hundredths * (weight || 1)) / total
    return { id, whole: Math.floor(exact), rest: exact - Math.floor(exact) }
  })
  let left = hundredths - shares.reduce((sum, { whole }) => sum + whole, 0)
  for (const share of [...shares].sort((a, b) => b.rest - a.rest)) {
    if (left-- <= 0) break
    share.whole++
  }
  return new Map(shares.map(({ id, whole }) => [id, whole / 100]))
}
