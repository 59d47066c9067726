import yargs from 'yargs'
import { usageOf } from './help.js'
import {
  type Command,
  isUsageError,
  kebab,
  type Parsed,
  type Texts,
  takesValue,
  toValues,
  UsageError,
  type Values,
} from './options.js'

/** The whole command line: options, version, completion, and mistakes with the usage below them. */
export async function parseWithYargs<C extends Command>(
  command: C,
  argv: readonly string[],
): Promise<Parsed<Values<C>>> {
  const positionals = Object.entries(command.positionals)
  const parser = yargs()
    .scriptName(command.name)
    .parserConfiguration({
      'populate--': true,
      'parse-positional-numbers': false,
      // To yargs, an option that is called `no-open` is `open`, negated.
      'boolean-negation': !Object.keys(command.options).some((name) => kebab(name).startsWith('no-')),
    })
    .option('completion', { type: 'boolean' })
    .version(command.version)
    .help(false)
    .strictOptions()
    .exitProcess(false)
  for (const [name, { alias, choices, parse }] of Object.entries(command.options)) {
    const hasValue = parse !== undefined || choices !== undefined
    parser.option(kebab(name), {
      type: hasValue ? 'string' : 'boolean',
      ...(alias && { alias }),
      ...(choices && { choices }),
      ...(hasValue && { requiresArg: true }),
    })
  }

  try {
    if (argv.includes('--completion')) return { text: completionScript(command, argv), to: 'stdout', status: 0 }
    let printed: string | undefined
    const typed = await parser.parseAsync(wordsLast(command, argv), {}, (error, _argv, output) => {
      if (error) throw new UsageError(error.message)
      printed = output
    })
    if (printed) return { text: printed, to: 'stdout', status: 0 }
    const given = [...typed._, ...((typed['--'] as string[]) ?? [])].map(String)
    const missing = positionals.slice(given.length).find(([, { optional }]) => !optional)
    if (missing) throw new UsageError(`missing ${missing[0]}: ${missing[1].describe}`)
    if (given.length > positionals.length) throw new UsageError(`unexpected "${given[positionals.length]}"`)
    const texts: Texts = { positionals: given, options: typed as Texts['options'] }
    return { values: toValues(command, texts) }
  } catch (error) {
    if (!isUsageError(error)) throw error
    const hint = `Usage: ${usageOf(command)}\nTry ${command.name} --help.\n`
    return { text: `${command.name}: ${error.message}\n${hint}`, to: 'stderr', status: 2 }
  }
}

/**
 * The options first, then the words behind `--`. A negative number is a word where it is the last one that there may
 * be, also `-4` in `host port -4`, which is an option elsewhere: the contract of the program puts a number there.
 */
function wordsLast(command: Command, argv: readonly string[]): string[] {
  const { options, positionals } = command
  const most = Object.keys(positionals).length
  const given: string[] = []
  const words: string[] = []
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at]!
    if (argument === '--') {
      words.push(...argv.slice(at + 1))
      break
    }
    const number = /^-\d+$/.test(argument) && (words.length === most - 1 || !Object.hasOwn(options, argument.slice(1)))
    if (number || argument === '-' || !argument.startsWith('-')) words.push(argument)
    else given.push(argument, ...(takesValue(command, argument) ? argv.slice(++at, at + 1) : []))
  }
  return [...given, '--', ...words]
}

/** Our own few lines and not those of yargs: theirs start the program at each press of the tab key. */
function completionScript({ name, options }: Command, argv: readonly string[]): string {
  const words = ['--help', '--version', '--completion']
  const choices: string[] = []
  for (const [option, { choices: values }] of Object.entries(options)) {
    words.push(`--${kebab(option)}`)
    if (values)
      choices.push(`    --${kebab(option)}) COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$word")); return ;;`)
  }
  const zsh = argv.includes('zsh') || (!argv.includes('bash') && /zsh$/.test(process.env.SHELL ?? ''))
  const identifier = `_${name.replace(/\W/g, '_')}`
  return `${zsh ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}${identifier}() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${choices.join('\n')}
  esac
  COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$word"))
}
complete -F ${identifier} ${name}
`
}
