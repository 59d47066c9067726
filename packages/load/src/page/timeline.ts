import * as Plot from '@observablehq/plot'
import type { CompareReport } from '../compare/compare.js'
import { formatMs } from '../report/format.js'
import { common } from './axes.js'
import { element } from './dom.js'
import type { Figures } from './figures.js'
import { sample } from './legend.js'
import type { Look } from './look.js'

export function timelineSection({ timelines }: CompareReport, look: Look, figures: Figures): Element {
  return element(
    'section',
    { id: 'timeline' },
    element('h2', {}, 'Waiting and being served'),
    element(
      'p',
      {},
      'Sixteen clients arrive, each of which thinks for a while before each of its messages. Each row is one connection, in ' +
        'the order of arrival; each lane is one thread. A sequential server makes all others wait; threads share the ' +
        'work; events interleave on one thread.',
    ),
    element(
      'ul',
      { class: 'legend phases', 'aria-label': 'Colours' },
      element('li', {}, sample('var(--waiting)', undefined, 3), 'waiting (thin)'),
      element('li', {}, sample('var(--served)', undefined, 10), 'being served (thick)'),
    ),
    figures.add('Each connection from its arrival to its end', 'Shorter is better.', (width) =>
      timelinePlot(timelines, look, width),
    ),
  )
}

function timelinePlot(timelines: CompareReport['timelines'], look: Look, width: number): Element {
  const several = new Set(timelines.filter(({ bars }) => new Set(bars.map(({ thread }) => thread)).size > 1))
  const bars = timelines.flatMap((timeline) =>
    timeline.bars.map((bar, row) => {
      const thread = several.has(timeline) ? `, thread ${bar.thread}` : ''
      const seen = timeline.seenBy === 'client' ? ' (as clients saw it)' : ''
      return { ...bar, row, lane: `${timeline.server}${thread}${seen}` }
    }),
  )
  const lanes = [...new Set(bars.map(({ lane }) => lane))].sort(
    (a, b) => laneOrder(a, look) - laneOrder(b, look) || (a < b ? -1 : 1),
  )
  return Plot.plot({
    ...common(width, 40 + 112 * Math.max(1, lanes.length)),
    ariaLabel: 'Timeline of connections by thread',
    marginLeft: 10,
    marginRight: 10,
    x: { label: 'milliseconds', grid: true, domain: [0, Math.max(1, ...bars.map(({ ended }) => ended))] },
    y: { axis: null, domain: [...new Set(bars.map(({ row }) => row))] },
    fy: { domain: lanes, axis: null, padding: 0.12 },
    marks: [
      Plot.frame({ stroke: 'var(--line)' }),
      Plot.ruleY(bars, {
        fy: 'lane',
        y: 'row',
        x1: 'arrived',
        x2: 'served',
        stroke: 'var(--waiting)',
        strokeWidth: 1.5,
      }),
      Plot.barX(bars, {
        fy: 'lane',
        y: 'row',
        x1: 'served',
        x2: 'ended',
        fill: 'var(--served)',
        title: ({ lane, arrived, served, ended }) =>
          `${lane}\narrived at ${formatMs(arrived)}, waited ${formatMs(served - arrived)}, was served for ${formatMs(ended - served)}`,
        tip: true,
      }),
      Plot.text(lanes, {
        fy: (lane) => lane,
        text: (lane) => lane,
        frameAnchor: 'top-right',
        dx: -6,
        dy: 4,
        fill: 'var(--ink)',
        stroke: 'var(--page)',
        strokeWidth: 4,
      }),
    ],
  })
}

function laneOrder(lane: string, { names }: Look): number {
  return names.findIndex((name) => lane === name || lane.startsWith(`${name},`) || lane.startsWith(`${name} (`))
}
