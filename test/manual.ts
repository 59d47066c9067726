/** A page of the manual, and the options in a README, made from the table that also parses the command line. */
import { describePreset } from '../packages/command-line/src/help.js'
import { type Command, kebab, type Option } from '../packages/command-line/src/options.js'
import { alignedTable } from './table.js'

/** In roff. Nothing of it changes with the version, or each release would have to write it again. */
export function manualOf({ name, summary, positionals, options, examples, epilogue }: Command): string {
  const [purpose, ...more] = summary.split('\n')
  const words = Object.entries(positionals).map(([word, { optional }]) =>
    optional ? `[\\fI${word}\\fR]` : `\\fI${word}\\fR`,
  )
  const [, statuses = '', rest = ''] = /^Exit status: (.*?)\.((?: .*)?)$/.exec(epilogue) ?? []
  return [
    '.\\" Made from the table of options; npx pnpm manual makes it again.',
    `.TH ${name.toUpperCase()} 1 "" "" "HELLO handshake"`,
    // No hyphens of its own, and no stretched spaces.
    '.nh',
    '.ad l',
    '.SH NAME',
    `${name} \\- ${name.endsWith('server') ? 'serve' : 'do'} HELLO three-way handshakes over TCP`,
    '.SH SYNOPSIS',
    `\\fB${name}\\fR ${words.join(' ')} [\\fIoptions\\fR]`,
    '.SH DESCRIPTION',
    text([purpose, ...more].join('\n')),
    ...Object.entries(positionals).map(([word, { describe }]) => `.TP\n\\fI${word}\\fR\n${sentence(describe)}`),
    '.SH OPTIONS',
    ...Object.entries(options).map(([option, about]) => entry(option, about)),
    '.TP\n\\fB\\-\\-completion\\fR [\\fBbash\\fR|\\fBzsh\\fR]\nPrint a completion script.',
    '.TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nPrint the options, in brief.',
    '.TP\n\\fB\\-\\-version\\fR\nPrint the version.',
    '.PP\nA duration has a unit: 500ms, 5s, 1.5m, 2h.',
    '.SH "EXIT STATUS"',
    ...statuses.split(/, (?=\d)/).map((status) => {
      const [number = '', ...what] = status.split(' ')
      return `.TP\n.B ${number}\n${sentence(what.join(' '))}`
    }),
    ...(rest ? [`.PP\n${text(rest.trim())}`] : []),
    '.SH EXAMPLES',
    ...examples.map(([line, what]) => `.TP\n.B ${text(line)}\n${sentence(what)}`),
    '.SH "SEE ALSO"',
    `.BR ${name === 'tcpserver' ? 'tcpclient' : 'tcpserver'} (1)`,
    '.PP\nThe protocol, and what each failure means: https://github.com/\\:hs\\-handshake/\\:hs',
    '',
  ].join('\n')
}

function entry(
  name: string,
  { alias, describe, choices, placeholder, parse, default: preset }: Option<unknown>,
): string {
  const long = kebab(name)
  const names = [...(alias ? [`-${alias}`] : []), long.length === 1 ? `-${long}` : `--${long}`]
  const value = choices ? choices.map(bold).join('|') : parse && `\\fI${placeholder}\\fR`
  const takesPreset = value !== undefined && preset !== undefined && String(preset) !== ''
  const about = sentence(describe) + (takesPreset ? ` Default: ${text(describePreset(preset, placeholder))}.` : '')
  return `.TP\n${names.map(bold).join(', ')}${value ? ` ${value}` : ''}\n${about}`
}

function bold(word: string): string {
  return `\\fB${text(word)}\\fR`
}

function sentence(phrase: string): string {
  return text(`${phrase[0]!.toUpperCase()}${phrase.slice(1)}${/[.!?]$/.test(phrase) ? '' : '.'}`)
}

/** Text as roff prints it: a hyphen that can be copied, and nothing at the start of a line that looks like a request. */
function text(plain: string): string {
  return plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1')
}

/**
 * The text of a README with the options between its marks as the tables have them: those of one program, or of its
 * commands, of which a column says which ones have an option.
 */
export function withOptions(readme: string, commands: readonly Command[]): string {
  const options = Object.assign({}, ...commands.map((command) => command.options)) as Command['options']
  const having = (name: string) => commands.filter((command) => name in command.options)
  const whose = (name: string) =>
    having(name).length === commands.length ? 'all' : having(name).map(lastWordOf).join(', ')
  const row = (names: string, preset: string, meaning: string, of: string) =>
    commands.length > 1 ? [names, of, preset, meaning] : [names, preset, meaning]
  return withTable(readme, [
    row('option', 'default', 'meaning', 'commands'),
    ...Object.entries(options).map(([name, option]) =>
      row(code(namesOf(name, option)), presetOf(option), meaningOf(option), whose(name)),
    ),
    row('`--completion <shell>`', '', 'print a completion script for `bash` or `zsh`', 'all'),
    row('`--help`, `--version`', '', '', 'all'),
  ])
}

const lastWordOf = ({ name }: Command) => name.split(' ').at(-1)!

/** The first sentence that a function's types say of each option, and the default; those that stand elsewhere are one row. */
export function withOptionsOf(readme: string, source: string, names: readonly string[], elsewhere = ''): string {
  const found = source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*readonly (\w+)\??:/g)
  const texts = new Map([...found].map(([, text, name]) => [name!, text!.replace(/\s*\n\s*\*\s*/g, ' ').trim()]))
  const own = names.filter((name) => texts.has(name))
  const others = names.filter((name) => !texts.has(name))
  return withTable(readme, [
    ['option', 'default', 'meaning'],
    ...own.map((name) => {
      const text = texts.get(name)!
      const [meaning = ''] = text.split(/\. (?=[A-Z])|\.$/)
      const [, preset = ''] = /\bDefault:? (.*)\.$/.exec(text) ?? []
      return [`\`${name}\``, preset, phrase(meaning)]
    }),
    ...(others.length > 0 ? [[code(others), '', elsewhere]] : []),
  ])
}

function withTable(readme: string, rows: readonly (readonly string[])[]): string {
  return readme.replace(/(?<=<!-- options -->\n\n)[\s\S]*?(?=\n\n<!-- end of options -->)/, alignedTable(rows))
}

const phrase = (sentence: string) =>
  /^[A-Z][a-z ]/.test(sentence) ? sentence[0]!.toLowerCase() + sentence.slice(1) : sentence

const code = (words: readonly string[]) => words.map((word) => `\`${word}\``).join(', ')

function namesOf(name: string, { alias, choices, placeholder = 'name', parse }: Option<unknown>): string[] {
  const long = kebab(name)
  const value = parse || choices ? ` <${placeholder}>` : ''
  return [`${long.length === 1 ? '-' : '--'}${long}${value}`, ...(alias ? [`-${alias}`] : [])]
}

function presetOf({ choices, placeholder, parse, default: preset }: Option<unknown>): string {
  return (parse || choices) && preset !== undefined ? describePreset(preset, placeholder) : ''
}

/** What the help says, as a phrase, with what is typed or printed marked as code. */
function meaningOf({ describe, choices = [] }: Option<unknown>): string {
  const marked = phrase(describe).replace(
    /--[a-z][\w-]*|(?<![\w/])\/[a-z]+\b|\bERROR\b|\b(?:linux|auto|node)\b(?= works| needs| takes|$)/g,
    '`$&`',
  )
  return `${marked}${choices.length > 0 ? `: ${code(choices)}` : ''}`.replaceAll('|', '\\|')
}
