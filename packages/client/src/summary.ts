import { HelloError } from '@hs/protocol'
import type { HandshakeReport } from './handshake.js'

/** What `--count` says at the end. Times are totals of established handshakes, in milliseconds. */
export interface SummaryData {
  readonly handshakes: number
  readonly established: number
  readonly failed: Readonly<Record<string, number>>
  readonly minMs?: number
  readonly medianMs?: number
  readonly p99Ms?: number
}

export function summarize() {
  const times: number[] = []
  const failed: Record<string, number> = {}
  let failures = 0

  function data(): SummaryData {
    const sorted = [...times].sort((a, b) => a - b)
    const at = (quantile: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))]!)
    return {
      handshakes: times.length + failures,
      established: times.length,
      failed,
      ...(sorted.length > 0 && { minMs: at(0), medianMs: at(0.5), p99Ms: at(0.99) }),
    }
  }

  return {
    add(end: HandshakeReport | HelloError): void {
      if (end instanceof HelloError) {
        failures++
        failed[end.code] = (failed[end.code] ?? 0) + 1
      } else times.push(end.totalMs)
    },
    data,
    text(): string {
      const { handshakes, established, minMs, medianMs, p99Ms } = data()
      const counts = Object.entries(failed).map(([code, count]) => `${count} ${code}`)
      const times = minMs === undefined ? '' : `; min ${minMs} ms, median ${medianMs} ms, p99 ${p99Ms} ms`
      return `${established} of ${handshakes} established${counts.length > 0 ? ` (${counts.join(', ')})` : ''}${times}`
    },
  }
}

const round = (ms: number) => Math.round(ms * 1000) / 1000
