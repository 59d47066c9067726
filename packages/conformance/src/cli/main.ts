import { answer, isOutputLost, parse, sayOutputLost, tell, UsageError } from '@hs/command-line'
import { catalogue } from './catalogue.js'
import { checkOne, judge, matrix } from './check.js'
import { CATALOGUE, CLIENT, JUDGE, MATRIX, SERVER } from './commands.js'
import { type Checker, PROGRAM, STATUS } from './program.js'

const COMMANDS = { server: SERVER, client: CLIENT, matrix: MATRIX, judge: JUDGE } as const

/**
 * The program. Resolves with its exit status.
 *
 * @param argv - The arguments after the program's name; what follows `--` is the command under test.
 */
export async function main(argv: readonly string[], checker: Checker): Promise<number> {
  try {
    return await run(argv, checker)
  } catch (error) {
    if (isOutputLost(error)) return sayOutputLost(PROGRAM, error)
    if (error instanceof UsageError) {
      tell(`${PROGRAM}: ${error.message}\nTry ${PROGRAM} --help.\n`)
      return STATUS.usage
    }
    throw error
  }
}

async function run(argv: readonly string[], checker: Checker): Promise<number> {
  const cut = argv.indexOf('--')
  const words = cut < 0 ? argv : argv.slice(0, cut)
  const command = cut < 0 ? [] : argv.slice(cut + 1)
  const at = words.findIndex((word, index) => Object.hasOwn(COMMANDS, word) && !takesValue(words[index - 1]))
  const asksForCases = words.some((word) => word === '--list' || /^--explain(=|$)/.test(word))
  const name = at < 0 || asksForCases ? undefined : (words[at] as keyof typeof COMMANDS)
  if (words.includes('--completion')) return complete(words)
  const rest = words.filter((_, index) => index !== at)
  switch (name) {
    case 'server':
      return parsed(SERVER, rest, (values) => checkOne('server', values, command, checker))
    case 'client':
      return parsed(CLIENT, rest, (values) => checkOne('client', values, command, checker))
    case 'matrix':
      return parsed(MATRIX, rest, (values) => matrix(values, checker))
    case 'judge':
      return parsed(JUDGE, rest, (values) => judge(values, checker))
    default:
      return parsed(CATALOGUE, words, (values) => catalogue(values, checker))
  }
}

async function parsed<C extends Parameters<typeof parse>[0]>(
  table: C,
  words: readonly string[],
  work: (
    values: Extract<Awaited<ReturnType<typeof parse<C>>>, { values: unknown }>['values'],
  ) => number | Promise<number>,
): Promise<number> {
  const result = await parse(table, words)
  return 'text' in result ? answer(PROGRAM, result) : work(result.values)
}

/** Completes the options of all commands: a script of the shell is for the program as a whole. */
async function complete(words: readonly string[]): Promise<number> {
  const options = Object.assign({}, ...[...Object.values(COMMANDS), CATALOGUE].map((table) => table.options))
  return parsed({ ...CATALOGUE, options }, words, () => STATUS.usage)
}

/** Whether a word is an option whose value is the next word: `--name server` names no command. */
function takesValue(word = ''): boolean {
  const options = Object.values(COMMANDS).flatMap((table) => Object.entries(table.options))
  return options.some(
    ([name, option]) =>
      word === `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}` &&
      ('parse' in option || 'choices' in option),
  )
}
