import { errorsOf, type LoadReport } from '../measure/report.js'
import type { FailedOutcome, Latency } from '../measure/results.js'
import { columns, formatCount, formatMs } from './format.js'

const WORDS: Readonly<Record<FailedOutcome, string>> = {
  refused: 'refused',
  unreachable: 'unreachable',
  connectTimedOut: 'timed out connecting',
  noPorts: 'without a port to connect from',
  noDescriptors: 'without a descriptor',
  wrong: 'answered wrong',
  closedEarly: 'closed early',
  reset: 'reset',
  timedOut: 'timed out',
}

/** What this machine, and not the server, had too few of: which limit it is, and how to raise it. */
const REMEDIES: Readonly<Partial<Record<FailedOutcome, string>>> = {
  noDescriptors:
    'This process ran out of descriptors: each connection is one. Raise its limit with `ulimit -n 65536` before the\n' +
    'command (the hard limit, `ulimit -Hn`, is set in /etc/security/limits.conf or by LimitNOFILE of systemd), or\n' +
    'lower --concurrency or --rate.',
  noPorts:
    'This machine ran out of ports to connect from: a closed connection keeps its own for a minute. Add addresses with\n' +
    '--sources, widen the range with `sysctl -w net.ipv4.ip_local_port_range="1024 65535"`, or lower the rate.',
}

/** The report for people. What did not open comes first: it is what other tools hide. */
export function reportText(report: LoadReport): string {
  const { started, opened, established, played, unfinished, latency, slowLatency } = report
  const failures = Object.entries(report.failed).map(([outcome, count]) => ({
    outcome: outcome as FailedOutcome,
    text: `${formatCount(count)} ${WORDS[outcome as FailedOutcome]}`,
  }))
  const others = [
    ...failures.map(({ text }) => text),
    ...(played > 0 ? [`${formatCount(played)} silent or broken off on purpose`] : []),
    ...(unfinished > 0 ? [`${formatCount(unfinished)} unfinished`] : []),
  ]
  const lines = [
    `${formatCount(opened)} of ${formatCount(started)} opened, ${formatCount(established)} established` +
      `${others.length > 0 ? `; ${others.join(', ')}` : ''}`,
    `${formatCount(report.perSecond)} handshakes per second for ${formatMs(report.durationMs)}` +
      `${report.interrupted ? ' (interrupted)' : ''}`,
  ]
  const times = latencyTable({ ...latency, 'slow clients': slowLatency })
  if (times.length > 0) lines.push('', ...times)
  if (report.targets.length > 1) lines.push('', ...targetTable(report))
  for (const { outcome } of failures) {
    lines.push('', `${WORDS[outcome]}: ${report.examples[outcome]}`)
    if (REMEDIES[outcome]) lines.push(REMEDIES[outcome])
  }
  if (report.rate !== undefined && report.latestStartMs > latency.total.p50 && report.latestStartMs > 5) {
    lines.push(
      '',
      `The load itself was late by up to ${formatMs(report.latestStartMs)}: the machine was busy, or the rate is more than`,
      'this program can do. Times count from when each handshake had to begin.',
    )
  }
  return `${lines.join('\n')}\n`
}

/** Percentiles of what was timed; no line if nothing was. */
export function latencyTable(latencies: Readonly<Record<string, Latency>>): string[] {
  const rows = Object.entries(latencies).filter(([, { count }]) => count > 0)
  if (rows.length === 0) return []
  return columns([
    ['', 'min', 'p50', 'p90', 'p99', 'p99.9', 'max'],
    ...rows.map(([name, { min, p50, p90, p99, p999, max }]) => [
      name === 'reply' ? 'first reply' : name,
      ...[min, p50, p90, p99, p999, max].map(formatMs),
    ]),
  ])
}

function targetTable({ targets }: LoadReport): string[] {
  return columns([
    ['', 'started', 'opened', 'established', 'failed'],
    ...targets.map(({ target, failed, started, opened, established }) => [
      target,
      ...[started, opened, established, errorsOf({ failed })].map(formatCount),
    ]),
  ])
}
