import {
  answer,
  type Command,
  isOutputLost,
  type Option,
  OUTPUT_LOST,
  parse,
  parsers,
  protocolFlags,
  tell,
  type Values,
} from '@hs/command-line'
import { count, listeningPort, threadCount } from '@hs/options'
import { formatEndpoint, type TransportName } from '@hs/transport'
import {
  DEFAULT_GRACE_MS,
  DEFAULT_MAX_CONNECTIONS,
  DEFAULT_TIMEOUT_MS,
  type ServeOptions,
  STRATEGIES,
  type StrategyName,
} from './options.js'
import type { PrintOptions, WhenBlocked } from './print.js'
import { Reporter } from './reporter.js'
import { type HelloServer, serve } from './server.js'
import { threads } from './strategies/threads.js'

/** From package.json, put in by the build. */
declare const __VERSION__: string

const PROGRAM = 'tcpserver'

const command = {
  name: PROGRAM,
  version: __VERSION__,
  summary:
    'Serves the three-way handshake: receives HELLO X, answers HELLO X+1, expects HELLO X+2.\n' +
    'Prints every message that it receives, and ERROR after one that is wrong.',
  positionals: {
    port: { describe: 'where to listen; 0 takes a free port', parse: parsers.number(listeningPort) },
  },
  options: {
    host: {
      describe: 'Address or name to bind',
      default: '127.0.0.1',
      parse: parsers.host,
      placeholder: 'host',
    } as Option<string>,
    strategy: {
      describe: 'How connections are served: one by one, by threads, or all at once on one thread',
      default: 'events',
      choices: Object.keys(STRATEGIES),
    } as Option<StrategyName>,
    threads: {
      describe: 'Threads of the strategy threads; default: one per core',
      default: undefined,
      parse: parsers.number(threadCount),
      placeholder: 'n',
    } as Option<number | undefined>,
    atOnce: {
      describe: 'Connections that each thread serves at a time; 1 is the classic blocking pool',
      default: undefined,
      parse: parsers.number(count),
      placeholder: 'n',
    } as Option<number | undefined>,
    transport: {
      describe: 'How bytes move: node works everywhere, linux needs about half the CPU',
      default: 'auto',
      choices: ['auto', 'node', 'linux'],
    } as Option<TransportName>,
    timeout: {
      describe: 'Total deadline of each connection',
      default: DEFAULT_TIMEOUT_MS,
      parse: parsers.deadline,
      placeholder: 'duration',
    } as Option<number>,
    maxConnections: {
      describe: 'Connections served at a time; more are closed at once',
      default: DEFAULT_MAX_CONNECTIONS,
      parse: parsers.number(count),
      placeholder: 'n',
    } as Option<number>,
    grace: {
      describe: 'How long what is in flight may take to finish after SIGTERM or SIGINT',
      default: DEFAULT_GRACE_MS,
      parse: parsers.duration,
      placeholder: 'duration',
    } as Option<number>,
    onOutputBlocked: {
      describe: 'If stdout is not read: hold handshakes, lose and count lines, or stop after --timeout',
      default: 'wait',
      choices: ['wait', 'drop', 'stop'],
    } as Option<WhenBlocked>,
    json: {
      describe: 'Print one JSON object per event on stdout, instead of the lines',
      default: false,
    } as Option<boolean>,
    quiet: { describe: 'Print nothing', default: false, alias: 'q' } as Option<boolean>,
    verbose: {
      describe: 'Explain choices on stderr, such as that of the transport',
      default: false,
      alias: 'v',
    } as Option<boolean>,
    ...protocolFlags,
  },
  examples: [
    [`${PROGRAM} 9000`, 'listen on 127.0.0.1:9000'],
    [`${PROGRAM} 9000 --host 0.0.0.0 --strategy threads`, 'every address, one thread per core'],
    [`${PROGRAM} 0 --json`, 'a free port, named in the first object'],
  ],
  epilogue:
    'Exit status: 0 stopped by SIGINT or SIGTERM (a second one stops at once), 1 could not listen, or broke, 2 wrong usage, 5 output lost, 130 or 143 a signal before it listened.',
} as const satisfies Command

/** What a program has besides the core: options of its own, and what they do in the life of the server. */
export interface Extension {
  /** As a table of `@hs/command-line`. */
  readonly options: Readonly<Record<string, unknown>>
  /** @param tell - Takes sentences for people about what goes wrong meanwhile. @throws If the server cannot be started so. */
  prepare(values: never, tell: (sentence: string) => void): Promise<ServerLife>
}

export interface ServerLife {
  /** What the server is started with, besides its own options. */
  readonly serve: Partial<ServeOptions>
  /** The server listens. @returns Sentences for people. @throws If the program cannot continue like this. */
  listening(server: HelloServer): Promise<readonly string[]>
  /** A signal asked it to stop. Resolves when it is to stop accepting. */
  stopping(): Promise<void>
  /** It has stopped, or could not start. */
  stopped(): Promise<void>
}

