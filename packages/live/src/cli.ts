import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import {
  answer,
  type Command,
  isOutputLost,
  type Option,
  OUTPUT_LOST,
  parse,
  parsers,
  put,
  sayOutputLost,
  tell,
  UsageError,
  writeAll,
} from '@hs/command-line'
import { STRATEGIES, type StrategyName } from '@hs/server-core'
import { type Endpoint, formatEndpoint, type TransportName } from '@hs/transport'
import { DEFAULT_TIMEOUT_MS } from './checks.js'
import { live } from './live.js'
import { readRecording } from './record/read.js'
import { LIMITS } from './scene/limits.js'
import { FIRST_SETTINGS } from './scene/scene.js'
import type { Program } from './session.js'
import { pageHtml } from './web/html.js'
import { openBrowser } from './web/open.js'
import { Web } from './web/web.js'

/** From package.json, put in by the build. */
declare const __VERSION__: string

const PROGRAM = 'hs-live'

const STATUS = { fine: 0, failed: 1, usage: 2, outputLost: OUTPUT_LOST } as const

const strategies = Object.keys(STRATEGIES) as StrategyName[]

const option = <T>(describe: string, preset: T, placeholder: string, parse: (text: string) => T): Option<T> => ({
  describe,
  default: preset,
  placeholder,
  parse,
})

const file = (describe: string) => option<string | undefined>(describe, undefined, 'file', parseFile)

const pageOptions = {
  port: option('Where the page is served; 0 takes a free port', 0, 'n', parsers.integer(0, 65535)),
  host: option(
    'Address or name where the page is served; outside loopback, anyone with the address can use it',
    '127.0.0.1',
    'host',
    parsers.host,
  ),
  noOpen: { describe: 'Print the address of the page, and open no browser', default: false } as Option<boolean>,
}

const command = {
  name: PROGRAM,
  version: __VERSION__,
  summary:
    'Shows in a browser how servers of the HELLO handshake serve real sockets, side by side.\n' +
    `To play a recording: ${PROGRAM} replay --help`,
  positionals: {},
  options: {
    server: {
      describe: "Another server, as in 'mine=./tcpserver {port}'; may be repeated",
      default: [],
      parse: (text: string) => text.split('\n').map(parseProgram),
      placeholder: 'name=command',
      repeats: true,
    } as Option<readonly Program[]>,
    only: option<readonly StrategyName[]>(
      'Which of sequential, threads, events, with commas between; none: only those of --server',
      strategies,
      'names',
      parseStrategies,
    ),
    rate: option('Clients per second at first', FIRST_SETTINGS.rate, 'n', parsers.integer(...LIMITS.rate)),
    threads: option(
      'Threads of the strategy threads at first',
      FIRST_SETTINGS.threads,
      'n',
      parsers.integer(...LIMITS.threads),
    ),
    think: option(
      'How long clients think before each message at first',
      FIRST_SETTINGS.thinkMs,
      'duration',
      parseThink,
    ),
    timeout: option('Deadline of our servers for each connection', DEFAULT_TIMEOUT_MS, 'duration', parsers.duration),
    transport: {
      describe: 'How bytes move in our servers',
      default: 'auto',
      choices: ['auto', 'node', 'linux'],
    } as Option<TransportName>,
    record: file('Write what the page sees, for replay'),
    ...pageOptions,
  },
  examples: [
    [PROGRAM, 'our three servers, and a browser'],
    [`${PROGRAM} --server 'mine=./tcpserver {port}'`, 'yours beside them'],
    [`${PROGRAM} --record run.hslive`, 'keep what happens'],
  ],
  epilogue:
    'Exit status: 0 stopped by SIGINT or SIGTERM, 1 could not listen, 2 wrong usage, 5 the recording or the address could not be written.',
} as const satisfies Command

const replayCommand = {
  name: `${PROGRAM} replay`,
  version: __VERSION__,
  summary:
    'Plays a recording in a browser, or writes it and the page as one file.\n' +
    'Also plays the output of tcpserver --json, and the charts of hs-load --ndjson.',
  positionals: { file: { describe: 'what --record has written', parse: parseFile } },
  options: {
    html: file('Write one self-contained page instead, that plays without Node'),
    ...pageOptions,
  },
  examples: [
    [`${PROGRAM} replay run.hslive`, 'in a browser'],
    [`${PROGRAM} replay run.hslive --html demo.html`, 'for slides, or a site'],
  ],
  epilogue:
    'Exit status: 0 done, or stopped by SIGINT or SIGTERM, 1 could not read or listen, 2 wrong usage, 5 could not write.',
} as const satisfies Command

/**
 * The program. Resolves with its exit status.
 *
 * @param argv - The arguments after the program's name.
 */
export async function main(argv: readonly string[]): Promise<number> {
  return argv[0] === 'replay' ? replayMain(argv.slice(1)) : liveMain(argv)
}

