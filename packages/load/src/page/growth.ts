import * as Plot from '@observablehq/plot'
import type { ServerReport } from '../compare/server-report.js'
import { formatCount } from '../report/format.js'
import { common, shortCount } from './axes.js'
import type { Look } from './look.js'

export function stepsPlot(servers: readonly ServerReport[], look: Look, width: number): Element {
  const clients = [...new Set(servers.flatMap(({ steps }) => steps.map((step) => step.clients)))]
  return Plot.plot({
    ...common(width, 260),
    ariaLabel: 'Handshakes per second by number of clients',
    // Of another base, some of the numbers would have no label.
    x: { type: 'log', base: 2, label: 'clients', ticks: clients, tickFormat: String },
    y: { label: null, tickFormat: shortCount, ticks: 4, grid: true, zero: true },
    marks: [
      Plot.ruleY([0]),
      ...servers.map(({ name, steps }) =>
        Plot.line(steps, {
          x: 'clients',
          y: 'perSecond',
          ...look.stroke(name),
          marker: 'dot',
          tip: 'x',
          title: (step) => `${name}: ${formatCount(step.perSecond)} per second with ${step.clients} clients`,
        }),
      ),
    ],
  })
}
