import * as Plot from '@observablehq/plot'
import type { ServerReport } from '../compare/server-report.js'
import { common } from './axes.js'
import type { Look } from './look.js'

export function relativePlot(servers: readonly ServerReport[], look: Look, width: number): Element {
  const shown = servers.filter(({ relative }) => relative && relative.value > 0)
  return Plot.plot({
    ...common(width, 26 * servers.length + 50),
    ariaLabel: 'Relative speed',
    marginLeft: 8 + 7 * look.nameLength(width),
    marginRight: 44,
    x: { type: 'log', domain: relativeDomain(shown), label: `times ${look.baseline}`, ticks: 3, tickFormat: '~g' },
    y: { domain: servers.map(({ name }) => name), label: null, tickFormat: (name: string) => look.short(name, width) },
    marks: [
      Plot.ruleX([1], { stroke: 'var(--ink)' }),
      ...shown.flatMap(({ name, relative }) => {
        const { colour } = look.of(name)
        const { value, low = value, high = value } = relative!
        const mark = [{ name, value, low: Math.max(low, value / 100), high }]
        return [
          Plot.ruleY(mark, { y: 'name', x1: 'low', x2: 'high', stroke: colour, strokeWidth: 3 }),
          Plot.dot(mark, { y: 'name', x: 'value', fill: colour, r: 5 }),
          Plot.text(mark, {
            y: 'name',
            x: 'high',
            text: () => `${ratio(value)}×`,
            dx: 9,
            textAnchor: 'start',
            // Where it crosses the line of the baseline, it is still to be read.
            fill: 'var(--ink)',
            stroke: 'var(--page)',
            strokeWidth: 4,
          }),
        ]
      }),
      Plot.text(
        servers.filter((server) => !shown.includes(server)),
        {
          y: 'name',
          x: 1,
          text: ({ perSecond }) => (perSecond > 0 ? 'nothing to compare with' : 'nothing'),
          dx: 9,
          textAnchor: 'start',
        },
      ),
    ],
  })
}

/** Around 1, so that a server as fast as the baseline is a dot in the middle, also if all are equal. */
function relativeDomain(servers: readonly ServerReport[]): [number, number] {
  const ends = servers.flatMap(({ relative }) => {
    const { value, low = value, high = value } = relative!
    return [Math.max(low, value / 100), high]
  })
  return [Math.min(0.5, ...ends) * 0.9, Math.max(2, ...ends) * 1.1]
}

function ratio(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
