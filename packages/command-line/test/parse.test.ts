import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { helpOf } from '../src/help.js'
import { type Command, type Option, parsers, UsageError } from '../src/options.js'
import { parse } from '../src/parse.js'
import { parseWithYargs } from '../src/yargs.js'

const options = {
  '4': { describe: 'A flag that looks like a number', default: false } as Option<boolean>,
  json: { describe: 'A flag', default: false, alias: 'j' } as Option<boolean>,
  timeout: {
    describe: 'A duration',
    default: 5000,
    parse: parsers.duration,
    placeholder: 'duration',
  } as Option<number>,
  maxConnections: {
    describe: 'A number',
    default: undefined,
    parse: parsers.integer(1, 100),
    placeholder: 'n',
  } as Option<number | undefined>,
  errors: { describe: 'A choice', default: 'stdout', choices: ['stdout', 'stderr'] } as Option<'stdout' | 'stderr'>,
}

const positionals = {
  host: { describe: 'a name', parse: parsers.host },
  port: { describe: 'a port', parse: parsers.integer(1, 65535) },
}

function clientLike(optional: boolean) {
  return {
    name: 'greet',
    version: '1.2.3',
    summary: 'Greets.',
    positionals: { ...positionals, sequence: { describe: 'X', parse: parsers.integer(-100, 100), optional } },
    options,
    examples: [['greet localhost 9000 5', 'one greeting']],
    epilogue: 'That is all.',
  } as const satisfies Command
}

const serverLike = {
  ...clientLike(false),
  positionals: { port: positionals.port },
} as const satisfies Command

const required = clientLike(false)
const DEFAULTS = { '4': false, json: false, timeout: 5000, maxConnections: undefined, errors: 'stdout' }

/** What was parsed, or the first line of the complaint. */
async function parsed(argv: readonly string[], command: Command = required): Promise<unknown> {
  const result = await parse(command, argv)
  return 'values' in result ? result.values : result.text.split('\n')[0]
}

describe('a command line of words alone', () => {
  const table: [string[], unknown][] = [
    [['h', '9000', '5'], { host: 'h', port: 9000, sequence: 5, ...DEFAULTS }],
    [['::1', '9000', '-5'], { host: '::1', port: 9000, sequence: -5, ...DEFAULTS }],
    [['[::1]', '9000', '+5'], { host: '::1', port: 9000, sequence: 5, ...DEFAULTS }],
    // The contract of the program: the third word is a sequence number, whatever it looks like.
    [['h', '9000', '-4'], { host: 'h', port: 9000, sequence: -4, ...DEFAULTS }],
    [['-4', '9000', '5'], 'greet: missing sequence: X'],
    [['h', '-4', '5'], 'greet: missing sequence: X'],
    [['h', '0', '5'], 'greet: port must be an integer from 1 to 65535, got "0"'],
    [['h', '9000', '101'], 'greet: sequence must be an integer from -100 to 100, got "101"'],
    [['h', '9000', '1e1'], 'greet: sequence must be an integer from -100 to 100, got "1e1"'],
    [['', '9000', '5'], 'greet: host must be a name or an address, got ""'],
    [['h', '9000'], 'greet: missing sequence: X'],
    [[], 'greet: missing host: a name'],
    [['h', '9000', '5', '6'], 'greet: unexpected "6"'],
  ]
  it.each(table)('%j', async (argv, result) => {
    expect(await parsed(argv)).toEqual(result)
  })

  const words = fc.constantFrom(
    'h',
    '127.0.0.1',
    '::1',
    '[::1]',
    '9000',
    '5',
    '0',
    '-5',
    '-4',
    '-6',
    '+5',
    'x',
    '',
    '-',
    '5.0',
  )
  it.each<[string, Command]>([
    ['three words', required],
    ['two words and perhaps a third', clientLike(true)],
    ['one word', serverLike],
  ])('is the same to the quick parser and to yargs: %s', async (_, command) => {
    await fc.assert(
      fc.asyncProperty(fc.array(words, { maxLength: 4 }), async (argv) => {
        expect(await parse(command, argv)).toEqual(await parseWithYargs(command, argv))
      }),
      { numRuns: 150 },
    )
  })

  it('may leave out what is optional', async () => {
    expect(await parsed(['h', '9000'], clientLike(true))).toMatchObject({ port: 9000, sequence: undefined })
    expect(await parsed(['h', '9000', '-4'], clientLike(true))).toMatchObject({ sequence: -4, '4': false })
  })
})

