import { wrongType, wrongValue } from './refusal.js'

/** What one option may be. Invariant in `T`, so that a check that admits less or more than the type does not compile. */
export interface Check<in out T> {
  /** Continues `port must be`: `an integer from 0 to 65535`. */
  readonly expected: string
  /**
   * Gives the value, copied where it is a list or a record.
   *
   * @param name - How the error calls it.
   * @throws {TypeError} For another type, with the code `ERR_INVALID_ARG_TYPE`.
   * @throws {RangeError} For another value, with the code `ERR_OUT_OF_RANGE` (numbers) or `ERR_INVALID_ARG_VALUE`.
   */
  read(name: string, value: unknown): T
}

/** A check of two questions: is it of this type, and is it a value that makes sense? */
export function check<T>(
  expected: string,
  hasType: (value: unknown) => boolean,
  makesSense: (value: never) => boolean,
): Check<T> {
  return {
    expected,
    read(name, value) {
      if (!hasType(value)) throw wrongType(name, expected, value)
      if (!makesSense(value as never)) throw wrongValue(name, expected, value)
      return value as T
    },
  }
}

const always = () => true
const isNumber = (value: unknown) => typeof value === 'number'
const isString = (value: unknown) => typeof value === 'string'
const isObject = (value: unknown): value is Record<PropertyKey, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function integer(least: number, most: number = Number.MAX_SAFE_INTEGER): Check<number> {
  const expected =
    most === Number.MAX_SAFE_INTEGER ? `an integer of at least ${least}` : `an integer from ${least} to ${most}`
  return check(expected, isNumber, (value: number) => Number.isSafeInteger(value) && value >= least && value <= most)
}

/** A finite number. Durations are finite, too: a limit that never ends is not a limit, and a large one does as well. */
export function atLeast(least: number): Check<number> {
  return check(`a number of at least ${least}`, isNumber, (value: number) => value >= least && Number.isFinite(value))
}

export function moreThan(bound: number): Check<number> {
  return check(`a number of more than ${bound}`, isNumber, (value: number) => value > bound && Number.isFinite(value))
}

export function boolean(): Check<boolean> {
  return check('true or false', (value) => typeof value === 'boolean', always)
}

export function text(): Check<string> {
  return check('a string', isString, always)
}

/** One of a closed set. */
export function oneOf<const T extends string | number>(...values: readonly T[]): Check<T> {
  const types = new Set(values.map((value) => typeof value as string))
  return check(
    listed(values),
    (value) => types.has(typeof value),
    (value: T) => values.includes(value),
  )
}

// biome-ignore lint/complexity/noBannedTypes: any function at all
export function aFunction<T extends Function>(): Check<T> {
  return check('a function', (value) => typeof value === 'function', always)
}

/** An object, known by its shape and not by its class, of which there may be several. */
export function objectLike<T extends object>(
  expected: string,
  hasShape: (value: Readonly<Record<PropertyKey, unknown>>) => boolean,
): Check<T> {
  return check(expected, (value) => isObject(value) && hasShape(value), always)
}

/** Tries one after the other; a value of the type of none is refused with all that it might be. */
export function either<A, B>(first: Check<A>, second: Check<B>): Check<A | B> {
  const expected = `${first.expected}, or ${second.expected}`
  return {
    expected,
    read(name, value) {
      try {
        return first.read(name, value)
      } catch (error) {
        if (error instanceof RangeError) throw wrongValue(name, expected, value)
      }
      try {
        return second.read(name, value)
      } catch {
        throw wrongType(name, expected, value)
      }
    },
  }
}

/** @param each - What its items are, in the plural. */
export function listOf<T>(item: Check<T>, each: string, least = 0): Check<readonly T[]> {
  const expected = `an array of ${least > 0 ? 'one or more ' : ''}${each}`
  return {
    expected,
    read(name, value) {
      if (!Array.isArray(value)) throw wrongType(name, expected, value)
      if (value.length < least) throw wrongValue(name, expected, value)
      return Array.from(value, (one, at) => item.read(`${name}[${at}]`, one))
    },
  }
}

/** `'auto', 'node' or 'linux'`. */
function listed(values: readonly (string | number)[]): string {
  const shown = values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value)))
  return shown.length === 1 ? shown[0]! : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`
}
