import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { isOutputLost, OUTPUT_LOST, parsers, put, sayOutputLost, tell, UsageError, writeAll } from '@hs/command-line'
import { listCases } from './catalog.js'
import { checkClient } from './check-client.js'
import { checkServer } from './check-server.js'
import { checkMatrix, parsePrograms } from './matrix.js'
import { matrixPage } from './matrix-page.js'
import type { Expectation } from './report.js'
import { isObstacle, type Report } from './report.js'
import { REPORTER_NAMES, type ReporterName, render } from './reporters/index.js'
import { summaryLine } from './reporters/text.js'
import { type CheckOptions, selects } from './run.js'

/** From package.json, put in by the build. */
declare const __VERSION__: string

const PROGRAM = 'hs-conformance'

const STATUS = { passed: 0, failed: 1, usage: 2, notStarted: 3 } as const

const HELP = `${PROGRAM}: tells whether a client or a server of the HELLO handshake is right, and why not.

  hs-conformance server [options] -- ./tcpserver {port}
  hs-conformance server [options] 127.0.0.1:9000           what runs already; its output is not seen
  hs-conformance client [options] -- ./tcpclient {host} {port} {sequence}
  hs-conformance matrix programs.json [--html report.html] [--json report.json] [--jobs n]
  hs-conformance --list                                    the cases, without running them
  hs-conformance --explain S2.6                            more about one

Options
  --only IDS, --skip IDS   case ids or their beginnings: S1, S2.6,C (also several times)
  --strict                 turn MAY into MUST
  --expect NATURE          grade concurrency: sequential, threads, events, processes, concurrent
  --errors WHERE           where ERROR has to be printed: stdout, stderr, either (default)
  --seed N                 repeat a run: the same numbers in the same order
  --timeout DURATION       how long to wait for what has to come (2s)
  --start-timeout DURATION how long the program may take until it listens (10s)
  --total-timeout DURATION after this time the rest is not run (3m)
  --baseline FILE          failures known before do not fail the run: ids, or a JSON report
  --reporter NAME[=FILE]   ${REPORTER_NAMES.join(', ')}; several times, each to a file or stdout
  --visibility WHO         for gradescope: visible, hidden, after_due_date, after_published
  --name NAME              what reports call the program
  --cwd FOLDER             where the program is started
  --color, --no-color      colours; default: where stdout is a terminal
  --help, --version

Exit status: 0 every MUST passed, 1 not, 2 wrong usage, 3 the program could not be started, 5 output lost.
`

const OPTIONS = {
  only: { type: 'string', multiple: true },
  skip: { type: 'string', multiple: true },
  strict: { type: 'boolean' },
  expect: { type: 'string' },
  errors: { type: 'string' },
  seed: { type: 'string' },
  timeout: { type: 'string' },
  'start-timeout': { type: 'string' },
  'total-timeout': { type: 'string' },
  baseline: { type: 'string' },
  reporter: { type: 'string', multiple: true },
  visibility: { type: 'string' },
  name: { type: 'string' },
  cwd: { type: 'string' },
  color: { type: 'boolean' },
  html: { type: 'string' },
  json: { type: 'string' },
  jobs: { type: 'string' },
  list: { type: 'boolean' },
  explain: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const

const NATURES = ['sequential', 'threads', 'events', 'processes', 'concurrent'] as const
const PLACES = ['stdout', 'stderr', 'either'] as const
const AUDIENCES = ['visible', 'hidden', 'after_due_date', 'after_published'] as const

/**
 * The program. Resolves with its exit status.
 *
 * @param argv - The arguments after the program's name; what follows `--` is the command under test.
 */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    return await run(argv)
  } catch (error) {
    if (isOutputLost(error)) return sayOutputLost(PROGRAM, error)
    if (error instanceof UsageError) {
      tell(`${PROGRAM}: ${error.message}\nTry ${PROGRAM} --help.\n`)
      return STATUS.usage
    }
    throw error
  }
}

type Given = ReturnType<typeof parseWords>['values']

