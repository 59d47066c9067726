import type { Check } from './check.js'
import { wrongOptions, wrongType } from './refusal.js'

/** One option of a table: must it be given, and what is it if not? */
export interface Entry<in out T> {
  readonly check: Check<T>
  readonly required: boolean
  readonly preset: T | undefined
}
export interface RequiredEntry<in out T> extends Entry<T> {
  readonly required: true
}
export interface PresetEntry<in out T> extends Entry<T> {
  readonly preset: T
}

/** An entry for each option of `O`: one that is missing, or whose check has another type, does not compile. */
export type Table<O> = {
  readonly [K in keyof O]-?: Record<never, never> extends Pick<O, K>
    ? Entry<Exclude<O[K], undefined>>
    : RequiredEntry<Exclude<O[K], undefined>>
}

/** The names in `T` that have a value in the end. */
type Certain<T> = {
  [K in keyof T]: T[K] extends { readonly preset: NonNullable<unknown> } | { readonly required: true } ? K : never
}[keyof T]

/** The options, checked and copied: what is required or has a preset is there, and nothing is `undefined`. */
export type Checked<O, T> = { readonly [K in keyof O & Certain<T>]-?: Exclude<O[K], undefined> } & {
  readonly [K in Exclude<keyof O, Certain<T>>]?: Exclude<O[K], undefined>
}

export function required<T>(check: Check<T>): RequiredEntry<T> {
  return { check, required: true, preset: undefined }
}
export function optional<T>(check: Check<T>): Entry<T>
export function optional<T>(check: Check<T>, preset: T): PresetEntry<T>
export function optional<T>(check: Check<T>, preset?: T): Entry<T> {
  return { check, required: false, preset }
}

/**
 * Checks the caller's options at the door. Each is read once; the caller's object is never written to, nor kept.
 * `undefined` is the same as not given. A name that does not exist is refused: a misspelt deadline would
 * otherwise go unnoticed.
 *
 * @param whose - The function that they are for, as errors call it.
 * @throws {TypeError | RangeError} As {@link Check.read}; and what a getter of the caller's throws.
 */
export function checkOptions<O extends object, const T extends Table<O>>(
  whose: string,
  options: O,
  table: T & Table<O>,
): Checked<O, T> {
  return readRecord(`the options of ${whose}`, '', options, table as never) as Checked<O, T>
}

/** An option that is a record of options itself. */
export function record<O extends object>(expected: string, table: Table<O>): Check<O> {
  return {
    expected,
    read: (name, value) => readRecord(name, `${name}.`, value, table as never, expected) as O,
  }
}

function readRecord(
  name: string,
  prefix: string,
  value: unknown,
  table: Readonly<Record<string, Entry<unknown>>>,
  expected = 'an object',
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(name, expected, value)
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(table, key)) throw unknownOption(`${prefix}${key}`, name, key, Object.keys(table))
  }
  const copy: Record<string, unknown> = {}
  for (const [key, { check, required, preset }] of Object.entries(table)) {
    const given: unknown = (value as Record<string, unknown>)[key]
    if (given !== undefined || required) copy[key] = check.read(prefix + key, given)
    else if (preset !== undefined) copy[key] = preset
  }
  return copy
}

function unknownOption(shown: string, whose: string, key: string, names: readonly string[]): TypeError {
  const near = nearest(key, names)
  const hint = near ? `did you mean ${near}?` : `they are ${names.join(', ')}`
  return wrongOptions(`${JSON.stringify(shown.slice(0, 64))} is not one of ${whose}: ${hint}`)
}

/** The name that was meant, if it was misspelled. */
export function nearest(key: string, names: readonly string[]): string | undefined {
  return names.find((name) => isNear(name.toLowerCase(), key.toLowerCase()))
}

/** One begins with the other, or they differ in two letters at most, and in no more than half of them. */
function isNear(name: string, key: string): boolean {
  if (key.length > 2 && (name.startsWith(key) || key.startsWith(name))) return true
  if (Math.abs(name.length - key.length) > 2) return false
  let row = Array.from({ length: key.length + 1 }, (_, at) => at)
  for (let at = 1; at <= name.length; at++) {
    const next = [at]
    for (let to = 1; to <= key.length; to++) {
      const same = name[at - 1] === key[to - 1] ? 0 : 1
      next.push(Math.min(row[to]! + 1, next[to - 1]! + 1, row[to - 1]! + same))
    }
    row = next
  }
  return row.at(-1)! <= Math.min(2, name.length / 2)
}
