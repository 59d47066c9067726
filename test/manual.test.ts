/**
 * What is made from the options of the programs: `man tcpclient`, completion, the table in the README. `npx pnpm manual`
 * writes all of it.
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { STEP_OPTIONS } from '../packages/artillery-engine-hs/src/options.js'
import { HANDSHAKE_OPTIONS } from '../packages/client/src/checks.js'
import type { Command } from '../packages/command-line/src/options.js'
import { protocolOptions } from '../packages/options/src/index.js'
import { SERVE_OPTIONS } from '../packages/server-core/src/checks.js'
import { manualOf, withOptions, withOptionsOf } from './manual.js'
import { readText } from './markdown.js'
import { ROOT, run } from './programs.js'

// The programs hand their table to `parse` alone.
const { parse } = vi.hoisted(() => ({ parse: vi.fn() }))
vi.mock('../packages/command-line/dist/index.js', async (original) => ({ ...(await original<object>()), parse }))
vi.stubGlobal('__VERSION__', '0.0.0')

const hasMan = (await run('command -v man && command -v groff')).status === 0

const programs = {
  tcpclient: async () => {
    const { main } = await import('../packages/client/src/cli.js')
    return main([], 'tcpclient', 'required')
  },
  tcpserver: async () => {
    const { main } = await import('../packages/server-core/src/cli.js')
    const { operations } = await import('../packages/operations/src/cli.js')
    return main([], operations)
  },
}

describe.each([
  { program: 'tcpclient', folder: 'apps/cli-client' },
  { program: 'tcpserver', folder: 'apps/cli-server' },
] as const)('what comes with $program', ({ program, folder }) => {
  const page = join(ROOT, folder, `man/${program}.1`)

  test('its page of the manual is what the table of its options says', async () => {
    const table = await tableOf(programs[program])
    expect(table.name).toBe(program)
    await expect(manualOf(table)).toMatchFileSnapshot(page)
  })

  test.skipIf(!hasMan)('man shows its page without a warning, on every width', async () => {
    for (const columns of ['40', '80', '200']) {
      const env = { MANWIDTH: columns, LC_ALL: 'C.UTF-8' }
      const { status, stdout, stderr } = await run(`man --warnings -l '${page}'`, { env })
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      for (const heading of ['NAME', 'SYNOPSIS', 'OPTIONS', 'EXIT STATUS', 'EXAMPLES']) {
        expect(stdout).toMatch(new RegExp(`^${heading}$`, 'm'))
      }
    }
  })

  test.each(['bash', 'zsh'])('its file for %s is what it prints itself', async (shell) => {
    const { status, stdout } = await run(`${program} --completion ${shell}`)
    expect(status).toBe(0)
    await expect(stdout).toMatchFileSnapshot(join(ROOT, folder, `completions/${program}.${shell}`))
  })

  test('bash completes its options, and their values', () => {
    const complete = (...words: string[]) =>
      execFileSync('bash', [
        '-ec',
        `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "_$1"; echo "\${COMPREPLY[@]}"`,
        'bash',
        join(ROOT, folder, `completions/${program}.bash`),
        program,
        ...words,
      ])
        .toString()
        .trim()
        .split(' ')
    expect(complete('--time')).toEqual(['--timeout'])
    expect(complete('--errors', '')).toEqual(['stdout', 'stderr'])
    expect(complete('--terminator', 'c')).toEqual(['crlf'])
  })
})

test.each([
  ['apps/cli-client', async () => [await tableOf(programs.tcpclient)]],
  ['apps/cli-server', async () => [await tableOf(programs.tcpserver)]],
  ['packages/load', async () => [(await import('../packages/load/src/command.js')).command]],
  ['packages/conformance', commandsOfChecker],
])('the options in the README of %s are what the tables of its programs say', async (folder, tables) => {
  const readme = withOptions(readText(`${folder}/README.md`), await tables())
  await expect(readme).toMatchFileSnapshot(join(ROOT, folder, 'README.md'))
})

const SPOKEN = 'how the protocol is spoken: see `@hs/protocol`'
const AS_A_CLIENT = 'as in [@hs/client](https://github.com/hs-handshake/hs/tree/main/packages/client)'

test.each([
  ['packages/client', 'options.ts', Object.keys(HANDSHAKE_OPTIONS), SPOKEN],
  ['packages/server-core', 'options.ts', Object.keys(SERVE_OPTIONS), SPOKEN],
  ['packages/protocol', 'hello.ts', Object.keys(protocolOptions), ''],
  ['packages/artillery-engine-hs', 'options.ts', STEP_OPTIONS, AS_A_CLIENT],
])(
  'the options in the README of %s are what the types of its functions say',
  async (folder, file, names, elsewhere) => {
    const readme = withOptionsOf(readText(`${folder}/README.md`), readText(`${folder}/src/${file}`), names, elsewhere)
    await expect(readme).toMatchFileSnapshot(join(ROOT, folder, 'README.md'))
  },
)

async function commandsOfChecker(): Promise<Command[]> {
  const { SERVER, CLIENT, JUDGE, MATRIX } = await import('../packages/conformance/src/cli/commands.js')
  return [SERVER, CLIENT, JUDGE, MATRIX]
}

/** The table that a program parses its arguments with. */
async function tableOf(main: () => Promise<number>): Promise<Command> {
  const stop = new Error('the table is here')
  parse.mockRejectedValueOnce(stop)
  await expect(main()).rejects.toBe(stop)
  return parse.mock.lastCall![0] as Command
}
