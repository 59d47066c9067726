import {
  answer,
  type Command,
  isOutputLost,
  type Option,
  OUTPUT_LOST,
  parse,
  parsers,
  protocolFlags,
  put,
  sayOutputLost,
  tell,
  UsageError,
  type Values,
  writeAll,
} from '@hs/command-line'
import { type HelloError, isPeerError } from '@hs/protocol'
import type { Endpoint, TransportName } from '@hs/transport'
import { LOAD_OPTIONS } from './checks.js'
import { writeHistograms } from './hdr.js'
import { type LoadResult, load } from './load.js'
import { type ClientKind, clientKinds, type Mix } from './mix.js'
import {
  DEFAULT_CONCURRENCY,
  DEFAULT_DURATION_MS,
  DEFAULT_SILENT_MS,
  DEFAULT_SLOW_MS,
  DEFAULT_TIMEOUT_MS,
  type LoadOptions,
} from './options.js'
import { Progress } from './progress.js'
import { lineWidth, parseFile } from './terminal.js'
import { reportText } from './text.js'
import { parseThresholds, type Threshold } from './thresholds.js'

/** From package.json, put in by the build. */
declare const __VERSION__: string

const PROGRAM = 'hs-load'

const STATUS = { fine: 0, crossed: 1, failed: 1, usage: 2, noServer: 3, interrupted: 130, terminated: 143 } as const

const { errors: _errors, ...protocolOptions } = protocolFlags

const command = {
  name: PROGRAM,
  version: __VERSION__,
  summary:
    'Does HELLO handshakes, each on a fresh connection, each answer verified, and says how many and how fast.\n' +
    `To compare servers and see pictures of the difference: ${PROGRAM} compare --help`,
  positionals: {
    targets: { describe: 'host:port of a server, or of several, with commas between', parse: parseTargets },
  },
  options: {
    concurrency: {
      describe: `Closed loop: clients, each of which begins again when it is done; ${DEFAULT_CONCURRENCY} where no --rate is given`,
      default: undefined,
      alias: 'c',
      parse: parsers.number(LOAD_OPTIONS.concurrency.check),
      placeholder: 'n',
    } as Option<number | undefined>,
    rate: {
      describe: 'Open loop: handshakes per second; times count from when each had to begin',
      default: undefined,
      alias: 'r',
      parse: parseAmount,
      placeholder: 'n',
    } as Option<number | undefined>,
    duration: {
      describe: `How long, after the warm-up; ${DEFAULT_DURATION_MS / 1000}s where no --count is given`,
      default: undefined,
      alias: 'd',
      parse: parsers.deadline,
      placeholder: 'duration',
    } as Option<number | undefined>,
    count: {
      describe: 'How many handshakes, those of the warm-up not counted',
      default: undefined,
      alias: 'n',
      parse: parsers.number(LOAD_OPTIONS.count.check),
      placeholder: 'n',
    } as Option<number | undefined>,
    warmup: {
      describe: 'How long at first nothing is counted',
      default: 0,
      parse: parsers.duration,
      placeholder: 'duration',
    } as Option<number>,
    mix: {
      describe: 'Shares of the kinds of clients, as in normal=80,slow=10,silent=5,reset=5; default: all are normal',
      default: undefined,
      parse: parseMix,
      placeholder: 'shares',
    } as Option<Mix | undefined>,
    seed: {
      describe: 'Repeats the numbers and the order of the kinds of an earlier load; default: a new one, in the report',
      default: undefined,
      parse: parsers.number(LOAD_OPTIONS.seed.check),
      placeholder: 'n',
    } as Option<number | undefined>,
    timeout: {
      describe: 'Total deadline of each handshake',
      default: DEFAULT_TIMEOUT_MS,
      parse: parsers.deadline,
      placeholder: 'duration',
    } as Option<number>,
    slowPause: {
      describe: 'The pause of a slow client before each message',
      default: DEFAULT_SLOW_MS,
      parse: parsers.duration,
      placeholder: 'duration',
    } as Option<number>,
    silentTime: {
      describe: 'How long a silent client stays',
      default: DEFAULT_SILENT_MS,
      parse: parsers.duration,
      placeholder: 'duration',
    } as Option<number>,
    sources: {
      describe: 'Addresses of this machine to connect from, with commas between, each until its ports run out',
      default: undefined,
      parse: (text: string) => text.split(',').map(parsers.host),
      placeholder: 'addresses',
    } as Option<string[] | undefined>,
    transport: {
      describe: 'How bytes move: node works everywhere, linux needs about half the CPU',
      default: 'auto',
      choices: ['auto', 'node', 'linux'],
    } as Option<TransportName>,
    failIf: {
      describe: "Conditions for exit status 1, as in 'p99>20ms' or 'errors>1%'; several with commas, or repeated",
      default: [],
      parse: parseConditions,
      placeholder: 'conditions',
      repeats: true,
    } as Option<readonly Threshold[]>,
    json: { describe: 'Print the report as one JSON object', default: false } as Option<boolean>,
    ndjson: {
      describe: 'Print one JSON object per second, and the report as the last',
      default: false,
    } as Option<boolean>,
    hdr: {
      describe:
        'Write the histograms to a file, as HdrHistogram reads them: a log, or percentiles for a name with .hgrm',
      default: undefined,
      parse: parseFile,
      placeholder: 'file',
    } as Option<string | undefined>,
    quiet: { describe: 'Show no progress', default: false, alias: 'q' } as Option<boolean>,
    ...protocolOptions,
  },
  examples: [
    [`${PROGRAM} 127.0.0.1:9000`, 'as fast as it goes with 64 clients, for 10 seconds'],
    [`${PROGRAM} 127.0.0.1:9000 --rate 2000 --fail-if 'p99>20ms'`, 'a gate at a given rate'],
    [`${PROGRAM} 127.0.0.1:9000 --mix normal=80,slow=10,silent=5,reset=5`, 'clients as they come'],
  ],
  epilogue:
    'Exit status: 0 done, 1 a condition of --fail-if holds or nothing was established, 2 wrong usage, 3 no server that answers right, 5 output lost, 130 or 143 interrupted.',
} as const satisfies Command

