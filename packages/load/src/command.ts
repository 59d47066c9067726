/** The command line of hs-load: a table, and parsers of its values. */
import { type Command, type Option, parsers, protocolFlags, UsageError, type Values } from '@hs/command-line'
import type { Endpoint, TransportName } from '@hs/transport'
import { LOAD_OPTIONS } from './checks.js'
import { DEFAULT_TOLERANCE } from './measure/baseline.js'
import { parseThresholds, type Threshold } from './measure/thresholds.js'
import { parseFile } from './report/terminal.js'
import { type ClientKind, clientKinds, type Mix } from './run/mix.js'
import {
  DEFAULT_CONCURRENCY,
  DEFAULT_DURATION_MS,
  DEFAULT_SILENT_MS,
  DEFAULT_SLOW_MS,
  DEFAULT_TIMEOUT_MS,
} from './run/options.js'
import type { Stage } from './run/schedule.js'

/** From package.json, put in by the build. */
declare const __VERSION__: string

export const PROGRAM = 'hs-load'

/** Conditions for a failure, and what is written: the same for one load and for several that are merged. */
export const reportOptions = {
  failIf: {
    describe: "Conditions for exit status 1, as in 'p99>20ms' or 'errors>1%'; several with commas, or repeated",
    default: [],
    parse: parseConditions,
    placeholder: 'conditions',
    repeats: true,
  } as Option<readonly Threshold[]>,
  json: { describe: 'Print the report as one JSON object', default: false } as Option<boolean>,
  hdr: {
    describe: 'Write the histograms to a file, as HdrHistogram reads them: a log, or percentiles for a name with .hgrm',
    default: undefined,
    parse: parseFile,
    placeholder: 'file',
  } as Option<string | undefined>,
  openmetrics: {
    describe: 'Write the report to a file as OpenMetrics text, with names that begin with hs_load_',
    default: undefined,
    parse: parseFile,
    placeholder: 'file',
  } as Option<string | undefined>,
}

const { errors: _errors, ...protocolOptions } = protocolFlags

export const command = {
  name: PROGRAM,
  version: __VERSION__,
  summary:
    'Does HELLO handshakes, each on a new connection, verifies every answer, and reports how many and how fast.\n' +
    `To compare servers and see pictures of the difference: ${PROGRAM} compare --help\n` +
    `To join the results of several machines: ${PROGRAM} merge --help`,
  positionals: {
    targets: { describe: 'host:port of a server, or of several, with commas between', parse: parseTargets },
  },
  options: {
    concurrency: {
      describe: `Closed loop: clients, each of which begins again when it is done; ${DEFAULT_CONCURRENCY} if neither --rate nor --stages is given`,
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
    stages: {
      describe:
        'Open loop whose rate changes, as in 30s:100,1m:500: within 30 s up to 100 per second, then within a minute up to 500',
      default: undefined,
      parse: parseStages,
      placeholder: 'stages',
    } as Option<Stage[] | undefined>,
    duration: {
      describe: `How long, after the warm-up; ${DEFAULT_DURATION_MS / 1000}s if neither --count nor --stages is given`,
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
    baseline: {
      describe: 'An earlier report of --json: exit status 1 if rate, p50 or p99 got worse',
      default: undefined,
      parse: (text: string) => text,
      placeholder: 'file',
    } as Option<string | undefined>,
    tolerance: {
      describe: 'How much worse than --baseline is still the same; the whole 95 % interval must lie beyond it',
      default: DEFAULT_TOLERANCE,
      parse: parsePercent,
      placeholder: 'percent',
    } as Option<number>,
    ndjson: {
      describe: 'Print one JSON object per second, and the report as the last',
      default: false,
    } as Option<boolean>,
    quiet: { describe: 'Show no progress', default: false, alias: 'q' } as Option<boolean>,
    ...reportOptions,
    ...protocolOptions,
  },
  examples: [
    [`${PROGRAM} 127.0.0.1:9000`, 'as fast as possible with 64 clients, for 10 seconds'],
    [`${PROGRAM} 127.0.0.1:9000 --rate 2000 --fail-if 'p99>20ms'`, 'a gate at a given rate'],
    [`${PROGRAM} 127.0.0.1:9000 --rate 2000 --baseline earlier.json`, 'a gate against an earlier run'],
    [`${PROGRAM} 127.0.0.1:9000 --mix normal=80,slow=10,silent=5,reset=5`, 'clients as they come'],
  ],
  epilogue:
    'Exit status: 0 done, 1 a condition of --fail-if holds, --baseline got worse or nothing was established, 2 wrong usage, 3 no server that answers right, 5 output lost, 130 or 143 interrupted.',
} as const satisfies Command

export type Options = Values<typeof command>

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

function parsePercent(text: string): number {
  const [, amount] = /^(\d+(?:\.\d+)?)%?$/.exec(text) ?? []
  if (amount !== undefined && Number(amount) < 100) return Number(amount) / 100
  throw new UsageError(`must be a percentage such as 5%, got "${text}"`)
}

function parseStages(text: string): Stage[] {
  return text.split(',').map((stage) => {
    const [, duration, rate] = /^(\w+(?:\.\w+)?):(\d+(?:\.\d+)?)$/.exec(stage) ?? []
    if (duration === undefined) throw new UsageError(`must be stages such as 30s:100,1m:500, got "${stage}"`)
    return { durationMs: parsers.duration(duration), perSecond: Number(rate) }
  })
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
