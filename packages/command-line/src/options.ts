import { type Check, deadline, host, integer, pause } from '@hs/options'

/** The caller's mistake on the command line: printed with the usage, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Not by `instanceof`: yargs is bundled on its own, so a program has this class twice. */
export function isUsageError(error: unknown): error is UsageError {
  return error instanceof Error && error.name === 'UsageError'
}

/** One word after the command's name. */
export interface Positional<T> {
  readonly describe: string
  /** @throws {UsageError} */
  readonly parse: (text: string) => T
  readonly optional?: boolean
}

/** One option. A flag has no `parse`; what is not given has the value `default`. */
export interface Option<T> {
  readonly describe: string
  readonly default: T
  readonly alias?: string
  readonly choices?: readonly string[]
  /** What stands for the value in the help: `duration`, `n`. */
  readonly placeholder?: string
  /** @throws {UsageError} */
  readonly parse?: (text: string) => T
  /** May be given several times; then `parse` gets all the texts, one per line. Without it, the last one counts. */
  readonly repeats?: true
}

/** The one table that the quick parser and yargs both read. */
export interface Command<
  P extends Record<string, Positional<unknown>> = Record<string, Positional<unknown>>,
  O extends Record<string, Option<unknown>> = Record<string, Option<unknown>>,
> {
  readonly name: string
  readonly version: string
  readonly summary: string
  readonly positionals: P
  readonly options: O
  /** Command and what it does. */
  readonly examples: readonly (readonly [string, string])[]
  readonly epilogue: string
}

export type Values<C> =
  C extends Command<infer P, infer O>
    ? {
        [K in keyof P]: P[K] extends Positional<infer T> ? (P[K]['optional'] extends true ? T | undefined : T) : never
      } & { [K in keyof O]: O[K] extends Option<infer T> ? T : never }
    : never

/** What was typed, before its texts are parsed. */
export interface Texts {
  readonly positionals: readonly string[]
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
}

/** Either the values, or what to print instead and with which exit status to end. */
export type Parsed<V> = { readonly values: V } | Answer

/** What to print, and with which exit status to end. */
export interface Answer {
  readonly text: string
  readonly to: 'stdout' | 'stderr'
  readonly status: number
}

/** @throws {UsageError} For the first text that does not parse. */
export function toValues<C extends Command>(command: C, texts: Texts): Values<C> {
  const values: Record<string, unknown> = {}
  Object.entries(command.positionals).forEach(([name, { parse }], at) => {
    const text = texts.positionals[at]
    values[name] = text === undefined ? undefined : named(name, () => parse(text))
  })
  for (const [name, option] of Object.entries(command.options)) {
    const given = texts.options[name]
    const text = !Array.isArray(given) ? given : option.repeats ? given.join('\n') : given.at(-1)
    if (text === undefined) values[name] = option.default
    else if (typeof text === 'boolean') values[name] = text
    else if (option.choices && !option.choices.includes(text)) {
      throw new UsageError(`--${kebab(name)} must be one of ${option.choices.join(', ')}, got "${text}"`)
    } else values[name] = option.parse ? named(`--${kebab(name)}`, () => option.parse!(text)) : text
  }
  return values as Values<C>
}

function named<T>(name: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (!isUsageError(error)) throw error
    throw new UsageError(`${name} ${error.message}`)
  }
}

/** `maxConnections` in the table is `--max-connections` for people. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** Whether an argument names an option that a value follows. */
export function takesValue({ options }: Command, argument: string | undefined): boolean {
  return Object.entries(options).some(
    ([name, { alias, parse, choices }]) =>
      (parse || choices) && (argument === `--${kebab(name)}` || argument === `-${alias}`),
  )
}

/** The parsers of texts. Each throws a {@link UsageError} that goes on after the name: `port must be …`. */
export const parsers = {
  /** Digits that the function of the library takes, too: both ask the same check. */
  number(check: Check<number>): (text: string) => number {
    return (text) => demand(check, /^[+-]?\d+$/.test(text) ? Number(text) : text, text)
  },

  integer: (least: number, most: number) => parsers.number(integer(least, most)),

  /** `500ms`, `5s`, `1.5m`, `2h`: milliseconds. A bare number is refused, since nobody agrees on its unit. */
  duration(text: string): number {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? []
    if (amount === undefined) throw new UsageError(`must be a duration such as 500ms or 5s, got "${text}"`)
    const ms = Number(amount) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit as 'ms' | 's' | 'm' | 'h']
    return demand(pause, ms, text, 'a duration such as 500ms or 5s')
  },

  /** A duration, and more than none. */
  deadline(text: string): number {
    return demand(deadline, parsers.duration(text), text, 'a duration of more than 0')
  },

  /** Names, IPv4 and IPv6 addresses, the latter also in brackets. */
  host(text: string): string {
    return demand(host, text.replace(/^\[(.*)\]$/, '$1'), text)
  },
}

/** What the library would refuse, refused as a mistake on the command line. */
function demand<T>(check: Check<T>, value: unknown, text: string, expected = check.expected): T {
  try {
    return check.read('', value)
  } catch {
    throw new UsageError(`must be ${expected}, got "${text}"`)
  }
}

/** How the protocol is spoken: the same options for the client and the server. */
export const protocolFlags = {
  errors: {
    describe: 'Where ERROR is printed',
    default: 'stdout',
    choices: ['stdout', 'stderr'],
  } as Option<'stdout' | 'stderr'>,
  arithmetic: {
    describe: 'How numbers are counted; int32 wraps at 2147483647, as programs in C do',
    default: 'safe',
    choices: ['safe', 'int32'],
  } as Option<'safe' | 'int32'>,
  terminator: {
    describe: 'Appended to each message sent, for peers that need it',
    default: 'none',
    choices: ['none', 'nul', 'lf', 'crlf'],
  } as Option<'none' | 'nul' | 'lf' | 'crlf'>,
  strict: { describe: 'Forgive no deviation from the protocol', default: false } as Option<boolean>,
  quietTime: {
    describe: 'How long the peer must pause before what it sent counts as a message; 0ms: one read is one message',
    default: 0,
    parse: parsers.duration,
    placeholder: 'duration',
  } as Option<number>,
  prefixTime: {
    describe: 'How long to wait for the rest of a message that is right so far',
    default: 250,
    parse: parsers.duration,
    placeholder: 'duration',
  } as Option<number>,
}