const BARE: ServerLife = {
  serve: {},
  listening: async () => [],
  stopping: async () => {},
  stopped: async () => {},
}

/**
 * The server program. Resolves with its exit status when it has stopped.
 *
 * @param argv - The arguments after the program's name.
 */
export async function main(argv: readonly string[], extension?: Extension): Promise<number> {
  const extended = { ...command, options: { ...command.options, ...(extension?.options as object) } }
  const parsed = await parse(extended, argv)
  if ('text' in parsed) return answer(PROGRAM, parsed)
  const options = parsed.values
  if (options.strategy !== 'threads' && (options.threads !== undefined || options.atOnce !== undefined)) {
    tell(`${PROGRAM}: --threads and --at-once need --strategy threads\nTry ${PROGRAM} --help.\n`)
    return 2
  }
  const signals = new Signals()
  const reporter = new Reporter(PROGRAM, options)
  let life = BARE
  let server: HelloServer
  try {
    life = (await extension?.prepare(options as never, (sentence) => reporter.say(sentence))) ?? BARE
    const { port, host, transport, maxConnections, arithmetic, terminator, strict } = options
    server = await serve({
      port,
      host,
      transport,
      maxConnections,
      arithmetic,
      terminator,
      strict,
      timeoutMs: options.timeout,
      quietMs: options.quietTime,
      prefixMs: options.prefixTime,
      strategy:
        options.strategy === 'threads'
          ? threads(defined({ threads: options.threads, atOnce: options.atOnce }))
          : options.strategy,
      ...(!options.quiet && { print: printOptions(options) }),
      ...life.serve,
    })
  } catch (error) {
    signals.close()
    await life.stopped()
    tell(`${PROGRAM}: ${explainListen(error as NodeJS.ErrnoException, options)}\n`)
    return 1
  }
  signals.onSignal((count) => {
    // The second time, the grace period is over, and so is whatever comes before it.
    const stop =
      count === 1 ? life.stopping().then(() => server.close({ graceMs: options.grace })) : server.close({ graceMs: 0 })
    stop.catch(() => {})
  })
  try {
    reporter.listening(server)
    // It may stop, or break, before the rest of it is ready.
    const sentences = await Promise.race([life.listening(server), server.stopped.then(() => [])])
    for (const sentence of sentences) reporter.say(sentence)
    const stop = await server.stopped
    reporter.stopped(stop, server.counters)
    return (await reporter.end()) ? 0 : OUTPUT_LOST
  } catch (error) {
    const status = isOutputLost(error) ? OUTPUT_LOST : 1
    if (server.state === 'serving') await server.close({ graceMs: 0 }).catch(() => {})
    reporter.broke(error as Error, server.counters)
    await reporter.end()
    return status
  } finally {
    signals.close()
    await life.stopped()
  }
}

/** How long a program that gets a signal may take to say that it listens: in the same moment it may serve already. */
const LISTENING_MS = 100

/** SIGINT and SIGTERM, from the beginning: until there is a server, they end the program. */
class Signals {
  #count = 0
  #callback: ((count: number) => void) | undefined
  #ending: NodeJS.Timeout | undefined
  readonly #onSignal = (_name: NodeJS.Signals, number: number) => {
    const end = () => process.exit(128 + number)
    if (this.#callback) this.#callback(++this.#count)
    else if (this.#ending) end()
    else this.#ending = setTimeout(end, LISTENING_MS)
  }

  constructor() {
    process.on('SIGINT', this.#onSignal)
    process.on('SIGTERM', this.#onSignal)
  }

  onSignal(callback: (count: number) => void): void {
    this.#callback = callback
    if (!this.#ending) return
    clearTimeout(this.#ending)
    callback(++this.#count)
  }

  close(): void {
    clearTimeout(this.#ending)
    process.off('SIGINT', this.#onSignal)
    process.off('SIGTERM', this.#onSignal)
  }
}

type Options = Values<typeof command>

function printOptions({ json, errors, onOutputBlocked }: Options): PrintOptions {
  return { program: PROGRAM, format: json ? 'json' : 'plain', errors, whenBlocked: onOutputBlocked }
}

function explainListen(error: NodeJS.ErrnoException, { host, port }: Options): string {
  const at = formatEndpoint({ host, port })
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${port} is already in use on ${host}: another server runs there, perhaps an earlier one of yours; stop it or choose another port (0 takes a free one)`
    case 'EACCES':
      return `no permission to listen on ${at}: ports below 1024 belong to the system; choose a higher one`
    case 'EADDRNOTAVAIL':
      return `cannot listen on ${at}: this machine has no such address; try 127.0.0.1, or 0.0.0.0 for all of them`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `cannot listen on ${at}: the name "${host}" could not be resolved`
    default:
      return error.message
  }
}

function defined<T extends object>(options: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never
}