async function liveMain(argv: readonly string[]): Promise<number> {
  const parsed = await parse(command, argv)
  if ('text' in parsed) return answer(PROGRAM, parsed)
  const { server: programs, only, think, timeout, rate, threads, record, noOpen, ...options } = parsed.values
  const wrong = wrongNames(only, programs)
  if (wrong) {
    tell(`${PROGRAM}: ${wrong}\nTry ${PROGRAM} --help.\n`)
    return STATUS.usage
  }
  const signal = stopSignal()
  let recorded = true
  let pages = 0
  try {
    await using page = await live({
      ...options,
      timeoutMs: timeout,
      strategies: only,
      programs,
      signal,
      settings: { rate, threads, thinkMs: think },
      ...(record !== undefined && { record }),
      onRecordingLost: (error) => {
        recorded = false
        tell(`${PROGRAM}: the recording ends here: ${error.message}\n`)
      },
      onPages: (open) => {
        if (open === 0)
          tell(`${PROGRAM}: the page was closed, so no more clients arrive; open it again, or end with Ctrl-C\n`)
        pages = open
      },
    })
    if (!signal.aborted) {
      for (const { name, note } of page.problems) tell(`${PROGRAM}: ${name} is not running: ${note}\n`)
      await show(page.url, noOpen)
      await until(signal)
    }
    if (pages > 0) tell(`${PROGRAM}: stopped\n`)
  } catch (error) {
    return failed(error as NodeJS.ErrnoException, options)
  }
  return recorded ? STATUS.fine : STATUS.outputLost
}

async function replayMain(argv: readonly string[]): Promise<number> {
  const parsed = await parse(replayCommand, argv)
  if ('text' in parsed) return answer(PROGRAM, parsed)
  const { file, html, ...options } = parsed.values
  try {
    const page = pageHtml(readRecording(file))
    if (html !== undefined) return put(PROGRAM, () => writeFileSync(html, page.html)) ? STATUS.fine : STATUS.outputLost
    const signal = stopSignal()
    await using web = await Web.listen({ ...options, page })
    await show(web.url, options.noOpen)
    await until(signal)
    return STATUS.fine
  } catch (error) {
    return failed(error as NodeJS.ErrnoException, options)
  }
}

/** The address is the result; all else is for people. */
async function show(url: string, noOpen: boolean): Promise<void> {
  writeAll(1, `${url}\n`)
  const why = noOpen ? undefined : await openBrowser(url)
  if (why) tell(`${PROGRAM}: no browser was opened, since ${why}: open the address above in one\n`)
  tell(`${PROGRAM}: Ctrl-C ends it\n`)
}

/** Aborted by the first signal of the system; at the second one, the process ends at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => (stop.signal.aborted ? process.exit(STATUS.failed) : stop.abort()))
  }
  return stop.signal
}

async function until(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

function failed(error: NodeJS.ErrnoException, at: Endpoint): number {
  if (isOutputLost(error)) return sayOutputLost(PROGRAM, error)
  tell(`${PROGRAM}: ${explain(error, at)}\n`)
  return STATUS.failed
}

function explain(error: NodeJS.ErrnoException, { host, port }: Endpoint): string {
  const at = formatEndpoint({ host, port })
  switch (error.syscall === 'listen' ? error.code : undefined) {
    case 'EADDRINUSE':
      return `port ${port} is already in use on ${host}: choose another with --port; 0 takes a free one`
    case 'EACCES':
      return `no permission to listen on ${at}: ports below 1024 belong to the system; choose a higher one`
    default:
      return error.message
  }
}

function wrongNames(only: readonly StrategyName[], programs: readonly Program[]): string | undefined {
  const names = [...only, ...programs.map(({ name }) => name)]
  if (names.length === 0) return '--only none needs a --server'
  if (new Set(names).size < names.length) return 'each server needs a name of its own'
  return undefined
}

function parseProgram(text: string): Program {
  const [, name, command] = /^([^=\s]+)=(.+)$/.exec(text) ?? []
  if (name !== undefined && command?.includes('{port}')) return { name, command }
  throw new UsageError(
    `must be name=command with {port} in the command, as in 'mine=./tcpserver {port}', got "${text}"`,
  )
}

function parseStrategies(text: string): StrategyName[] {
  if (text === 'none') return []
  return text.split(',').map((name) => {
    if (strategies.includes(name as StrategyName)) return name as StrategyName
    throw new UsageError(`must be some of ${strategies.join(', ')}, or none, got "${text}"`)
  })
}

function parseThink(text: string): number {
  const ms = parsers.duration(text)
  const [least, most] = LIMITS.thinkMs
  if (ms >= least && ms <= most) return ms
  throw new UsageError(`must be from ${least}ms to ${most}ms, got "${text}"`)
}

function parseFile(text: string): string {
  if (text !== '') return text
  throw new UsageError('must be the name of a file')
}
