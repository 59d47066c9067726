import type { LoadReport } from '../measure/report.js'
import type { Latency } from '../measure/results.js'

const QUANTILES = { '0.5': 'p50', '0.9': 'p90', '0.99': 'p99', '0.999': 'p999' } as const satisfies Record<
  string,
  keyof Latency
>

/**
 * The report as OpenMetrics text, for a push gateway or a text file collector. A library would keep counters; here they
 * are written once, at the end.
 */
export function openMetrics(report: LoadReport): string {
  const labels = (pairs: Readonly<Record<string, string>>) =>
    `{${Object.entries(pairs)
      .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (sign) => (sign === '\n' ? '\\n' : `\\${sign}`))}"`)
      .join(',')}}`
  const lines: string[] = []
  const family = (name: string, type: string, help: string, unit?: string) => {
    lines.push(`# TYPE ${name} ${type}`)
    if (unit) lines.push(`# UNIT ${name} ${unit}`)
    lines.push(`# HELP ${name} ${help}`)
  }

  family('hs_load_handshakes', 'counter', 'Handshakes by target and outcome.')
  for (const { target, established, played, unfinished, failed } of report.targets) {
    for (const [outcome, count] of Object.entries({ established, played, unfinished, ...failed })) {
      lines.push(`hs_load_handshakes_total${labels({ target, outcome })} ${count}`)
    }
  }
  family('hs_load_latency_seconds', 'summary', 'Time of established handshakes by phase.', 'seconds')
  for (const [phase, latency] of Object.entries(report.latency)) {
    if (latency.count === 0) continue
    for (const [quantile, name] of Object.entries(QUANTILES)) {
      lines.push(`hs_load_latency_seconds${labels({ phase, quantile })} ${latency[name] / 1000}`)
    }
    lines.push(`hs_load_latency_seconds_sum${labels({ phase })} ${(latency.mean * latency.count) / 1000}`)
    lines.push(`hs_load_latency_seconds_count${labels({ phase })} ${latency.count}`)
  }
  family('hs_load_handshakes_per_second', 'gauge', 'Established handshakes per second.')
  lines.push(`hs_load_handshakes_per_second ${report.perSecond}`)
  family('hs_load_duration_seconds', 'gauge', 'How long was measured.', 'seconds')
  lines.push(`hs_load_duration_seconds ${report.durationMs / 1000}`)
  family('hs_load_latest_start_seconds', 'gauge', 'How late the load itself began a handshake, at most.', 'seconds')
  lines.push(`hs_load_latest_start_seconds ${report.latestStartMs / 1000}`)
  return `${lines.join('\n')}\n# EOF\n`
}
