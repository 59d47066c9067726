import { asksForHelp, helpOf } from './help.js'
import { type Command, isUsageError, kebab, type Parsed, type Texts, toValues, type Values } from './options.js'

/**
 * Parses a command line. What is plain and right is taken as it is; everything else (options that are short or come
 * twice, version, completion, mistakes) is left to yargs, which takes 80 ms to load: twice what a whole handshake takes.
 */
export async function parse<C extends Command>(command: C, argv: readonly string[]): Promise<Parsed<Values<C>>> {
  if (asksForHelp(command, argv)) return { text: helpOf(command, process.stdout.columns), to: 'stdout', status: 0 }
  const texts = plainTexts(command, argv)
  if (texts) {
    try {
      return { values: toValues(command, texts) }
    } catch (error) {
      if (!isUsageError(error)) throw error
    }
  }
  const { parseWithYargs } = await import('./yargs.js')
  return parseWithYargs(command, argv)
}

/** Words in the right number, and options once each by their long names; undefined where there is anything else. */
function plainTexts({ positionals, options }: Command, argv: readonly string[]): Texts | undefined {
  const wanted = Object.values(positionals)
  const words: string[] = []
  const given: Record<string, string | true> = {}
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at]!
    // A sequence number may be negative, and comes last; elsewhere -4 is an option.
    if (!argument.startsWith('-') || (words.length === wanted.length - 1 && /^-\d+$/.test(argument))) {
      words.push(argument)
      continue
    }
    const [, long, behind] = /^--([^=]+)(?:=(.*))?$/s.exec(argument) ?? []
    const [name, option] = Object.entries(options).find(([name]) => kebab(name) === long) ?? []
    if (name === undefined || option === undefined || name in given) return undefined
    const flag = !option.parse && !option.choices
    const text = flag ? behind === undefined : (behind ?? argv[++at])
    // yargs has ideas of its own about quotes, and about what looks like an option.
    if (!text || (typeof text === 'string' && /^['"-]/.test(text))) return undefined
    given[name] = text
  }
  const least = wanted.filter(({ optional }) => !optional).length
  return words.length >= least && words.length <= wanted.length ? { positionals: words, options: given } : undefined
}
