import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@hs/server-core'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { printedBy } from '../../command-line/test/in-process.js'
import { Program } from '../../command-line/test/program.js'
import * as checker from '../src/check.js'
import { main } from '../src/cli/main.js'
import { checkClient, checkServer, parsePrograms } from '../src/index.js'
import { listCases } from '../src/list.js'
import { violations } from './schema.js'

// As built, it has yargs only where it travels along.
vi.mock('@hs/command-line', () => import('../../command-line/src/index.js'))

const BIN = new URL('../dist/bin.js', import.meta.url).pathname
const SERVER = new URL('../../../apps/cli-server/dist/tcpserver.js', import.meta.url).pathname
const CLIENT = new URL('../../../apps/cli-client/dist/tcpclient.cjs', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'hs-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const serverCommand = ['--', process.execPath, SERVER, '{port}']

function run(...words: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, GITHUB_STEP_SUMMARY: join(folder, 'summary.md') }
    execFile(process.execPath, [BIN, ...words], { env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr })
    })
  })
}

/** The same, if it ends before anything is run: in this process. */
const refused = (...words: string[]) => printedBy(() => main(words, { ...checker, listCases }))

describe('the command line', { timeout: 90_000 }, () => {
  it('lists and explains without running anything', async () => {
    const { stdout, status } = await run('--list', 'server', '--only', 'S2')
    expect(status).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(3)
    for (const line of lines) expect(line).toMatch(/^S2\./)
    expect((await run('--explain', 's2.6')).stdout).toMatch(
      /^S2\.6 .*\n\nSends: .*\nMust: .*\nHS-5\.1: Each received message/,
    )
  })

  it('ends with 2 and says why if the usage is wrong', async () => {
    const programs = join(folder, 'none.json')
    writeFileSync(programs, '[]')
    for (const [words, why] of [
      [[], 'expected server, client, matrix or judge'],
      [['server'], 'address, or a command'],
      [['servant', '--', 'x'], 'got "servant"'],
      [['server', '127.0.0.1'], 'address must be one such as 127.0.0.1:9000'],
      [['server', '--jobs', '2', '--', 'x'], 'jobs'],
      [['judge'], 'missing file'],
      [['judge', BIN], 'bin.js is not JSON: '],
      [['judge', programs], 'expected a recording'],
      [['matrix', '--reporter', 'tap', 'x'], 'reporter'],
      [['--list', 'servant'], 'got "servant"'],
      [['server', '127.0.0.1:9000', '--', 'x'], 'not both'],
      [['server', '--only', 'X9', '--', 'x'], 'no case begins with "X9"'],
      [['server', '--expect', 'magic', '--', 'x'], '"magic"'],
      [['server', '--seed', 'x', '--', 'x'], '--seed must be an integer'],
      [['server', '--timeout', '5', '--', 'x'], '--timeout must be a duration'],
      [['server', '--reporter', 'tap,junit', '--', 'x'], 'only one reporter can write to stdout'],
      [['server', '--baseline', join(folder, 'none'), '--', 'x'], 'baseline'],
      [['client', '--', 'x'], 'needs {port}'],
      [['--explain', 'S99.1'], 'unknown case "S99.1"'],
      [['server', '--nonsense', '--', 'x'], 'nonsense'],
    ] as const) {
      const { status, stderr, stdout } = await refused(...words)
      expect(stderr).toContain(why)
      expect(status, words.join(' ')).toBe(2)
      expect(stdout).toBe('')
    }
    const stderr = expect.stringContaining('expected server, client, matrix or judge')
    expect(await run()).toEqual({ status: 2, stdout: '', stderr })
  })

  it('ends with 3 if the program cannot be started', async () => {
    const missing = await run('server', '--', './there-is-no-such-program', '{port}')
    expect(missing.status).toBe(3)
    expect(missing.stderr).toContain('no-such-program')
    const folderOf = await run('client', '--cwd', '/no/such/folder', '--', 'true', '{port}')
    expect(folderOf.status).toBe(3)
    expect(folderOf.stderr).toBe(
      'hs-conformance: true could not be started: the folder /no/such/folder does not exist\n',
    )
    for (const kind of ['server', 'client']) {
      const unexecutable = await run(kind, '--', BIN.replace('bin.js', 'index.d.ts'), '{port}')
      expect(unexecutable.status).toBe(3)
      expect(unexecutable.stderr).toMatch(/^hs-conformance: \/.*index\.d\.ts: Permission denied\n$/)
    }
    const deaf = await run('server', '--start-timeout', '200ms', '--', 'sleep', '20')
    expect(deaf.status).toBe(3)
    expect(deaf.stderr).toContain('did not listen')
    const absent = await run('client', '--', './there-is-no-such-program', '{port}')
    expect(absent.status).toBe(3)
    expect(absent.stderr).toMatch(/: \.\/there-is-no-such-program: [A-Za-z ]+\n$/)
  })

  it('runs what was selected, and writes several reports at once', async () => {
    const files = { junit: join(folder, 'junit.xml'), json: join(folder, 'report.json'), tap: join(folder, 'tap.txt') }
    const { status, stdout } = await run(
      'server',
      '--only',
      'S1,S4.1',
      '--skip',
      'S1.9',
      '--seed',
      '7',
      '--reporter',
      'pretty',
      '--reporter',
      `junit=${files.junit},json=${files.json}`,
      '--reporter',
      `tap=${files.tap}`,
      '--reporter',
      'github',
      ...serverCommand,
    )
    expect(stdout).toContain('Every MUST that could be judged is passed.')
    expect(status).toBe(0)
    const report = JSON.parse(readFileSync(files.json, 'utf8'))
    expect(report.results.map(({ id }: { id: string }) => id)).toContain('S4.1')
    expect(report.results.map(({ id }: { id: string }) => id)).not.toContain('S1.9')
    expect(report.seed).toBe(7)
    const schema = JSON.parse(readFileSync(new URL('../schema/report.schema.json', import.meta.url), 'utf8'))
    expect(violations(schema, report)).toEqual([])
    expect(readFileSync(files.junit, 'utf8')).toContain('<testsuites')
    expect(readFileSync(files.tap, 'utf8')).toContain('TAP version 13')
    expect(readFileSync(join(folder, 'summary.md'), 'utf8')).toContain('## ✅')
  })

  it('ends with 1 if a MUST fails, and with 0 if a baseline knows it', async () => {
    const words = ['server', '--only', 'S6.1', '--expect', 'threads']
    expect((await run(...words, ...serverCommand)).status).toBe(1)
    const baseline = join(folder, 'known.txt')
    writeFileSync(baseline, '# events are what we want\nS6.1\n')
    const { status, stdout } = await run(...words, '--baseline', baseline, ...serverCommand)
    expect(stdout).toContain('≈ S6.1')
    expect(status).toBe(0)
  })

  it('makes a matrix', async () => {
    const programs = join(folder, 'programs.json')
    const page = join(folder, 'page.html')
    writeFileSync(
      programs,
      JSON.stringify([
        { name: 'ours', command: [process.execPath, SERVER, '{port}'] },
        { name: 'its client', kind: 'client', command: [process.execPath, CLIENT, '{host}', '{port}', '{sequence}'] },
        { name: 'missing', command: './there-is-no-such-program {port}' },
      ]),
    )
    const { status, stdout } = await run('matrix', programs, '--only', 'S1.1,C1.1', '--html', page)
    expect(status).toBe(1)
    expect(stdout).toContain('2 of 3 pass')
    expect(readFileSync(page, 'utf8')).toContain('<h2>Clients</h2>')
  })
})

