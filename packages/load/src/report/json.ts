import { decodeFromCompressedBase64, encodeIntoCompressedBase64 as encoded } from 'hdr-histogram-js'
import type { Comparison } from '../measure/baseline.js'
import { type LoadReport, type LoadResult, REPORT_SCHEMA, REPORT_VERSION } from '../measure/report.js'
import type { Histograms } from '../measure/results.js'

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
  const { histograms, violations: _violations, baseline: _baseline, ...report } = json
  const { connect, reply, total } = histograms
  return {
    report,
    histograms: {
      connect: decodeFromCompressedBase64(connect),
      reply: decodeFromCompressedBase64(reply),
      total: decodeFromCompressedBase64(total),
    },
  }
}