type Options = Values<typeof command>

/**
 * The program. Resolves with its exit status.
 *
 * @param argv - The arguments after the program's name.
 */
export async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === 'compare') return (await import('./compare/cli.js')).compareMain(argv.slice(1))
  const parsed = await parse(command, argv)
  if ('text' in parsed) return answer(PROGRAM, parsed)
  const options = parsed.values
  if (options.rate !== undefined && options.concurrency !== undefined) {
    tell(`${PROGRAM}: --rate and --concurrency exclude each other\nTry ${PROGRAM} --help.\n`)
    return STATUS.usage
  }
  const stopping = new AbortController()
  let interruption: number = STATUS.interrupted
  const onSignal = (signal: NodeJS.Signals) => {
    if (signal === 'SIGTERM') interruption = STATUS.terminated
    // The second time, nobody wants the report either.
    if (stopping.signal.aborted) process.exit(interruption)
    stopping.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  try {
    const status = await run(options, stopping.signal)
    return status === STATUS.interrupted ? interruption : status
  } catch (error) {
    if (isOutputLost(error)) return sayOutputLost(PROGRAM, error)
    const { failure, message } = error as HelloError
    tell(`${PROGRAM}: ${failure ? explain(error as HelloError) : message}\n`)
    if (error instanceof RangeError) return STATUS.usage
    return failure ? STATUS.noServer : STATUS.failed
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}

async function run(options: Options, signal: AbortSignal): Promise<number> {
  const { json, ndjson, quiet, hdr } = options
  const goal = {
    durationMs: options.count === undefined ? (options.duration ?? DEFAULT_DURATION_MS) : options.duration,
  }
  const progress = new Progress(tell, lineWidth, { ...goal, count: options.count })
  const settings: LoadOptions = {
    targets: options.targets,
    ...(options.rate !== undefined && { rate: options.rate }),
    ...(options.concurrency !== undefined && { concurrency: options.concurrency }),
    ...(options.duration !== undefined && { durationMs: options.duration }),
    ...(options.count !== undefined && { count: options.count }),
    ...(options.seed !== undefined && { seed: options.seed }),
    ...(options.mix && { mix: options.mix }),
    ...(options.sources && { sources: options.sources }),
    warmupMs: options.warmup,
    timeoutMs: options.timeout,
    slowMs: options.slowPause,
    silentMs: options.silentTime,
    transport: options.transport,
    arithmetic: options.arithmetic,
    terminator: options.terminator,
    strict: options.strict,
    quietMs: options.quietTime,
    prefixMs: options.prefixTime,
    signal,
    onInterval(interval, counts) {
      if (ndjson) writeAll(1, `${JSON.stringify({ type: 'interval', ...interval })}\n`)
      if (!quiet) progress.interval(interval, counts)
    },
  }
  if (!quiet && options.warmup > 0) progress.warmUp(options.warmup)
  const result = await load(settings)
  progress.end()
  const crossed = options.failIf.flatMap((threshold) => {
    const found = threshold.crossed(result.report)
    return found === undefined ? [] : [{ condition: threshold.text, found }]
  })
  const written = [
    put(PROGRAM, () => print(result, crossed, json, ndjson)),
    hdr === undefined || put(PROGRAM, () => writeHistograms(hdr, result)),
  ]
  if (signal.aborted) return STATUS.interrupted
  const { established, played } = result.report
  if (crossed.length > 0 || established + played === 0) return STATUS.crossed
  return written.includes(false) ? OUTPUT_LOST : STATUS.fine
}

interface Crossed {
  readonly condition: string
  readonly found: string
}

function print({ report }: LoadResult, crossed: readonly Crossed[], json: boolean, ndjson: boolean): void {
  if (json || ndjson) {
    const { intervals, ...rest } = report
    // Each interval has had a line of its own already.
    const shown = ndjson ? { type: 'report', ...rest } : { ...rest, intervals }
    writeAll(1, `${JSON.stringify({ ...shown, crossed })}\n`)
    return
  }
  writeAll(1, reportText(report))
  for (const { condition, found } of crossed) tell(`${PROGRAM}: failed, since ${condition}: it is ${found}\n`)
}

/** Why there was nothing to measure. */
function explain(error: HelloError): string {
  const why = isPeerError(error)
    ? ' What listens there is no HELLO server, or has a mistake: look with "npx @hs/client" at what it says.'
    : ''
  return `${error.message}${why} (${error.code}) Nothing was measured.`
}

function parseTargets(text: string): Endpoint[] {
  return text.split(',').map((target) => {
    const [, host, port] = /^([^/]+):(\d+)$/.exec(target) ?? []
    if (host === undefined || Number(port) < 1 || Number(port) > 65535) {
      throw new UsageError(`must be host:port, with a port from 1 to 65535, got "${target}"`)
    }
    if (host.includes(':') && !host.startsWith('[')) {
      throw new UsageError(`must have an IPv6 address in brackets, as in [::1]:9000, got "${target}"`)
    }
    return { host: parsers.host(host), port: Number(port) }
  })
}

function parseAmount(text: string): number {
  const value = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && value > 0) return value
  throw new UsageError(`must be a number of more than 0, got "${text}"`)
}

function parseMix(text: string): Mix {
  const mix: Record<string, number> = {}
  for (const part of text.split(',')) {
    const [, kind, share] = /^(\w+)=(\d+(?:\.\d+)?)$/.exec(part) ?? []
    if (kind === undefined) throw new UsageError(`must be shares such as normal=90,slow=10, got "${part}"`)
    if (!clientKinds.includes(kind as ClientKind)) {
      throw new UsageError(`must name kinds of ${clientKinds.join(', ')}, got "${kind}"`)
    }
    if (kind in mix) throw new UsageError(`must name each kind once, got "${text}"`)
    mix[kind] = Number(share)
  }
  try {
    LOAD_OPTIONS.mix.check.read('mix', mix)
  } catch {
    throw new UsageError(`must give a kind a share of more than 0, got "${text}"`)
  }
  return mix
}

function parseConditions(text: string): Threshold[] {
  try {
    return parseThresholds(text)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