describe('options', () => {
  const pieces = fc.constantFrom(
    'h',
    '9000',
    '5',
    '-4',
    '-5',
    '--4',
    '--json',
    '--json=1',
    '--no-json',
    '-j',
    '--timeout',
    '--timeout=1s',
    '--timeout=',
    '2s',
    "'2s'",
    '--max-connections',
    '--maxConnections',
    '--max-connections=7',
    '7',
    '--errors',
    'stderr',
    '--errors=stdout',
    '--',
    '',
  )
  it.each<[string, Command, string[]]>([
    ['three words', required, ['h', '9000', '5']],
    ['two words and perhaps a third', clientLike(true), ['h', '9000']],
    ['one word', serverLike, ['9000']],
  ])('are the same to the quick parser and to yargs, in any company: %s', async (_, command, words) => {
    const some = fc.array(pieces, { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(some, some, async (before, after) => {
        const argv = [...before, ...words, ...after]
        expect(await parse(command, argv)).toEqual(await parseWithYargs(command, argv))
      }),
      { numRuns: 300 },
    )
  })

  const table: [string[], object][] = [
    [['--json'], { json: true }],
    [['-j'], { json: true }],
    [['--no-json'], { json: false }],
    [['--timeout', '500ms'], { timeout: 500 }],
    [['--timeout=1.5s'], { timeout: 1500 }],
    [['--max-connections', '7'], { maxConnections: 7 }],
    [['--errors', 'stderr'], { errors: 'stderr' }],
    [['--json', '--errors=stderr', '--timeout', '2m'], { json: true, errors: 'stderr', timeout: 120_000 }],
    [['--timeout', '1s', '--timeout', '2s'], { timeout: 2000 }],
  ]
  for (const [given, values] of table) {
    it(`${given.join(' ')} may stand before, between and after the words`, async () => {
      const expected = { host: 'h', port: 9000, sequence: -5, ...DEFAULTS, ...values }
      expect(await parsed([...given, 'h', '9000', '-5'])).toEqual(expected)
      expect(await parsed(['h', ...given, '9000', '-5'])).toEqual(expected)
      expect(await parsed(['h', '9000', '-5', ...given])).toEqual(expected)
    })
  }

  it('-4 is an option before the words, and the sequence number as the last of them', async () => {
    expect(await parsed(['-4', 'h', '9000', '5'])).toMatchObject({ '4': true, sequence: 5 })
    expect(await parsed(['h', '9000', '-4', '--json'])).toMatchObject({ '4': false, sequence: -4, json: true })
    expect(await parsed(['-4', 'h', '9000', '-4'])).toMatchObject({ '4': true, sequence: -4 })
    expect(await parsed(['--timeout', '5s', 'h', '9000', '-4'])).toMatchObject({ '4': false, sequence: -4 })
    expect(await parsed(['h', '-4', '9000', '-5', '--json'])).toMatchObject({ '4': true, sequence: -5, json: true })
  })

  it('-- ends the options', async () => {
    expect(await parsed(['--json', '--', 'h', '9000', '-4'])).toMatchObject({ json: true, '4': false, sequence: -4 })
  })

  const mistakes: [string[], RegExp][] = [
    [['--jsno'], /jsno/],
    [['-x'], /x/],
    [['--timeout'], /timeout/],
    [['--timeout', '5'], /^greet: --timeout must be a duration such as 500ms or 5s, got "5"$/],
    [['--timeout', 'soon'], /^greet: --timeout must be a duration/],
    [['--max-connections', '0'], /^greet: --max-connections must be an integer from 1 to 100, got "0"$/],
    [['--errors', 'printer'], /errors.*printer/i],
  ]
  it.each(mistakes)('%j are a mistake, with the usage below it, on stderr, with status 2', async (given, complaint) => {
    const result = await parse(required, ['h', '9000', '5', ...given])
    if ('values' in result) throw new Error('it was accepted')
    expect(result).toMatchObject({ to: 'stderr', status: 2 })
    expect(result.text).toMatch(/^greet: /)
    expect(result.text.split('\n').slice(0, -3).join(' ')).toMatch(complaint)
    expect(result.text).toContain('Usage: greet <host> <port> <sequence> [options]')
    expect(result.text).toContain('Try greet --help.')
  })
})

describe('help, version and completion', () => {
  it.each(['--help', '-h'])('%s shows the usage, every option, the examples and the epilogue', async (flag) => {
    const result = await parse(required, [flag])
    if ('values' in result) throw new Error('it was taken for a command line')
    expect(result).toMatchObject({ to: 'stdout', status: 0 })
    for (const part of [
      'greet <host> <port> <sequence> [options]',
      'Greets.',
      '--json',
      '--timeout',
      '<duration>',
      '(default: 5s)',
      '--max-connections',
      '--errors <stdout|stderr>',
      'greet localhost 9000 5',
      'That is all.',
    ]) {
      expect(result.text).toContain(part)
    }
  })

  it.each([40, 60, 80, 200])('help is at most 80 columns wide, and %d if there are no more', async (columns) => {
    for (const line of helpOf(required, columns).split('\n')) {
      // What is typed is not broken into two lines.
      if (!/^ {2}(greet|-| {4}--)/.test(line)) expect(line.length, line).toBeLessThanOrEqual(Math.min(columns, 80))
    }
  })

  it('a value does not ask for help', async () => {
    expect(await parse(required, ['host', '1', '5', '--errors', '-h'])).toMatchObject({ status: 2 })
    expect(await parse(required, ['host', '1', '5', '--', '-h'])).toMatchObject({ status: 2 })
  })

  it('--help wins over whatever else is there', async () => {
    expect(await parse(required, ['--help', 'too', 'many', 'words', 'here'])).toMatchObject({ status: 0 })
  })

  it('--version shows the version', async () => {
    expect(await parse(required, ['--version'])).toEqual({ text: '1.2.3', to: 'stdout', status: 0 })
  })

  it.each([
    ['bash', false],
    ['zsh', true],
  ])('--completion %s prints a script that knows every option and choice', async (shell, zsh) => {
    const result = await parse(required, ['--completion', shell])
    if ('values' in result) throw new Error('it was taken for a command line')
    expect(result.text).toContain('--max-connections')
    expect(result.text).toContain("compgen -W 'stdout stderr'")
    expect(result.text).toContain('complete -F _greet greet')
    expect(result.text.includes('bashcompinit')).toBe(zsh)
  })

  it('nothing is coloured, so there is nothing for NO_COLOR to switch off', async () => {
    for (const argv of [['--help'], ['--nonsense']]) {
      const result = await parse(required, argv)
      expect('text' in result && result.text.includes('\x1b')).toBe(false)
    }
  })
})

describe('the parsers', () => {
  it.each([
    ['0ms', 0],
    ['500ms', 500],
    ['5s', 5000],
    ['1.5s', 1500],
    ['2m', 120_000],
    ['1h', 3_600_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parsers.duration(text)).toBe(ms)
  })
  it.each(['5', '', 's', '-5s', '5 s', '5S', '1e3ms', '.5s', '5s5', 'ms'])('%j is not a duration', (text) => {
    expect(() => parsers.duration(text)).toThrow(UsageError)
  })

  it.each([
    ['0', 0],
    ['007', 7],
    ['+5', 5],
    ['-5', -5],
    ['-9007199254740991', -9007199254740991],
  ])('%s is the integer %d', (text, value) => {
    expect(parsers.integer(-9007199254740991, 9007199254740991)(text)).toBe(value)
  })
  it.each(['', ' 5', '5 ', '5.0', '1e3', '0x5', 'five', '--5', '9007199254740992', 'Infinity'])(
    '%j is not an integer',
    (text) => {
      expect(() => parsers.integer(-9007199254740991, 9007199254740991)(text)).toThrow(UsageError)
    },
  )

  it('hosts are names and addresses, also in brackets', () => {
    expect(['localhost', '10.0.0.1', '::1', '[::1]'].map(parsers.host)).toEqual(['localhost', '10.0.0.1', '::1', '::1'])
    for (const text of ['', ' ', 'two words', '[]']) expect(() => parsers.host(text)).toThrow(UsageError)
  })
})

describe('an option that is given several times', () => {
  const command = {
    ...serverLike,
    options: {
      ...options,
      also: {
        describe: 'May be repeated',
        default: [],
        parse: (text: string) => text.split('\n'),
        placeholder: 'text',
        repeats: true,
      } as Option<readonly string[]>,
    },
  } as const satisfies Command

  it('has all of its texts where it repeats', async () => {
    const given = ['9000', '--also', 'a b', '--also=c', '--also', '{port}']
    expect(await parsed(given, command)).toMatchObject({ port: 9000, also: ['a b', 'c', '{port}'] })
    expect(await parsed(['9000', '--also', 'one'], command)).toMatchObject({ also: ['one'] })
    expect(await parsed(['9000', '--json'], command)).toMatchObject({ also: [] })
  })

  it('has the last one where it does not, flags included', async () => {
    const given = [
      '9000',
      '--timeout',
      '1s',
      '--json',
      '--timeout',
      '2s',
      '--json',
      '--errors',
      'stdout',
      '--errors',
      'stderr',
    ]
    expect(await parsed(given, command)).toMatchObject({ timeout: 2000, json: true, errors: 'stderr' })
    expect(await parsed(['9000', '--timeout', 'x', '--timeout', '2s'], command)).toMatchObject({ timeout: 2000 })
  })
})

it('an option called no-… does not negate another, also when something else is wrong', async () => {
  const open = {
    name: 'p',
    version: '1',
    summary: '',
    positionals: {},
    options: { noOpen: { describe: '', default: false } },
  }
  expect(await parse(open as never, ['--no-open', 'extra'])).toMatchObject({
    text: expect.stringContaining('unexpected "extra"'),
  })
})