function parseWords(words: string[]) {
  try {
    return parseArgs({ args: words, options: OPTIONS, allowPositionals: true, allowNegative: true })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

async function run(argv: readonly string[]): Promise<number> {
  const cut = argv.indexOf('--')
  const command = cut < 0 ? [] : argv.slice(cut + 1)
  const { values, positionals } = parseWords([...(cut < 0 ? argv : argv.slice(0, cut))])
  const [kind, target, ...more] = positionals
  if (values.help) return say(HELP)
  if (values.version) return say(`${__VERSION__}\n`)
  if (values.explain !== undefined) return say(explain(values.explain))
  if (values.list) return say(list(kind, values))
  if (more.length > 0)
    throw new UsageError(
      `unexpected "${more[0]}"${command.length === 0 ? '; the command under test comes after --' : ''}`,
    )
  switch (kind) {
    case 'server':
    case 'client':
      return checkOne(kind, target, command, values)
    case 'matrix':
      return matrix(target, values)
    case undefined:
      throw new UsageError('what is to be checked: server, client, or matrix?')
    default:
      throw new UsageError(`expected server, client or matrix, got "${kind}"`)
  }
}

function say(text: string): number {
  writeAll(1, text)
  return STATUS.passed
}

async function checkOne(
  kind: 'server' | 'client',
  target: string | undefined,
  command: string[],
  values: Given,
): Promise<number> {
  const options = optionsFrom(values)
  const reporters = reportersFrom(values)
  const colour = values.color ?? (process.stdout.isTTY === true && !process.env.NO_COLOR)
  const visibility = choice('visibility', values.visibility, AUDIENCES)
  if (target !== undefined && command.length > 0) throw new UsageError('give an address or a command, not both')
  if (target === undefined && command.length === 0) throw new UsageError('give an address, or a command after --')
  const progress = progressLine()
  const all = { ...options, ...progress.hooks }
  let report: Report
  if (kind === 'client') {
    if (target !== undefined) throw new UsageError('a client is a command: put it after --')
    if (!command.some((word) => word.includes('{port}')))
      throw new UsageError('the command of a client needs {port}, and mostly {host} and {sequence}')
    report = await checkClient({ command }, all)
  } else {
    const expect = choice('expect', values.expect, NATURES)
    report = await checkServer(target === undefined ? { command } : { address: addressOf(target) }, {
      ...all,
      ...(expect && { expect: expect as Expectation }),
    })
  }
  progress.clear()
  let written = true
  for (const { name, file } of reporters) {
    const { columns } = process.stdout
    const text = render(report, name, {
      colour: colour && file === undefined,
      ...(columns && file === undefined && { columns }),
      ...(visibility && { visibility }),
    })
    const where = file ?? placeOf(name)
    // Who has read enough of it still wants to know how it went.
    const write = () =>
      where === undefined ? writeAll(1, text) : writeFileSync(where, text, { flag: name === 'github' ? 'a' : 'w' })
    written = put(PROGRAM, write) && written
  }
  if (report.notStarted !== undefined) {
    tell(`${PROGRAM}: ${report.notStarted}\n`)
    return STATUS.notStarted
  }
  if (!report.passed) return STATUS.failed
  return written ? STATUS.passed : OUTPUT_LOST
}

async function matrix(file: string | undefined, values: Given): Promise<number> {
  if (file === undefined) throw new UsageError('matrix needs the file that lists the programs')
  let programs: ReturnType<typeof parsePrograms>
  try {
    programs = parsePrograms(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`)
  }
  const jobs = values.jobs === undefined ? 1 : integer('jobs', values.jobs, 1, 64)
  const began = performance.now()
  const reports = await checkMatrix(programs, {
    ...optionsFrom(values),
    jobs,
    onReport(report, at, of) {
      const what = report.notStarted === undefined ? summaryLine(report) : `not started: ${report.notStarted}`
      const failed = report.results
        .filter((result) => isObstacle(result) && result.verdict === 'failed')
        .map(({ id }) => id)
      writeAll(
        1,
        `${report.passed ? 'ok  ' : 'FAIL'} [${at + 1}/${of}] ${report.name}: ${what}${failed.length > 0 ? ` (${failed.join(' ')})` : ''}\n`,
      )
    },
  })
  const { html, json } = values
  const written = [
    html === undefined || put(PROGRAM, () => writeFileSync(html, matrixPage(reports, programs))),
    json === undefined || put(PROGRAM, () => writeFileSync(json, `${JSON.stringify(reports, null, 2)}\n`)),
  ]
  const passed = reports.filter((report) => report.passed).length
  writeAll(1, `${passed} of ${reports.length} pass, in ${((performance.now() - began) / 1000).toFixed(1)} s\n`)
  if (passed < reports.length) return STATUS.failed
  return written.includes(false) ? OUTPUT_LOST : STATUS.passed
}

/** Where a reporter writes to if nothing was said, other than stdout. */
const placeOf = (name: ReporterName) => (name === 'github' ? process.env.GITHUB_STEP_SUMMARY : undefined)

function optionsFrom(values: Given): CheckOptions {
  const ids = (given: string[] | undefined) =>
    given?.flatMap((text) => text.split(',').map((id) => id.trim().toUpperCase())).filter(Boolean)
  const only = ids(values.only)
  const skip = ids(values.skip)
  for (const id of [...(only ?? []), ...(skip ?? [])]) {
    if (!listCases().some((one) => selects({ only: [id] }, one.id)))
      throw new UsageError(`no case begins with "${id}"; --list shows them`)
  }
  const errors = choice('errors', values.errors, PLACES)
  return {
    ...(only && { only }),
    ...(skip && { skip }),
    ...(values.strict && { strict: true }),
    ...(errors && { errors }),
    ...(values.seed !== undefined && { seed: integer('seed', values.seed, 0, 2 ** 31) }),
    ...(values.timeout !== undefined && { patienceMs: duration('timeout', values.timeout) }),
    ...(values['start-timeout'] !== undefined && { startMs: duration('start-timeout', values['start-timeout']) }),
    ...(values['total-timeout'] !== undefined && { totalMs: duration('total-timeout', values['total-timeout']) }),
    ...(values.baseline !== undefined && { baseline: baselineFrom(values.baseline) }),
    ...(values.name !== undefined && { name: values.name }),
    ...(values.cwd !== undefined && { cwd: values.cwd }),
  }
}

function reportersFrom({ reporter = ['pretty'] }: Given): { name: ReporterName; file?: string }[] {
  const wanted = reporter
    .flatMap((text) => text.split(','))
    .map((text) => {
      const at = text.indexOf('=')
      const name = at < 0 ? text : text.slice(0, at)
      if (!REPORTER_NAMES.includes(name as ReporterName))
        throw new UsageError(`--reporter must be one of ${REPORTER_NAMES.join(', ')}, got "${name}"`)
      return { name: name as ReporterName, ...(at >= 0 && { file: text.slice(at + 1) }) }
    })
  const onStdout = wanted.filter(({ name, file }) => (file ?? placeOf(name)) === undefined)
  if (onStdout.length > 1)
    throw new UsageError('only one reporter can write to stdout; give the others a file: --reporter junit=results.xml')
  return wanted
}

/** Ids, one per line or in a JSON list; or what failed in a JSON report of an earlier run. */
function baselineFrom(file: string): string[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`baseline: ${(error as Error).message}`)
  }
  const ids = /^\s*[[{]/.test(text)
    ? fromJson(text, file)
    : text
        .split('\n')
        .map((line) => line.replace(/#.*/, '').trim())
        .filter(Boolean)
  const known = new Set(listCases().map(({ id }) => id))
  const strange = ids.find((id) => !known.has(id))
  if (strange !== undefined) throw new UsageError(`baseline: there is no case "${strange}"`)
  return ids
}

function fromJson(text: string, file: string): string[] {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`baseline ${file}: ${(error as Error).message}`)
  }
  if (Array.isArray(data)) return data.map(String)
  const { results } = data as Partial<Report>
  if (!Array.isArray(results)) throw new UsageError(`baseline ${file}: neither ids nor a report`)
  return results.filter(({ verdict }) => verdict === 'failed' || verdict === 'blocked').map(({ id }) => id)
}

function addressOf(text: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? []
  if (port === undefined)
    throw new UsageError(`expected an address such as 127.0.0.1:9000, got "${text}"; a command comes after --`)
  return { host: bracketed ?? plain!, port: integer('port', port, 1, 65535) }
}

function choice<T extends string>(name: string, value: string | undefined, choices: readonly T[]): T | undefined {
  if (value === undefined || choices.includes(value as T)) return value as T | undefined
  throw new UsageError(`--${name} must be one of ${choices.join(', ')}, got "${value}"`)
}

function integer(name: string, text: string, least: number, most: number): number {
  return named(name, () => parsers.integer(least, most)(text))
}

function duration(name: string, text: string): number {
  return named(name, () => parsers.duration(text))
}

function named<T>(name: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new UsageError(`--${name} ${(error as Error).message}`)
  }
}

function list(kind: string | undefined, values: Given): string {
  const { only, skip } = optionsFrom(values)
  const cases = listCases().filter(
    (one) =>
      (kind === undefined || one.kind === kind) && selects({ ...(only && { only }), ...(skip && { skip }) }, one.id),
  )
  return cases
    .map(
      ({ id, level, clause, weight, title }) =>
        `${id.padEnd(6)} ${level.padEnd(6)} ${clause} ${String(weight).padStart(2)}  ${title}\n`,
    )
    .join('')
}

function explain(id: string): string {
  const found = listCases().find((one) => one.id === id.toUpperCase())
  if (!found) throw new UsageError(`there is no case "${id}"; --list shows them`)
  const { kind, title, level, weight, clause, clauseText, needs } = found
  const example = kind === 'server' ? './tcpserver {port}' : './tcpclient {host} {port} {sequence}'
  return [
    `${found.id}  ${title}`,
    '',
    `${clause}: ${clauseText}`,
    '',
    found.explain,
    '',
    `Level ${level}${level === 'MAY' ? ' (MUST with --strict)' : ''}, weight ${weight}.${needs.length > 0 ? ` Blocked where ${needs.join(' or ')} fails.` : ''}`,
    `Run it alone: npx @hs/conformance ${kind} --only ${found.id} -- ${example}`,
    '',
  ].join('\n')
}

/** One line on stderr that says what is going on, where somebody looks. */
function progressLine() {
  const live = process.stderr.isTTY === true
  const show = (text: string) => writeAll(2, `\r\x1b[2K${text}`)
  const hooks: Pick<CheckOptions, 'onCase'> = live
    ? {
        onCase: ({ id, title, at, of }) =>
          show(`[${at + 1}/${of}] ${id} ${title}`.slice(0, (process.stderr.columns || 80) - 1)),
      }
    : {}
  return { hooks, clear: () => live && show('') }
}
