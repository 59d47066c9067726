/** What an error says of a value, at most: values come from files and from the network. */
const MOST_CHARACTERS = 64

/** The value has another type than the option: `port must be an integer from 0 to 65535, got '9000' (string)`. */
export function wrongType(name: string, expected: string, value: unknown): TypeError {
  return withCode(new TypeError(`${name} must be ${expected}, got ${describe(value)}`), 'ERR_INVALID_ARG_TYPE')
}

/**
 * The type is right and the value is not.
 *
 * @param reason - Why not, if it is not plain to see.
 */
export function wrongValue(name: string, expected: string, value: unknown, reason?: string): RangeError {
  const code = typeof value === 'number' ? 'ERR_OUT_OF_RANGE' : 'ERR_INVALID_ARG_VALUE'
  const message = `${name} must be ${expected}, got ${describe(value)}${reason ? `: ${reason}` : ''}`
  return withCode(new RangeError(message), code)
}

/** The options as a whole make no sense: a name that does not exist, two that exclude each other. */
export function wrongOptions(message: string): TypeError {
  return withCode(new TypeError(message), 'ERR_INVALID_ARG_VALUE')
}

/** A value and its type, for people; of an object no more than that, since it may be anything. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  switch (typeof value) {
    case 'string':
      return `${quoted(value)} (string)`
    case 'object':
      return 'an object'
    case 'function':
      return 'a function'
    case 'bigint':
      return `${String(value).slice(0, MOST_CHARACTERS)}n (bigint)`
    default:
      return `${Object.is(value, -0) ? '-0' : String(value)} (${typeof value})`
  }
}

/** One line without a character that a terminal would interpret. */
function quoted(text: string): string {
  const shown = text
    .slice(0, MOST_CHARACTERS)
    .replace(/[\p{C}\p{Zl}\p{Zp}'\\]/gu, (character) =>
      character === "'" || character === '\\' ? `\\${character}` : `\\u{${character.codePointAt(0)!.toString(16)}}`,
    )
  return `'${shown}${text.length > MOST_CHARACTERS ? '…' : ''}'`
}

function withCode<E extends Error>(error: E, code: string): E {
  return Object.assign(error, { code })
}