describe('help', { timeout: 60_000 }, () => {
  it('is there for each command, with its own options', async () => {
    for (const [words, shown, absent] of [
      [['--help'], '--list', '--seed'],
      [['server', '--help'], '--expect', '--jobs'],
      [['client', '--help'], '--record', '--expect'],
      [['judge', '--help'], '--baseline', '--seed'],
      [['matrix', '--help'], '--jobs', '--visibility'],
    ] as const) {
      const { status, stdout } = await run(...words)
      expect(status).toBe(0)
      expect(stdout).toContain(shown)
      expect(stdout, words.join(' ')).not.toContain(absent)
      expect(stdout).not.toContain('[object')
    }
  })

  it('completes the options of all commands', async () => {
    const { stdout } = await run('--completion', 'bash')
    for (const option of ['--list', '--expect', '--record', '--jobs']) expect(stdout).toContain(` ${option} `)
  })
})

describe('a recording', { timeout: 90_000 }, () => {
  it('is judged again without the program, with the same report', async () => {
    const [file, live] = [join(folder, 'run.json'), join(folder, 'live.json')]
    const words = ['server', '--only', 'S1.1,S2.1', '--seed', '7', '--record', file, '--reporter', `json=${live}`]
    expect((await run(...words, ...serverCommand)).status).toBe(0)
    const { status, stdout } = await run('judge', file, '--only', 'S1.1,S2.1', '--reporter', 'json')
    expect(status).toBe(0)
    const [again, before] = [JSON.parse(stdout), JSON.parse(readFileSync(live, 'utf8'))]
    expect({ ...again, durationMs: 0 }).toEqual({ ...before, durationMs: 0 })
    const none = await run('judge', file, '--only', 'S1.1', '--skip', 'S1', '--reporter', 'tap')
    expect(none.stdout).toBe('TAP version 13\n1..0\n')
    // Without a selection, the cases that were selected for the run.
    expect((await run('judge', file, '--reporter', 'tap')).stdout).toContain('\n1..2\n')
  })

  it('is refused in a sentence if it is broken, foreign or of another format', async () => {
    const file = join(folder, 'bad.json')
    const odd = { probe: 'learning', events: [{ type: 'receive' }, { type: 'connect' }], machine: {} }
    const recording = { format: 1, kind: 'client', settings: {}, observations: [{ probe: 'learning' }] }
    for (const [text, why] of [
      ['{"format":1,"ki', 'bad.json is not JSON: '],
      ['', 'bad.json is not JSON: '],
      ['{"results":[]}', 'bad.json: expected a recording, as --record writes it'],
      [JSON.stringify({ ...recording, format: 2 }), 'this recording has format 2, and this version reads format 1'],
      [JSON.stringify(recording), 'an observation has no probe, events or machine'],
    ] as const) {
      writeFileSync(file, text)
      const { status, stderr, stdout } = await refused('judge', file)
      expect(stderr).toContain(why)
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    }
    writeFileSync(file, JSON.stringify({ ...recording, observations: [odd] }))
    expect((await run('judge', file)).stderr).not.toContain('    at ')
  })

  it('that cannot be written makes the run fail, and says so', async () => {
    const words = ['server', '--only', 'S1.1', '--record', join(folder, 'no', 'run.json')]
    const { status, stderr } = await run(...words, ...serverCommand)
    expect(stderr).toMatch(/^hs-conformance: the output is lost: ENOENT: .*run\.json'\n$/)
    expect(status).toBe(5)
  })
})

describe('a run that takes too long', { timeout: 90_000 }, () => {
  it('names the limit that ended it, and has a status of its own', async () => {
    const { status, stdout, stderr } = await run('server', '--only', 'S1', '--total-timeout', '1ms', ...serverCommand)
    expect(status).toBe(4)
    expect(stderr).toContain('--total-timeout 0.001s ended the run')
    expect(stdout).toContain('16 not run')
    expect(stdout).toContain('The run was ended by --total-timeout 0.001s')
    expect(stdout).not.toContain(' failed')
  })
})

describe('the library', { timeout: 60_000 }, () => {
  it('tells of each case once when it has been observed, and of each result at the end', async () => {
    const [cases, results]: [string[], string[]] = [[], []]
    const places: number[] = []
    const report = await checkServer(
      { command: [process.execPath, SERVER, '{port}'] },
      {
        only: ['S1.1', 'S1.2', 'S2.1'],
        onCase({ id, at, of }) {
          expect(of).toBe(3)
          cases.push(id)
          places.push(at)
        },
        onResult: ({ id }) => results.push(id),
      },
    )
    expect([...cases].sort()).toEqual(['S1.1', 'S1.2', 'S2.1'])
    expect(places).toEqual([0, 1, 2])
    expect(results).toEqual(report.results.map(({ id }) => id))
  })
})

describe('a list of programs', () => {
  it('is refused with the place where it is wrong', () => {
    expect(() => parsePrograms({})).toThrow('expected a list')
    expect(() => parsePrograms([{ name: 'a' }])).toThrow('program 1 (a): "command"')
    expect(() => parsePrograms([{ name: 'a', command: 'x', kind: 'y' }])).toThrow('program 1 (a): "kind" must be')
    expect(() => parsePrograms([{ name: 'a', command: 'x', errors: 'y' }])).toThrow('program 1 (a): "errors" must be')
    expect(() => parsePrograms([{ name: 'a', command: 'x', expect: 'y' }])).toThrow('program 1 (a): "expect" must be')
    expect(() => parsePrograms([{ name: 'a', command: 'x', cwd: 5 }])).toThrow('program 1 (a): "cwd" must be')
    expect(() => parsePrograms([null])).toThrow('program 1: "name"')
  })
})

describe('a server of which only the address is known', { timeout: 60_000 }, () => {
  it('is judged on the wire, and nothing that cannot be seen counts as passed', async () => {
    const server = await serve({ port: 0, strategy: 'events' })
    try {
      const report = await checkServer(
        { address: { host: '127.0.0.1', port: server.address.port } },
        { only: ['S1', 'S2', 'S3', 'S8'] },
      )
      const verdicts = new Map(report.results.map(({ id, verdict }) => [id, verdict]))
      expect(verdicts.get('S1.1')).toBe('passed')
      expect(verdicts.get('S3.4')).toBe('passed')
      for (const id of ['S1.3', 'S2.1', 'S2.2', 'S2.5', 'S2.6', 'S3.2', 'S8.1'])
        expect(verdicts.get(id), id).toBe('not-observable')
      expect(report.passed).toBe(true)
    } finally {
      await server.close({ graceMs: 0 })
    }
  })

  it('could not be started if nothing listens', async () => {
    const { port, release } = await unusedPort()
    release()
    const report = await checkServer({ address: { host: '127.0.0.1', port } })
    expect(report.notStarted).toContain('ECONNREFUSED')
    expect(report.passed).toBe(false)
    expect(report.results).toEqual([])
  })
})

describe('a run', { timeout: 60_000 }, () => {
  it('is repeated by its seed: the same bytes are sent', async () => {
    const command = [process.execPath, SERVER, '{port}', '--strategy', 'sequential']
    const options = { only: ['S6.1'], seed: 42, expect: 'threads' as const }
    const [first, second] = [await checkServer({ command }, options), await checkServer({ command }, options)]
    const sent = ({ results }: typeof first) =>
      results[0]!.fault!.steps.filter(({ by }) => by === 'checker').map(({ text }) => text)
    expect(sent(first).length).toBeGreaterThan(3)
    expect(sent(second)).toEqual(sent(first))
    expect(first.results[0]!.fault!.reproduce).toContain(' --seed 42 --expect threads -- ')
  })

  it.runIf(process.platform === 'linux')(
    'says in a line what could not be written, and still writes the rest',
    async () => {
      const full = new Program('bash', ['-c', `"${process.execPath}" "${BIN}" --list > /dev/full`])
      expect(await full.ended()).toBe(5)
      expect(full.stderr).toMatch(/^hs-conformance: the output is lost: ENOSPC: .*\n$/)
      const reporters = ['--reporter', `json=${join(folder, 'no', 'report.json')}`, '--reporter', 'tap']
      const { status, stdout, stderr } = await run('server', '--only', 'S8.2', ...reporters, ...serverCommand)
      expect(status).toBe(5)
      expect(stdout).toMatch(/^TAP version/)
      expect(stderr).toMatch(/^hs-conformance: the output is lost: ENOENT: .*report\.json'\n$/)
    },
  )

  it('is repeated with what decides its verdicts, and with the words as they were', async () => {
    const command = ['sh', '-c', "echo 'no' >&2", '{host}', '{port}']
    const options = { only: ['C1.1'], seed: 7, errors: 'stderr' as const, patienceMs: 500 }
    const { results } = await checkClient({ command }, options)
    expect(results[0]!.fault!.reproduce).toBe(
      `npx @hs/conformance client --only C1.1 --seed 7 --errors stderr --timeout 500ms -- sh -c 'echo '\\''no'\\'' >&2' {host} {port}`,
    )
    expect(results[0]!.fault!.received).toBe('it ended with status 0, and said: no')
  })

  it.runIf(process.platform === 'linux')('leaves nothing: neither what left the process group, nor files', async () => {
    const mark = `1000.${process.pid}`
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('hs-conformance-'))
    // A grandchild with a session of its own, as a daemon has it.
    const script = `setsid sh -c 'sleep ${mark}' & exec "$0" "$@"`
    const command = ['sh', '-c', script, process.execPath, SERVER, '{port}']
    const report = await checkServer({ command }, { only: ['S1.1'] })
    expect(report.passed).toBe(true)
    expect(running(mark)).toEqual([])
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('hs-conformance-'))
    expect(after.filter((name) => !before.includes(name))).toEqual([])
  })

  it.runIf(process.platform === 'linux')('leaves no program running after Ctrl-C', async () => {
    const mark = `1002.${process.pid}`
    const ready = join(folder, 'interrupted')
    const waits = `require('fs').writeFileSync(${JSON.stringify(ready)}, ''); setTimeout(() => {}, 60000)`
    const checker = new Program(process.execPath, [BIN, 'client', '--', process.execPath, '-e', waits, '{port}', mark])
    await expect.poll(() => existsSync(ready), { timeout: 10_000 }).toBe(true)
    checker.signal('SIGINT')
    expect(await checker.ended()).toBe(130)
    await expect.poll(() => running(mark), { timeout: 10_000 }).toEqual([])
  })

  it.runIf(process.platform === 'linux')('leaves no program running even if it is killed', async () => {
    const mark = `1001.${process.pid}`
    const ready = join(folder, 'ready')
    // It never answers, so that the checker is at rest when it is killed.
    const listen = `listen(+process.argv[1], () => require('fs').writeFileSync(${JSON.stringify(ready)}, ''))`
    const mute = ['-e', `require('net').createServer(() => {}).${listen}`, '{port}', mark]
    const checker = new Program(process.execPath, [BIN, 'server', '--', process.execPath, ...mute])
    await expect.poll(() => existsSync(ready), { timeout: 10_000 }).toBe(true)
    checker.signal('SIGKILL')
    await expect.poll(() => running(mark), { timeout: 10_000 }).toEqual([])
  })

  it('ends with a whole report although the program never answers', async () => {
    const mute = `require('net').createServer(() => {}).listen(+process.argv[1])`
    const report = await checkServer({ command: [process.execPath, '-e', mute, '{port}'] }, { patienceMs: 100 })
    expect(report.results.find(({ id }) => id === 'S1.1')?.verdict).toBe('failed')
    expect(report.counts.blocked).toBeGreaterThan(20)
    expect(report.counts['not-run']).toBe(0)
  })
})

/** Processes with this in their command lines. */
function running(words: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(words)
    } catch {
      return false
    }
  })
}

/** A port that was free a moment ago. */
async function unusedPort(): Promise<{ port: number; release: () => void }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as { port: number }).port, release: () => server.close() }
}
