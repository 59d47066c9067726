import yargs from 'yargs'
import { type Command, kebab, type Parsed, type Texts, toValues, UsageError, type Values } from './options.js'

/** The whole command line: options, help, version, completion, and mistakes with the usage below them. */
export async function parseWithYargs<C extends Command>(
  command: C,
  argv: readonly string[],
): Promise<Parsed<Values<C>>> {
  const positionals = Object.entries(command.positionals)
  const words = positionals.map(([name, { optional }]) => (optional ? `[${name}]` : `<${name}>`))
  const parser = yargs()
    .scriptName(command.name)
    .usage(`${command.name} ${words.join(' ')} [options]\n\n${command.summary}`)
    .parserConfiguration({ 'populate--': true, 'parse-positional-numbers': false })
    .option('completion', { type: 'boolean', describe: 'Print a completion script for bash or zsh' })
    .version(command.version)
    .alias('help', 'h')
    .strictOptions()
    .exitProcess(false)
    .wrap(Math.min(100, process.stdout.columns || 100))
    .epilogue(command.epilogue)
  for (const [name, { describe, alias, choices, placeholder, parse, default: preset }] of Object.entries(
    command.options,
  )) {
    const takesValue = parse !== undefined || choices !== undefined
    parser.option(kebab(name), {
      describe: placeholder ? `${describe} <${placeholder}>` : describe,
      type: takesValue ? 'string' : 'boolean',
      ...(alias && { alias }),
      ...(choices && { choices }),
      ...(takesValue && { requiresArg: true }),
      ...(takesValue && preset !== undefined && { defaultDescription: describePreset(preset, placeholder) }),
    })
  }
  for (const [line, what] of command.examples) parser.example(line, what)

  try {
    if (argv.includes('--completion')) return { text: completionScript(command, argv), to: 'stdout', status: 0 }
    let printed: string | undefined
    const typed = await parser.parseAsync(wordsFirst(argv, positionals.length), {}, (error, _argv, output) => {
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
    if (!(error instanceof UsageError)) throw error
    const usage = `Usage: ${command.name} ${words.join(' ')} [options]\nTry ${command.name} --help.\n`
    return { text: `${command.name}: ${error.message}\n${usage}`, to: 'stderr', status: 2 }
  }
}

/**
 * In `host port -4` the last word is a sequence number, as the contract of the program has it, although `-4` is an
 * option elsewhere.
 */
function wordsFirst(argv: readonly string[], most: number): string[] {
  const leading = argv.slice(0, most)
  const negative = leading.length === most && /^-\d+$/.test(leading[most - 1]!)
  return negative && leading.slice(0, -1).every((word) => !word.startsWith('-'))
    ? [...argv.slice(most), '--', ...leading]
    : [...argv]
}

function describePreset(preset: unknown, placeholder: string | undefined): string {
  if (placeholder !== 'duration') return String(preset)
  const ms = Number(preset)
  return ms >= 1000 && ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`
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
