import { readFileSync } from 'node:fs'
import { answer, type Command, OUTPUT_LOST, parse, put, tell, writeAll } from '@hs/command-line'
import { PROGRAM, reportOptions } from './command.js'
import { mergeHistograms, mergeResults } from './measure/merge.js'
import { latenciesOf } from './measure/report.js'
import { conclude, STATUS, violationsOf } from './outcome.js'
import { readHistograms, writeHistograms } from './report/hdr.js'
import { parseReport } from './report/json.js'
import { latencyTable } from './report/text.js'

/** From package.json, put in by the build. */
declare const __VERSION__: string

const command = {
  name: `${PROGRAM} merge`,
  version: __VERSION__,
  summary:
    'Joins the results of loads that ran at the same time on several machines: reports (--json), of which the counts and\n' +
    'rates are added up too, or histogram logs (--hdr), which have only times.',
  positionals: {},
  options: reportOptions,
  examples: [
    [`${PROGRAM} merge a.json b.json --fail-if 'p99>20ms'`, 'one report of two machines'],
    [`${PROGRAM} merge a.hlog b.hlog --hdr all.hlog`, 'their histograms only'],
  ],
  epilogue:
    'Exit status: 0 done, 1 a condition of --fail-if holds or nothing was established, 2 wrong usage, 5 output lost.',
} as const satisfies Command

/**
 * The command `hs-load merge`. Resolves with its exit status.
 *
 * @param argv - The arguments after `merge`: files first, then options.
 */
export async function mergeMain(argv: readonly string[]): Promise<number> {
  const first = argv.findIndex((argument) => argument.startsWith('-'))
  const files = first < 0 ? argv : argv.slice(0, first)
  const parsed = await parse(command, argv.slice(files.length))
  if ('text' in parsed) return answer(PROGRAM, parsed)
  const { values } = parsed
  try {
    if (files.length === 0) throw new Error('no file is given')
    if (files.every((file) => file.endsWith('.hlog'))) {
      return mergeLogs(files, values.hdr, values.failIf.length > 0 || values.json || values.openmetrics !== undefined)
    }
    const result = mergeResults(files.map((file) => read(file, parseReport)))
    const verdict = { violations: violationsOf(values.failIf, result), baseline: undefined }
    return conclude(result, verdict, { ...values, ndjson: false, tolerance: 0 })
  } catch (error) {
    tell(`${PROGRAM} merge: ${(error as Error).message}\nTry ${PROGRAM} merge --help.\n`)
    return STATUS.usage
  }
}

function mergeLogs(files: readonly string[], hdr: string | undefined, needsReports: boolean): number {
  if (needsReports) throw new Error('--fail-if, --json and --openmetrics need reports (--json), not histogram logs')
  const histograms = mergeHistograms(files.map((file) => read(file, readHistograms)))
  const lines = latencyTable(latenciesOf(histograms))
  const written = [
    put(PROGRAM, () => writeAll(1, `${lines.join('\n')}\n`)),
    hdr === undefined || put(PROGRAM, () => writeHistograms(hdr, histograms, { targets: files, durationMs: 0 })),
  ]
  if (histograms.total.totalCount === 0) return STATUS.failed
  return written.includes(false) ? OUTPUT_LOST : STATUS.fine
}

function read<T>(file: string, parse: (text: string) => T): T {
  try {
    return parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file} ${(error as Error).message}`)
  }
}
