/** The options: one table for each command, made of the same parts. */
import { type Option, parsers, UsageError } from '@hs/command-line'
import type { Visibility } from '../report/gradescope.js'
import type { Expectation } from '../report/report.js'
import { REPORTER_NAMES, type ReporterName } from '../report/reporters.js'

const TOTAL_TIMEOUT_MS = 180_000

/** Which cases. Ids are compared with the catalogue later: a table does not know it. */
export const selection = {
  only: {
    describe: 'Check only these cases: ids or their beginnings, as in S1,S2.6; may be repeated',
    default: undefined,
    parse: parseIds,
    placeholder: 'ids',
    repeats: true,
  } as Option<readonly string[] | undefined>,
  skip: {
    describe: 'Leave these cases out; may be repeated',
    default: undefined,
    parse: parseIds,
    placeholder: 'ids',
    repeats: true,
  } as Option<readonly string[] | undefined>,
}

/** How results are judged. */
export const judging = {
  ...selection,
  strict: { describe: 'Turn MAY into MUST', default: false } as Option<boolean>,
  baseline: {
    describe: 'File of known failures, which do not fail the run: ids, one per line, or a JSON report',
    default: undefined,
    parse: (text: string) => text,
    placeholder: 'file',
  } as Option<string | undefined>,
}

/** How a program is observed. */
export const observing = {
  errors: {
    describe: 'Stream on which ERROR must be printed',
    default: 'either',
    choices: ['stdout', 'stderr', 'either'],
  } as Option<'stdout' | 'stderr' | 'either'>,
  seed: {
    describe: 'Seed of the numbers; the same seed repeats a run; default: random, shown in the report',
    default: undefined,
    parse: parsers.integer(0, 2 ** 31),
    placeholder: 'n',
  } as Option<number | undefined>,
  timeout: {
    describe: 'Time limit for each thing that must happen',
    default: 2000,
    parse: parsers.duration,
    placeholder: 'duration',
  } as Option<number>,
  startTimeout: {
    describe: 'Time limit for the program to listen or to connect',
    default: 10_000,
    parse: parsers.duration,
    placeholder: 'duration',
  } as Option<number>,
  totalTimeout: {
    describe: 'Time limit for the whole run: cases that are not observed by then are not run',
    default: TOTAL_TIMEOUT_MS,
    parse: parsers.duration,
    placeholder: 'duration',
  } as Option<number>,
  cwd: {
    describe: 'Folder in which the program is started',
    default: undefined,
    parse: (text: string) => text,
    placeholder: 'folder',
  } as Option<string | undefined>,
}

/** What is written of one report. */
export const reporting = {
  reporter: {
    describe: `Form of the report: ${REPORTER_NAMES.join(', ')}; default: pretty. Several: separate them with commas; at most one without a file`,
    default: undefined,
    parse: parseReporters,
    placeholder: 'name[=file]',
    repeats: true,
  } as Option<readonly Reporter[] | undefined>,
  visibility: {
    describe: 'Visibility of the results, for gradescope',
    default: 'visible',
    choices: ['visible', 'hidden', 'after_due_date', 'after_published'],
  } as Option<Visibility>,
  color: {
    describe: 'Use colours; default: if stdout is a terminal',
    default: undefined,
  } as Option<boolean | undefined>,
}

export const naming = {
  name: {
    describe: 'Name of the program in reports; default: its command',
    default: undefined,
    parse: (text: string) => text,
    placeholder: 'name',
  } as Option<string | undefined>,
  record: {
    describe: 'Write everything that was observed to a file, for the command judge',
    default: undefined,
    parse: (text: string) => text,
    placeholder: 'file',
  } as Option<string | undefined>,
}

export const expecting = {
  expect: {
    describe: 'Grade how connections are served; default: only report it',
    default: undefined,
    choices: ['sequential', 'threads', 'events', 'processes', 'concurrent'],
  } as Option<Expectation | undefined>,
}

export interface Reporter {
  readonly name: ReporterName
  readonly file?: string
}

function parseIds(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((id) => id.trim().toUpperCase())
    .filter(Boolean)
}

function parseReporters(text: string): Reporter[] {
  return text.split(/[,\n]/).map((one) => {
    const at = one.indexOf('=')
    const name = (at < 0 ? one : one.slice(0, at)) as ReporterName
    if (!REPORTER_NAMES.includes(name))
      throw new UsageError(`must be one of ${REPORTER_NAMES.join(', ')}, got "${name}"`)
    return { name, ...(at >= 0 && { file: one.slice(at + 1) }) }
  })
}
