/** What a value of JSON must have at least; there may be more of it. */
export type Shape = typeof AMOUNT | typeof TEXT | Check | { readonly [name: string]: Shape }

export const AMOUNT = 'a number of at least 0'
export const TEXT = 'a string'

/** @returns What is wrong, and where: `targets[0].opened must be …`. */
type Check = (value: unknown, path: string) => string | undefined

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function optional(shape: Shape): Check {
  return (value, path) => (value === undefined ? undefined : misshapen(value, shape, path))
}

export function listOf(item: Shape): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return `${path} must be an array`
    return firstOf(value, (one, at) => misshapen(one, item, `${path}[${at}]`))
  }
}

/** A record with any names. */
export function recordOf(each: Shape): Check {
  return (value, path) => {
    if (!isRecord(value)) return `${path} must be an object`
    return firstOf(Object.entries(value), ([name, one]) => misshapen(one, each, `${path}.${name}`))
  }
}

/** @returns What is wrong with a value, and where; undefined if nothing is. */
export function misshapen(value: unknown, shape: Shape, path: string): string | undefined {
  if (typeof shape === 'function') return shape(value, path)
  if (shape === AMOUNT) return Number.isFinite(value) && (value as number) >= 0 ? undefined : `${path} must be ${shape}`
  if (shape === TEXT) return typeof value === 'string' ? undefined : `${path} must be ${shape}`
  if (!isRecord(value)) return `${path} must be an object`
  return firstOf(Object.entries(shape as Readonly<Record<string, Shape>>), ([name, one]) =>
    misshapen(value[name], one, path === '' ? name : `${path}.${name}`),
  )
}

function firstOf<T>(all: readonly T[], wrong: (one: T, at: number) => string | undefined): string | undefined {
  for (const [at, one] of all.entries()) {
    const found = wrong(one, at)
    if (found !== undefined) return found
  }
  return undefined
}
