import * as Plot from '@observablehq/plot'
import type { ServerReport } from '../compare/server-report.js'
import { common } from './axes.js'
import type { Look } from './look.js'

export function barPlot(
  servers: readonly ServerReport[],
  of: (server: ServerReport) => number | undefined,
  unit: string,
  look: Look,
  width: number,
): Element {
  const known = servers.filter((server) => of(server) !== undefined)
  return Plot.plot({
    ...common(width, 26 * servers.length + 40),
    ariaLabel: unit,
    marginLeft: 8 + 7 * look.nameLength(width),
    marginRight: 60,
    x: { label: unit, ticks: 4, grid: true },
    y: { domain: servers.map(({ name }) => name), label: null, tickFormat: (name: string) => look.short(name, width) },
    marks: [
      Plot.ruleX([0]),
      ...known.flatMap((server) => [
        Plot.barX([server], { y: 'name', x: of, fill: look.of(server.name).colour, insetTop: 3, insetBottom: 3 }),
        Plot.text([server], {
          y: 'name',
          x: of,
          text: () => `${of(server)!.toFixed(0)} ${unit}`,
          dx: 6,
          textAnchor: 'start',
        }),
      ]),
    ],
  })
}
