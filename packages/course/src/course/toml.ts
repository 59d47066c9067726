import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser'

type Document = ReturnType<typeof parseTOML>
type Entry = Document['body'][number]['body'][number]
type KeyValue = Extract<Entry, { type: 'TOMLKeyValue' }>

/** A path into the data: `['parts', 0, 'points']`. */
export type Path = readonly (string | number)[]

/** A file that does not say what it should: one line per mistake, each with file, line and key. */
export class CourseError extends Error {
  override readonly name = 'CourseError'
}

/** Data with the place of each key. */
export interface Toml {
  readonly data: unknown
  /** The line of a key; of the nearest key around it where there is none. */
  line(path: Path): number
}

/** @throws {CourseError} With the line at which the text stops being TOML. */
export function readToml(text: string, file: string): Toml {
  let document: Document
  try {
    document = parseTOML(text)
  } catch (error) {
    const { message, lineNumber, column } = error as Error & { lineNumber: number; column: number }
    throw new CourseError(`${file}:${placeOf(text, lineNumber)}${message} (column ${column + 1})`)
  }
  const lines = new Map<string, number>()
  const note = (path: Path, line: number) => {
    if (!lines.has(path.join('\0'))) lines.set(path.join('\0'), line)
  }
  const noteKeyValue = (base: Path, { key, value, loc }: KeyValue) => {
    const path = [...base, ...key.keys.map((part) => (part.type === 'TOMLBare' ? part.name : part.value))]
    // It is not kept as a key, but changes the object that it is in.
    if (path.includes('__proto__')) throw new CourseError(`${file}:${loc.start.line}: __proto__ cannot be a key`)
    note(path, loc.start.line)
    noteValue(path, value)
  }
  const noteValue = (path: Path, value: KeyValue['value']) => {
    if (value.type === 'TOMLInlineTable') for (const inner of value.body) noteKeyValue(path, inner)
    if (value.type !== 'TOMLArray') return
    for (const [at, element] of value.elements.entries()) {
      note([...path, at], element.loc.start.line)
      noteValue([...path, at], element)
    }
  }
  for (const entry of document.body[0].body) {
    if (entry.type === 'TOMLKeyValue') noteKeyValue([], entry)
    else {
      note(entry.resolvedKey, entry.loc.start.line)
      for (const inner of entry.body) noteKeyValue(entry.resolvedKey, inner)
    }
  }
  return {
    data: getStaticTOMLValue(document),
    line(path) {
      for (let length = path.length; length > 0; length--) {
        const line = lines.get(path.slice(0, length).join('\0'))
        if (line !== undefined) return line
      }
      return 1
    },
  }
}

/** `7: points: `: the line of a syntax error, and its key. At an end of lines, what is wrong is before it. */
function placeOf(text: string, lineNumber: number): string {
  const lines = text.split('\n').slice(0, lineNumber)
  const at = lines.findLastIndex((line) => line.trim() !== '')
  const [, key] = /^\s*\[*\s*([\w."'-]+)\s*(?:[=\]]|$)/.exec(lines[at] ?? '') ?? []
  return `${at + 1}: ${key ? `${key}: ` : ''}`
}

/** `parts[0].points."S1.1"`. */
export function formatPath(path: Path): string {
  return path
    .map((key, at) =>
      typeof key === 'number' ? `[${key}]` : `${at > 0 ? '.' : ''}${/^[\w-]+$/.test(key) ? key : JSON.stringify(key)}`,
    )
    .join('')
}
