/** The commands as tables: what the parser reads, and what `--help` shows. */
import { type Command, type Option, parsers, UsageError, type Values } from '@hs/command-line'
import { expecting, judging, naming, observing, reporting, selection } from './options.js'
import { PROGRAM, STATUSES } from './program.js'

/** From package.json, put in by the build. */
declare const __VERSION__: string

const version = __VERSION__

export const SERVER = {
  name: `${PROGRAM} server`,
  version,
  summary:
    'Checks a server. Starts the command that follows --, with a free port for {port}, as often as needed.\n' +
    'For a server that is already running, give its address; its output cannot be seen then.',
  positionals: {
    address: { describe: 'host:port of a server that is already running', parse: parseAddress, optional: true },
  },
  options: { ...judging, ...expecting, ...observing, ...reporting, ...naming },
  examples: [
    [`${PROGRAM} server -- ./tcpserver {port}`, 'all cases'],
    [`${PROGRAM} server --only S2 --expect threads -- ./tcpserver {port}`, 'only the cases about printing'],
    [`${PROGRAM} server --reporter pretty,junit=junit.xml -- ./tcpserver {port}`, 'two reports'],
    [`${PROGRAM} server 127.0.0.1:9000`, 'a server that is already running'],
  ],
  epilogue: STATUSES,
} as const satisfies Command

export const CLIENT = {
  name: `${PROGRAM} client`,
  version,
  summary:
    'Checks a client. Starts the command that follows -- for each trial, with {host}, {port} and {sequence} filled in.',
  positionals: {},
  options: { ...judging, ...observing, ...reporting, ...naming },
  examples: [
    [`${PROGRAM} client -- ./tcpclient {host} {port} {sequence}`, 'all cases'],
    [`${PROGRAM} client --record run.json -- ./client {host} {port} {sequence}`, 'keep what was observed'],
  ],
  epilogue: STATUSES,
} as const satisfies Command

export const JUDGE = {
  name: `${PROGRAM} judge`,
  version,
  summary:
    'Judges a file that --record wrote. No program is started; the same file gives the same report on any machine.',
  positionals: { file: { describe: 'the recording', parse: (text: string) => text } },
  options: { ...judging, ...reporting },
  examples: [[`${PROGRAM} judge run.json --only S2.6`, 'one case of a recording']],
  epilogue: STATUSES,
} as const satisfies Command

export const MATRIX = {
  name: `${PROGRAM} matrix`,
  version,
  summary: 'Checks many programs, listed in a JSON file, each with "name", "command" and, if it is a client, "kind".',
  positionals: { file: { describe: 'the list of programs', parse: (text: string) => text } },
  options: {
    ...judging,
    ...observing,
    html: fileOption('Write the results as one page'),
    json: fileOption('Write all reports as JSON'),
    jobs: {
      describe: 'Programs that are checked at the same time',
      default: 1,
      parse: parsers.integer(1, 64),
      placeholder: 'n',
    } as Option<number>,
  },
  examples: [[`${PROGRAM} matrix programs.json --html report.html`, 'one page about all of them']],
  epilogue: 'Exit status: 0 every program passed, 1 at least one did not, 2 wrong usage, 5 output lost.',
} as const satisfies Command

/** Without a command: what is checked is listed and explained. */
export const CATALOGUE = {
  name: PROGRAM,
  version,
  summary:
    'Checks your HELLO client or server and explains what is wrong with it.\n\n' +
    `  ${PROGRAM} server [options] -- ./tcpserver {port}\n` +
    `  ${PROGRAM} server [options] 127.0.0.1:9000\n` +
    `  ${PROGRAM} client [options] -- ./tcpclient {host} {port} {sequence}\n` +
    `  ${PROGRAM} matrix programs.json [--html report.html] [--json report.json] [--jobs n]\n` +
    `  ${PROGRAM} judge run.json [options]\n\n` +
    `For the options of a command: ${PROGRAM} server --help`,
  positionals: {
    command: { describe: 'server, client, matrix or judge', parse: (text: string) => text, optional: true },
  },
  options: {
    list: { describe: 'List the cases', default: false } as Option<boolean>,
    explain: {
      describe: 'Explain one case',
      default: undefined,
      parse: (text: string) => text.toUpperCase(),
      placeholder: 'id',
    } as Option<string | undefined>,
    ...selection,
  },
  examples: [
    [`${PROGRAM} --list server --only S2`, 'only the cases about printing'],
    [`${PROGRAM} --explain S2.6`, 'one case'],
  ],
  epilogue: STATUSES,
} as const satisfies Command

export type Checking = Values<typeof CLIENT> & Partial<Pick<Values<typeof SERVER>, 'address' | 'expect'>>
export type Judging = Pick<Values<typeof JUDGE>, 'only' | 'skip' | 'strict' | 'baseline'>
export type Reporting = Pick<Values<typeof JUDGE>, 'reporter' | 'visibility' | 'color'>

function fileOption(describe: string): Option<string | undefined> {
  return { describe, default: undefined, parse: (text: string) => text, placeholder: 'file' }
}

function parseAddress(text: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? []
  if (port === undefined)
    throw new UsageError(`must be one such as 127.0.0.1:9000, got "${text}"; a command follows --`)
  return { host: bracketed ?? plain!, port: parsers.integer(1, 65535)(port) }
}
