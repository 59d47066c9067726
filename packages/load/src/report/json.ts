import { decodeFromCompressedBase64, encodeIntoCompressedBase64 as encoded } from 'hdr-histogram-js'
import type { Comparison } from '../measure/baseline.js'
import { type LoadReport, type LoadResult, REPORT_SCHEMA, REPORT_VERSION } from '../measure/report.js'
import type { Counts, Histograms } from '../measure/results.js'
import { AMOUNT, listOf, misshapen, optional, recordOf, type Shape, TEXT } from './shape.js'

/** A condition of `--fail-if` that holds. */
export interface Violation {
  readonly condition: string
  /** What was found instead. */
  readonly found: string
}

/** What was decided about a load. */
export interface Verdict {
  readonly violations: readonly Violation[]
  /** Undefined without `--baseline`. */
  readonly baseline: readonly Comparison[] | undefined
}

/** The report as it is written: the times as histograms, too, so that reports of several machines can be merged. */
export type ReportJson = LoadReport & Verdict & { readonly histograms: Readonly<Record<keyof Histograms, string>> }

export function reportJson({ report, histograms }: LoadResult, verdict: Verdict): ReportJson {
  const { connect, reply, total } = histograms
  return {
    ...report,
    histograms: { connect: encoded(connect), reply: encoded(reply), total: encoded(total) },
    ...verdict,
  }
}

/** @throws {Error} For what is not a report, or one that this version cannot read: why, without a full stop. */
export function parseReport(text: string): LoadResult {
  let json: ReportJson
  try {
    json = JSON.parse(text) as ReportJson
  } catch (error) {
    throw new Error(`is not JSON (${(error as Error).message})`)
  }
  if (json?.schema !== REPORT_SCHEMA) throw new Error('is not a report of hs-load --json')
  if (json.version !== REPORT_VERSION) {
    throw new Error(`has version ${json.version}, and this program reads version ${REPORT_VERSION}`)
  }
  const wrong = misshapen(json, REPORT, '')
  if (wrong) throw new Error(`is broken: ${wrong}`)
  const { histograms, violations: _violations, baseline: _baseline, ...report } = json
  const { connect, reply, total } = histograms
  return { report, histograms: { connect: decoded(connect), reply: decoded(reply), total: decoded(total) } }
}

function decoded(text: string): Histograms['total'] {
  try {
    return decodeFromCompressedBase64(text)
  } catch (error) {
    throw new Error(`is broken: one of its histograms cannot be read (${(error as Error).message})`)
  }
}

const COUNTS = {
  started: AMOUNT,
  opened: AMOUNT,
  established: AMOUNT,
  played: AMOUNT,
  unfinished: AMOUNT,
  failed: recordOf(AMOUNT),
} as const satisfies Record<keyof Counts, Shape>

/** What is read of a report. With a part of it missing, its sums would be NaN, and no condition on NaN holds. */
const REPORT: Shape = {
  ...COUNTS,
  targets: listOf({ ...COUNTS, target: TEXT }),
  histograms: { connect: TEXT, reply: TEXT, total: TEXT },
  concurrency: optional(AMOUNT),
  rate: optional(AMOUNT),
  durationMs: AMOUNT,
  perSecond: AMOUNT,
  latestStartMs: AMOUNT,
  slowLatency: { count: AMOUNT, max: AMOUNT },
  examples: recordOf(TEXT),
  intervals: listOf({ atMs: AMOUNT, lengthMs: AMOUNT, established: AMOUNT, failed: AMOUNT, p50: AMOUNT, p99: AMOUNT }),
}
