import { type Command, kebab, type Option, takesValue } from './options.js'

/** As wide as a terminal always is; a wider one shows no wider lines, so that help looks the same everywhere. */
const COLUMNS = 80
const LEAST_COLUMNS = 40

/** Where descriptions begin, unless the terminal is too narrow for two columns. */
const INDENT = 28

/** Longer lists of choices stand in the description. */
const MOST_CHOICES = 20

/** @returns Whether `--help` or `-h` is among the arguments: it wins over whatever else is there. */
export function asksForHelp(command: Command, argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  const own = end < 0 ? argv : argv.slice(0, end)
  return own.some((word, at) => (word === '--help' || word === '-h') && !takesValue(command, own[at - 1]))
}

/** What `--help` prints. */
export function helpOf(command: Command, columns: number | undefined): string {
  const width = Math.max(LEAST_COLUMNS, Math.min(COLUMNS, columns || COLUMNS))
  const row = ([left, right]: readonly [string, string]) => rowOf(left, right, width)
  const paragraphs = (text: string) => text.split('\n').flatMap((line) => wrap(line, width))
  const options = Object.entries(command.options).map(
    ([name, option]) => [leftOf(name, option), rightOf(option)] as const,
  )
  const words = Object.entries(command.positionals).map(([name, { describe }]) => [`  ${name}`, describe] as const)
  const sections = [
    wrap(`Usage: ${usageOf(command)}`, width),
    paragraphs(command.summary),
    words.length > 0 ? ['Arguments:', ...words.flatMap(row)] : [],
    ['Options:', ...[...options, ...COMMON].flatMap(row)],
    [
      'Examples:',
      ...command.examples.flatMap(([line, what]) => [
        `  ${line}`,
        ...wrap(what, width - 6).map((text) => `      ${text}`),
      ]),
    ],
    paragraphs(command.epilogue),
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n')
}

/** `tcpclient <host> <port> [options]`. */
export function usageOf({ name, positionals }: Command): string {
  const words = Object.entries(positionals).map(([word, { optional }]) => (optional ? `[${word}]` : `<${word}>`))
  return [name, ...words, '[options]'].join(' ')
}

/** A default value as it would be typed. */
export function describePreset(preset: unknown, placeholder: string | undefined): string {
  if (placeholder === 'percent') return `${Number(preset) * 100}%`
  if (placeholder !== 'duration') return String(preset)
  const ms = Number(preset)
  return ms >= 1000 && ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`
}

/** What every program has. */
const COMMON = [
  ['  -h, --help', 'Show this help'],
  ['      --version', 'Show the version'],
  ['      --completion <shell>', 'Print a completion script for bash or zsh'],
] as const

function leftOf(name: string, { alias, choices, placeholder, parse }: Option<unknown>): string {
  const list = choices?.join('|')
  const value = list && list.length <= MOST_CHOICES ? list : (placeholder ?? 'name')
  const long = kebab(name).length === 1 ? undefined : `--${kebab(name)}`
  const names = long ? `${alias ? `-${alias}, ` : '    '}${long}` : `-${name}`
  return `  ${names}${parse || choices ? ` <${value}>` : ''}`
}

function rightOf({ describe, choices, placeholder, parse, default: preset }: Option<unknown>): string {
  const list = choices && choices.join('|').length > MOST_CHOICES ? `one of ${choices.join(', ')}` : undefined
  const hasPreset = (parse || choices) && preset !== undefined && String(preset) !== ''
  const notes = [list, hasPreset && `default: ${describePreset(preset, placeholder)}`].filter(Boolean)
  return notes.length > 0 ? `${describe} (${notes.join('; ')})` : describe
}

function rowOf(left: string, right: string, width: number): string[] {
  const indent = width < COLUMNS ? 8 : INDENT
  const lines = wrap(right, width - indent).map((line) => ' '.repeat(indent) + line)
  if (left.length + 2 > indent) return [left, ...lines]
  return [left.padEnd(indent) + lines[0]!.slice(indent), ...lines.slice(1)]
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
