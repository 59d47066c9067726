import { writeFileSync } from 'node:fs'
import {
  answer,
  type Command,
  type Option,
  OUTPUT_LOST,
  parse,
  parsers,
  put,
  tell,
  UsageError,
  writeAll,
} from '@hs/command-line'
import { LOAD_OPTIONS } from '../checks.js'
import { formatLeft } from '../report/format.js'
import { lineWidth, overwriting, parseFile } from '../report/terminal.js'
import { clientTransport, listenBriefly } from '../run/transport.js'
import { type CompareProgress, compare } from './compare.js'
import { compareHtml } from './html.js'
import { scenarios } from './scenarios.js'
import { type Candidate, ourCandidates } from './servers.js'
import { compareMarkdown, compareText } from './table.js'

/** From package.json, put in by the build. */
declare const __VERSION__: string

const PROGRAM = 'hs-load compare'

const STATUS = { fine: 0, failed: 1, usage: 2, interrupted: 130 } as const

/** In five rounds, most of what disturbs a measurement shows as what it is. */
const DEFAULT_ROUNDS = 5
const DEFAULT_DURATION_MS = 1_000

const names = scenarios.map(({ name }) => name)

const command = {
  name: PROGRAM,
  version: __VERSION__,
  summary:
    'Starts servers, measures them against each other, and draws the difference.\n' +
    'Without --server and --only, these are all strategies of tcpserver on each transport.',
  positionals: {},
  options: {
    server: {
      describe: "Another server, as in 'mine=./tcpserver {port}'; may be repeated",
      default: [],
      parse: (text: string) => text.split('\n').map(parseServer),
      placeholder: 'name=command',
      repeats: true,
    } as Option<readonly Candidate[]>,
    only: {
      describe: "Which of ours, with commas between, as in 'events/linux,sequential/node'; none of them: none",
      default: undefined,
      parse: (text: string) => (text === 'none' ? [] : text.split(',')),
      placeholder: 'names',
    } as Option<readonly string[] | undefined>,
    baseline: {
      describe: 'The server that the others are compared with; default: the first',
      default: undefined,
      parse: (text: string) => text,
      placeholder: 'name',
    } as Option<string | undefined>,
    scenarios: {
      describe: `Which of ${names.join(', ')}; default: all`,
      default: names,
      parse: parseScenarios,
      placeholder: 'names',
    } as Option<readonly string[]>,
    rounds: {
      describe: 'How often everything is measured',
      default: DEFAULT_ROUNDS,
      parse: parsers.integer(1, 1000),
      placeholder: 'n',
    } as Option<number>,
    duration: {
      describe: 'How long each server is measured in each scenario of each round',
      default: DEFAULT_DURATION_MS,
      parse: parsers.deadline,
      placeholder: 'duration',
    } as Option<number>,
    seed: {
      describe: 'Of the order in which they take turns',
      default: 1,
      parse: parsers.number(LOAD_OPTIONS.seed.check),
      placeholder: 'n',
    } as Option<number>,
    html: {
      describe: 'Write a page with pictures, in one file',
      default: undefined,
      parse: parseFile,
      placeholder: 'file',
    } as Option<string | undefined>,
    markdown: {
      describe: 'Write the tables as Markdown',
      default: undefined,
      parse: parseFile,
      placeholder: 'file',
    } as Option<string | undefined>,
    json: { describe: 'Print everything as one JSON object, instead of the tables', default: false } as Option<boolean>,
    quiet: { describe: 'Show no progress', default: false, alias: 'q' } as Option<boolean>,
  },
  examples: [
    [`${PROGRAM} --html report.html`, 'ours, in about five minutes'],
    [`${PROGRAM} --server 'mine=./tcpserver {port}' --html report.html`, 'yours, too'],
    [`${PROGRAM} --rounds 1 --duration 300ms`, 'a first impression'],
  ],
  epilogue:
    'Exit status: 0 done, 1 a server did not start, did not answer right, or ended, 2 wrong usage, 130 interrupted, with a report of what was measured.',
} as const satisfies Command

/**
 * The program. Resolves with its exit status.
 *
 * @param argv - The arguments after `compare`.
 */
