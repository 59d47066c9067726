import { answer, type Command, type Option, parse, parsers, UsageError, type Values } from '@hs/command-line'
import texts from './commands.json' with { type: 'json' }

/** From package.json, put in by the build. */
declare const __VERSION__: string
export const VERSION = __VERSION__

export const PROGRAM = 'hs-course'
export const STATUS = { fine: 0, failed: 1, usage: 2, noSandbox: 3, interrupted: 130 } as const

/** A command of the program: its words and options, and what it does with them. @returns Its exit status. */
export function command<const P extends Command['positionals'], const O extends Command['options']>(
  which: keyof typeof texts,
  table: { readonly positionals: P; readonly options: O },
  run: (values: Values<Command & { readonly positionals: P; readonly options: O }>) => Promise<number> | number,
): (argv: readonly string[]) => Promise<number> {
  const { examples, ...rest } = texts[which]
  const pairs = examples.map(([line = '', what = '']) => [line, what] as const)
  const whole = { ...table, ...rest, examples: pairs, name: `${PROGRAM} ${which}`, version: VERSION }
  return async (argv) => {
    const parsed = await parse(whole, argv)
    return 'text' in parsed ? answer(whole.name, parsed) : run(parsed.values)
  }
}

/** A path or a name: not nothing, as from a variable of a script that is not set. */
export function name(text: string): string {
  if (text === '') throw new UsageError('must not be empty')
  return text
}

export const word = (describe: string) => ({ describe, parse: name })
export const flag = (describe: string, alias?: string) =>
  ({ describe, default: false, ...(alias && { alias }) }) as Option<boolean>
export const path = (describe: string, preset: string, alias?: string) =>
  ({ ...word(describe), default: preset, placeholder: 'path', ...(alias && { alias }) }) as Option<string>
export const maybe = <T>(describe: string, placeholder: string, parse: (text: string) => T, alias?: string) =>
  ({ describe, default: undefined, placeholder, parse, ...(alias && { alias }) }) as Option<T | undefined>

export const courseHere = path('The file that says what is checked', 'course.toml')
export const hint = {
  describe: 'How much to say: 1 what happened, 2 also where to look, 3 also what the line looks like',
  default: 1,
  parse: parsers.integer(1, 3),
  placeholder: 'n',
} as Option<number>
export const sandbox = {
  describe: 'How far submissions are kept from everything else; required ends at once without namespaces',
  default: 'auto',
  choices: ['required', 'auto', 'off'],
} as Option<'required' | 'auto' | 'off'>
