import { type Counts, type FailedOutcome, type Histograms, type Interval, type Latency, latencyOf } from './results.js'

/** Where the schema of a report's JSON is. */
export const REPORT_SCHEMA = 'https://github.com/hs-handshake/hs/blob/main/packages/load/schema/report.schema.json'
/** The version of that schema: it changes when a field changes its meaning or is removed. */
export const REPORT_VERSION = 1

/** What a load found out, as plain data. Times are in milliseconds. */
export interface LoadReport extends Readonly<Counts> {
  readonly schema: string
  readonly version: number
  readonly targets: readonly TargetReport[]
  readonly transport: string
  readonly concurrency?: number
  readonly rate?: number
  readonly stages?: readonly { readonly durationMs: number; readonly perSecond: number }[]
  readonly seed: number
  readonly warmupMs: number
  /** How long was measured. */
  readonly durationMs: number
  /** It was stopped before it was over. */
  readonly interrupted: boolean
  /** Established handshakes per second of `durationMs`. */
  readonly perSecond: number
  /** Of handshakes that were established, those of slow clients apart. */
  readonly latency: Readonly<Record<keyof Histograms, Latency>>
  readonly slowLatency: Latency
  /** Open loop: how late the load began a handshake, at most. If it is much, the load was too slow, not the server. */
  readonly latestStartMs: number
  /** The first message for each way to fail. */
  readonly examples: Readonly<Partial<Record<FailedOutcome, string>>>
  readonly intervals: readonly Interval[]
}

/** What became of the handshakes with one of the targets. */
export interface TargetReport extends Readonly<Counts> {
  readonly target: string
}

export interface LoadResult {
  readonly report: LoadReport
  /** What the report's times are taken from, in microseconds. */
  readonly histograms: Histograms
}

export function latenciesOf({ connect, reply, total }: Histograms): LoadReport['latency'] {
  return { connect: latencyOf(connect), reply: latencyOf(reply), total: latencyOf(total) }
}

/** How many handshakes failed, in whichever way. */
export function errorsOf({ failed }: Pick<Counts, 'failed'>): number {
  return Object.values(failed).reduce((sum, count) => sum + count, 0)
}

/** Whether a load has shown nothing good of a server: a gate must not open for it. */
export function isFruitless(counts: Pick<Counts, 'established' | 'played' | 'failed'>): boolean {
  // Clients that are silent on purpose succeed against anything that listens.
  return counts.established === 0 && (errorsOf(counts) > 0 || counts.played === 0)
}
