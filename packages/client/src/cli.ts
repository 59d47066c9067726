import {
  answer,
  type Command,
  isOutputLost,
  type Option,
  parse,
  parsers,
  protocolFlags,
  sayOutputLost,
  tell,
  UsageError,
  type Values,
  writeAll,
} from '@hs/command-line'
import { count, port } from '@hs/options'
import { HelloError, isInitialSequence } from '@hs/protocol'
import { type Endpoint, formatEndpoint, nodeTransport, type Transport } from '@hs/transport'
import { HANDSHAKE_OPTIONS } from './checks.js'
import { type HandshakeReport, handshake, randomSequence } from './handshake.js'
import { answerLookUp, LOOKUP_COMMAND, lookUp } from './lookup.js'
import { type Checked, nagiosLine } from './nagios.js'
import { DEFAULT_TIMEOUT_MS } from './options.js'
import { Output, STATUS, statusOf } from './output.js'
import { summarize } from './summary.js'

/** From package.json, put in by the build. */
declare const __VERSION__: string

/** How often `--wait` and `--retry` knock: often enough for a server that starts in a second, rarely enough for its log. */
const RETRY_PAUSE_MS = 200

/** How long one attempt of `--wait` may take by default: a healthy server is a thousand times as quick. */
const PROBE_TIMEOUT_MS = 1_000

/** What the plugins of Nagios end with. */
const NAGIOS = { ok: 0, critical: 2 } as const

/** The command as a table; `npx` users may leave the sequence number out, `tcpclient` has it in its contract. */
function command(name: string, sequence: 'required' | 'optional') {
  return {
    name,
    version: __VERSION__,
    summary:
      'Does one three-way handshake: sends HELLO X, expects HELLO X+1, sends HELLO X+2, and closes.\n' +
      'Prints the message that it receives, and ERROR after one that is wrong.',
    positionals: {
      host: { describe: 'name or address of the server', parse: parsers.host },
      port: { describe: 'its port', parse: parsers.number(port) },
      sequence: {
        describe: sequence === 'optional' ? 'X; default: a random number' : 'X',
        parse: parsers.number(HANDSHAKE_OPTIONS.sequence.check),
        optional: sequence === 'optional',
      },
    },
    options: {
      timeout: {
        describe: `Total deadline of each handshake; ${DEFAULT_TIMEOUT_MS / 1000}s, or ${PROBE_TIMEOUT_MS / 1000}s for each attempt of --wait`,
        default: undefined,
        parse: parsers.deadline,
        placeholder: 'duration',
      } as Option<number | undefined>,
      wait: {
        describe: 'Keep trying for up to this long, until a handshake succeeds; an open port is not enough',
        default: undefined,
        parse: parsers.duration,
        placeholder: 'duration',
      } as Option<number | undefined>,
      untilGone: {
        describe: 'With --wait: keep trying until nothing listens there any more',
        default: false,
      } as Option<boolean>,
      also: {
        describe: 'Further servers, with commas between, as in a:9000,b:9000: each of them must pass',
        default: [],
        parse: parseServers,
        placeholder: 'servers',
      } as Option<readonly Endpoint[]>,
      retry: {
        describe: 'Retry up to n times after a failure',
        default: undefined,
        parse: parsers.integer(0, Number.MAX_SAFE_INTEGER),
        placeholder: 'n',
      } as Option<number | undefined>,
      count: {
        describe: 'Handshakes, one after the other, with a summary on stderr',
        default: undefined,
        parse: parsers.number(count),
        placeholder: 'n',
      } as Option<number | undefined>,
      interval: {
        describe: 'Pause between handshakes of --count',
        default: 0,
        parse: parsers.duration,
        placeholder: 'duration',
      } as Option<number>,
      '4': { describe: 'Use only IPv4 (before the host)', default: false } as Option<boolean>,
      '6': { describe: 'Use only IPv6 (before the host)', default: false } as Option<boolean>,
      json: {
        describe: 'Print one JSON object per handshake on stdout, instead of the lines',
        default: false,
      } as Option<boolean>,
      nagios: {
        describe: 'Print one line for Nagios and its like, with performance data; exit status 0 OK or 2 CRITICAL',
        default: false,
      } as Option<boolean>,
      quiet: { describe: 'Print nothing; only set the exit status', default: false, alias: 'q' } as Option<boolean>,
      verbose: { describe: 'Draw the exchange on stderr', default: false, alias: 'v' } as Option<boolean>,
      ...protocolFlags,
    },
    examples: [
      [`${name} 127.0.0.1 9000 5`, 'one handshake'],
      [`${name} 127.0.0.1 9000 5 --verbose`, 'the same, with a picture'],
      [`${name} localhost 9000 1 --wait 30s --quiet`, 'a gate: passes once a handshake succeeds'],
    ],
    epilogue:
      'Exit status: 0 established, 1 the peer broke the protocol, 2 wrong usage, 3 could not connect, 4 deadline passed, 5 output lost, 130 interrupted, 143 terminated.',
  } as const satisfies Command
}