export async function compareMain(argv: readonly string[]): Promise<number> {
  // No words are wanted, and none may look as if all was said with them.
  const parsed = await parse(command, argv)
  if ('text' in parsed) return answer(PROGRAM, parsed)
  const { server, only, baseline, html, markdown, json, quiet, duration, ...options } = parsed.values
  const candidates = choose(await available(), server, only, baseline)
  if (typeof candidates === 'string') {
    tell(`${PROGRAM}: ${candidates}\nTry ${PROGRAM} --help.\n`)
    return STATUS.usage
  }
  const stopping = new AbortController()
  const onSignal = () => {
    // The second signal skips the report, too. The servers end with us.
    if (stopping.signal.aborted) process.exit(STATUS.interrupted)
    stopping.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  const shown = quiet ? () => {} : progress()
  try {
    const report = await compare({
      ...options,
      candidates,
      durationMs: duration,
      signal: stopping.signal,
      onProgress: shown,
    })
    // What does not go out one way still goes the others.
    const written = [
      html === undefined || put(PROGRAM, () => writeFileSync(html, compareHtml(report))),
      markdown === undefined || put(PROGRAM, () => writeFileSync(markdown, compareMarkdown(report))),
      put(PROGRAM, () => writeAll(1, json ? `${JSON.stringify(report)}\n` : compareText(report))),
    ]
    for (const problem of report.problems) tell(`${PROGRAM}: ${problem}\n`)
    if (stopping.signal.aborted) return STATUS.interrupted
    if (report.problems.length > 0) return STATUS.failed
    return written.includes(false) ? OUTPUT_LOST : STATUS.fine
  } catch (error) {
    tell(`${!quiet && lineWidth() ? '\n' : ''}${PROGRAM}: ${(error as Error).message}\n`)
    return STATUS.failed
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}

async function available(): Promise<Candidate[]> {
  const { name } = await clientTransport()
  const ours = ourCandidates(name === 'linux' ? ['node', 'linux'] : ['node'])
  return (await nodeShares()) ? ours : ours.filter(({ name }) => name !== 'threads/node')
}

/** Whether this Node can share a listener among threads; before 22.12 it cannot. */
async function nodeShares(): Promise<boolean> {
  try {
    await listenBriefly('127.0.0.1', true)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_HS_THREADS_UNSUPPORTED') return false
    throw error
  }
}

/** The candidates, the baseline first; or what is wrong. */
function choose(
  ours: readonly Candidate[],
  theirs: readonly Candidate[],
  only: readonly string[] | undefined,
  baseline: string | undefined,
): Candidate[] | string {
  const chosen: Candidate[] = []
  // In the order in which they were named.
  for (const name of only ?? ours.map((server) => server.name)) {
    const server = ours.find((one) => one.name === name)
    if (!server) return `--only has ${ours.map((one) => one.name).join(', ')} here, got "${name}"`
    chosen.push(server)
  }
  chosen.push(...theirs)
  if (chosen.length === 0) return '--only none needs a --server'
  if (new Set(chosen.map(({ name }) => name)).size < chosen.length) return 'each server needs a name of its own'
  if (baseline === undefined) return chosen
  const first = chosen.find(({ name }) => name === baseline)
  if (!first) return `--baseline must be one of ${chosen.map(({ name }) => name).join(', ')}, got "${baseline}"`
  return [first, ...chosen.filter((server) => server !== first)]
}

/** Says what is measured, and how long it will take; one line in a terminal, else one for each tenth. */
function progress(): (progress: CompareProgress) => void {
  const started = performance.now()
  let tenth = -1
  return ({ what, done, of }) => {
    const left = done === 0 ? '' : `, ${formatLeft(((performance.now() - started) * (of - done)) / done)}`
    const line = `${Math.floor((100 * done) / of)} %${left}: ${what}`
    const width = lineWidth()
    if (width !== undefined) tell(overwriting(done === of ? '' : line, width))
    else if (Math.floor((10 * done) / of) > tenth) tell(`${line}\n`)
    tenth = Math.floor((10 * done) / of)
  }
}

function parseServer(text: string): Candidate {
  const [, name, command] = /^([^=\s]+)=(.+)$/.exec(text) ?? []
  if (name === undefined || command === undefined || !command.includes('{port}')) {
    throw new UsageError(
      `must be name=command with {port} in the command, as in 'mine=./tcpserver {port}', got "${text}"`,
    )
  }
  return { name, command }
}

function parseScenarios(text: string): string[] {
  const chosen = [...new Set(text.split(','))]
  for (const name of chosen) {
    if (!names.includes(name)) throw new UsageError(`must be some of ${names.join(', ')}, got "${name}"`)
  }
  return chosen
}
