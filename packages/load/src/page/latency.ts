import * as Plot from '@observablehq/plot'
import type { ServerReport } from '../compare/server-report.js'
import { formatMs } from '../report/format.js'
import { common, shortMs } from './axes.js'
import type { Look } from './look.js'

export function curvePlot(servers: readonly ServerReport[], look: Look, width: number): Element {
  return Plot.plot({
    ...common(width, 260),
    ariaLabel: 'Latency by percentile',
    x: {
      type: 'log',
      domain: [1, 1000],
      label: 'share of handshakes',
      ticks: [2, 10, 100, 1000],
      tickFormat: (share: number) => `${Number((100 * (1 - 1 / share)).toFixed(1))}%`,
    },
    y: { type: 'log', label: null, tickFormat: shortMs, ticks: 4, grid: true },
    marks: servers.flatMap(({ name, curve }) => [
      Plot.line(curve, {
        x: ({ percentile }) => 100 / (100 - percentile),
        y: ({ ms }) => Math.max(ms, 0.001),
        ...look.stroke(name),
        tip: 'x',
        title: ({ percentile, ms }) => `${name}: ${percentile}% within ${formatMs(ms)}`,
      }),
    ]),
  })
}
