import type { ServerReport } from '../compare/server-report.js'
import { formatCount, formatMs } from '../report/format.js'
import { element } from './dom.js'

export function numbers(servers: readonly ServerReport[]): Element {
  const headings = ['server', 'per second', 'p50', 'p90', 'p99', 'max', 'opened', 'established', 'failed', 'growth']
  return element(
    'details',
    {},
    element('summary', {}, 'Numbers'),
    element(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Numbers' },
      element(
        'table',
        {},
        element('thead', {}, element('tr', {}, ...headings.map((text) => element('th', { scope: 'col' }, text)))),
        element(
          'tbody',
          {},
          ...servers.map((server) => {
            const { latency, perSecond, opened, started, established, failed, bytesPerHandshake } = server
            const cells = [
              formatCount(perSecond),
              ...[latency.p50, latency.p90, latency.p99, latency.max].map((ms) =>
                latency.count > 0 ? formatMs(ms) : '–',
              ),
              `${formatCount(opened)} of ${formatCount(started)}`,
              formatCount(established),
              formatCount(failed),
              bytesPerHandshake === undefined ? '–' : `${formatCount(bytesPerHandshake)} B per handshake`,
            ]
            return element(
              'tr',
              {},
              element('th', { scope: 'row' }, server.name),
              ...cells.map((text) => element('td', {}, text)),
            )
          }),
        ),
      ),
    ),
  )
}
