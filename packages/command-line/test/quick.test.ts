import { expect, it, vi } from 'vitest'
import { type Command, type Option, parsers } from '../src/options.js'
import { parse } from '../src/parse.js'

vi.mock('../src/yargs.js', () => ({ parseWithYargs: () => ({ text: 'yargs', to: 'stderr', status: 2 }) }))

const command = {
  name: 'serve',
  version: '1.2.3',
  summary: 'Serves.',
  positionals: { port: { describe: 'a port', parse: parsers.integer(0, 65535) } },
  options: {
    json: { describe: 'A flag', default: false, alias: 'j' } as Option<boolean>,
    strategy: { describe: 'A choice', default: 'events', choices: ['events', 'threads'] } as Option<string>,
    timeout: { describe: 'A duration', default: 5000, parse: parsers.duration } as Option<number>,
  },
  examples: [],
  epilogue: '',
} as const satisfies Command

it('what is plain and right does not wait for yargs', async () => {
  const values = { port: 9000, json: true, strategy: 'threads', timeout: 2000 }
  expect(await parse(command, ['9000', '--strategy', 'threads', '--json', '--timeout=2s'])).toEqual({ values })
})

it.each(['-j', '--timeout 2', '--json --json', '--version', '9000'])('9000 %s does', async (more) => {
  expect(await parse(command, ['9000', ...more.split(' ')])).toMatchObject({ text: 'yargs' })
})
