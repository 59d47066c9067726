import * as Plot from '@observablehq/plot'
import type { ServerReport } from '../compare/server-report.js'
import { formatCount, formatMs } from '../report/format.js'
import { common, shortCount } from './axes.js'
import type { Look } from './look.js'

export function seriesPlot(servers: readonly ServerReport[], look: Look, width: number): Element {
  return Plot.plot({
    ...common(width, 260),
    ariaLabel: 'Handshakes per second over time',
    x: { label: 'seconds', ticks: 5 },
    y: { label: null, tickFormat: shortCount, ticks: 4, grid: true, zero: true },
    marks: [
      Plot.ruleY([0]),
      ...servers.map(({ name, series }) =>
        Plot.line(series, {
          x: ({ atMs }) => atMs / 1000,
          y: 'perSecond',
          ...look.stroke(name),
          tip: 'x',
          title: ({ atMs, perSecond }) => `${name}: ${formatCount(perSecond)} per second at ${formatMs(atMs)}`,
        }),
      ),
    ],
  })
}