type Options = Values<ReturnType<typeof command>>

/**
 * The client program. Resolves with its exit status.
 *
 * @param argv - The arguments after the program's name.
 * @param name - What the program is called in its messages.
 * @param sequence - Whether X must be given.
 */
export async function main(argv: readonly string[], name: string, sequence: 'required' | 'optional'): Promise<number> {
  if (argv[0] === LOOKUP_COMMAND) {
    writeAll(1, await answerLookUp(argv.slice(1)))
    return STATUS.established
  }
  const parsed = await parse(command(name, sequence), argv)
  if ('text' in parsed) return answer(name, parsed)
  const options = parsed.values
  const wrong = contradiction(options)
  if (wrong) {
    tell(`${name}: ${wrong}\nTry ${name} --help.\n`)
    return STATUS.usage
  }
  const interrupted = new AbortController()
  let interruption: number = STATUS.interrupted
  const onSignal = (signal: NodeJS.Signals) => {
    if (signal === 'SIGTERM') interruption = STATUS.terminated
    interrupted.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  try {
    const status = await run(options, {
      name,
      signal: interrupted.signal,
      transport: nodeTransport({ lookup: lookUp }),
    })
    return status === STATUS.interrupted ? interruption : status
  } catch (error) {
    if (isOutputLost(error)) return sayOutputLost(name, error)
    throw error
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}

function contradiction({ sequence, arithmetic, ...options }: Options): string | undefined {
  if (options['4'] && options['6']) return '-4 and -6 exclude each other'
  if (sequence !== undefined && !isInitialSequence(sequence, arithmetic))
    return `sequence must fit 32 bits, got ${sequence}`
  if (options.interval > 0 && options.count === undefined) return '--interval needs --count'
  if (options.untilGone && options.wait === undefined) return '--until-gone needs --wait'
  if (options.untilGone && options.count !== undefined) return '--until-gone and --count exclude each other'
  if (options.nagios && (options.json || options.untilGone)) return '--nagios excludes --json and --until-gone'
  return undefined
}

/** What all attempts have in common. */
interface Context {
  readonly name: string
  readonly signal: AbortSignal
  readonly transport: Transport
}

async function run(options: Options, context: Context): Promise<number> {
  const { name, signal: interrupted } = context
  const { count = 1, json, quiet, nagios } = options
  const servers = [{ host: options.host, port: options.port }, ...options.also]
  if (options.untilGone) return await waitUntilGone(options, servers, context)
  const summary = summarize()
  const checked: Checked[] = []
  let status: number = STATUS.established
  for (let done = 0; done < count * servers.length && !interrupted.aborted; done++) {
    const server = servers[done % servers.length]!
    if (done >= servers.length) await pause(options.interval, interrupted)
    if (interrupted.aborted) break
    const end = await attemptUntilDone({ ...options, ...server, quiet: quiet || nagios }, context)
    if (interrupted.aborted && end instanceof HelloError) break
    summary.add(end)
    checked.push({ server: formatEndpoint(server), end })
    if (end instanceof HelloError && status === STATUS.established) status = statusOf(end)
  }
  if (nagios && !interrupted.aborted) {
    writeAll(1, `${nagiosLine(checked)}\n`)
    return status === STATUS.established ? NAGIOS.ok : NAGIOS.critical
  }
  if (options.count !== undefined && !quiet) {
    if (json) writeAll(1, `${JSON.stringify({ summary: summary.data() })}\n`)
    else tell(`${name}: ${summary.text()}\n`)
  }
  return interrupted.aborted ? STATUS.interrupted : status
}

/** Passes when nothing listens at any of the servers any more. */
async function waitUntilGone(options: Options, servers: readonly Endpoint[], context: Context): Promise<number> {
  const { name, signal, transport } = context
  const until = transport.clock.now() + options.wait!
  const silent = new Output({ ...options, quiet: true, verbose: false }, name, true)
  for (const server of servers) {
    let why: string | undefined
    for (;;) {
      const end = await attemptOnce(
        { ...options, ...server },
        timeoutOf(options, until - transport.clock.now()),
        silent,
        context,
      )
      if (signal.aborted) return STATUS.interrupted
      if (end instanceof HelloError && isGone(end)) break
      if (!(end instanceof HelloError) || end.failure.state !== 'idle') why = 'still listens'
      // The last attempt may have too little time left to see what one before it has seen.
      else why ??= `cannot tell whether anything listens there: ${end.message}`
      if (transport.clock.now() + RETRY_PAUSE_MS >= until) {
        if (!options.quiet) tell(`${name}: ${formatEndpoint(server)} ${why}\n`)
        return STATUS.failed
      }
      await pause(RETRY_PAUSE_MS, signal)
    }
  }
  return STATUS.established
}

/** What the system says of an address where nothing listens. Of anything else, our own side may be the reason. */
const GONE: readonly (string | undefined)[] = ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH']

function isGone({ code, cause }: HelloError): boolean {
  // A name with several addresses fails once for each of them.
  const { errors = [cause] } = (cause ?? {}) as { errors?: readonly unknown[] }
  return code === 'ERR_HS_CONNECT' && errors.every((error) => GONE.includes((error as NodeJS.ErrnoException).code))
}

/** How long one attempt may take, when so much time is left. */
function timeoutOf({ timeout, wait }: Options, leftMs: number): number {
  // An open but silent port is tried often, so that a server that starts to answer on it is noticed soon.
  const usual = timeout ?? (wait === undefined ? DEFAULT_TIMEOUT_MS : PROBE_TIMEOUT_MS)
  return Math.max(1, Math.min(usual, leftMs))
}

/** One handshake that counts: the first that is established, or the last that there was time or patience for. */
async function attemptUntilDone(options: Options, context: Context): Promise<HandshakeReport | HelloError> {
  const { name, signal, transport } = context
  const { now } = transport.clock
  const patient = options.wait !== undefined || options.retry !== undefined
  const started = now()
  const until = options.wait === undefined ? Number.POSITIVE_INFINITY : started + options.wait
  const tries = options.retry === undefined ? Number.POSITIVE_INFINITY : options.retry + 1
  let before: { readonly end: HelloError; readonly lines: Output } | undefined
  for (let attempt = 1; ; attempt++) {
    // Lines of an attempt that may not be the last are held back: stdout tells of one handshake.
    const lines = new Output(options, name, patient)
    const end = await attemptOnce(options, timeoutOf(options, until - now()), lines, context)
    const last =
      !patient || !(end instanceof HelloError) || signal.aborted || attempt >= tries || now() + RETRY_PAUSE_MS >= until
    if (last) {
      // There may have been too little time left to see again what is wrong.
      const isVague = end instanceof HelloError && end.code === 'ERR_HS_TIMEOUT' && end.failure.state === 'idle'
      const told = (isVague && before) || { end, lines }
      told.lines.end(told.end, { count: attempt, elapsedMs: now() - started })
      return told.end
    }
    lines.note(`attempt ${attempt}: ${end.message} Trying again.`)
    before = { end, lines }
    await pause(RETRY_PAUSE_MS, signal)
  }
}

async function attemptOnce(
  options: Options,
  timeoutMs: number,
  lines: Output,
  { signal, transport }: Context,
): Promise<HandshakeReport | HelloError> {
  const { host, port, arithmetic, terminator, strict } = options
  const sequence = options.sequence ?? randomSequence()
  lines.begin(formatEndpoint({ host, port }))
  let broken: unknown
  try {
    const report = await handshake({
      host,
      port,
      sequence,
      arithmetic,
      terminator,
      strict,
      timeoutMs,
      quietMs: options.quietTime,
      prefixMs: options.prefixTime,
      signal,
      transport,
      ...(options['4'] ? { family: 4 } : options['6'] ? { family: 6 } : {}),
      onEffect(effect) {
        try {
          lines.effect(effect)
        } catch (error) {
          broken = error
        }
      },
    })
    if (broken) throw broken
    return report
  } catch (error) {
    if (broken) throw broken
    if (error instanceof HelloError) return error
    throw error
  }
}

/** Ends early when the signal fires. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // Loaded here, since one handshake needs none, and would start 1 % later.
  const { setTimeout } = await import('node:timers/promises')
  await setTimeout(ms, undefined, { signal }).catch(() => {})
}

function parseServers(text: string): Endpoint[] {
  return text.split(',').map((server) => {
    const [, host, port] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(server) ?? []
    if (host === undefined || Number(port) < 1 || Number(port) > 65535) {
      throw new UsageError(`must be host:port with commas between, got "${server}"`)
    }
    return { host: parsers.host(host), port: Number(port) }
  })
}
