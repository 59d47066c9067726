/// <reference lib="dom" />
/** Draws a comparison in a browser. Everything that it needs is in the file that it is in. */
import * as Plot from '@observablehq/plot'
import type { CompareReport, ScenarioReport, ServerReport } from '../compare/compare.js'
import { formatCount, formatMs } from '../report/format.js'
import { COLOURS, properties } from './colours.js'

const report = JSON.parse(document.getElementById('data')!.textContent!) as CompareReport
const names = report.servers.map(({ name }) => name)

/** A picture is drawn for the width that there is, so that its text has the same size on a phone. */
type Draw = (width: number) => Element
const redraws: (() => void)[] = []

const style = document.createElement('style')
style.textContent =
  `:root { ${properties('light')} } @media screen and (prefers-color-scheme: dark) { :root { ${properties('dark')} } }` +
  '@media print { :root { color-scheme: light; } }'
document.head.append(style)
const page = document.getElementById('page')!
page.replaceChildren(...header(), ...report.scenarios.map(scenarioSection), timelineSection(), costSection(), footer())
redrawAll()

let width = innerWidth
addEventListener('resize', () => {
  // A phone that shows or hides its address bar changes only the height.
  if (innerWidth !== width) redrawAll()
  width = innerWidth
})
matchMedia('print').addEventListener('change', redrawAll)
addEventListener('beforeprint', () => {
  for (const details of document.querySelectorAll('details')) details.open = true
})

function redrawAll(): void {
  for (const redraw of redraws) redraw()
}

/** Our strategies have a hue each, and transports differ by dashes: what belongs together looks alike. */
function look(name: string): { colour: string; dash: string | undefined } {
  const server = report.servers.find((one) => one.name === name)!
  const ours = [...new Set(report.servers.flatMap(({ strategy }) => strategy ?? []))]
  const others = report.servers.filter(({ strategy }) => !strategy).map((one) => one.name)
  const at = server.strategy ? ours.indexOf(server.strategy) : ours.length + others.indexOf(name)
  return {
    colour: `var(--server-${at % COLOURS.light.length})`,
    dash: server.transport === 'node' ? '5 3' : undefined,
  }
}

function header(): Node[] {
  const { machine, rounds, durationMs, made, interrupted, problems } = report
  return [
    element('h1', {}, 'Servers compared'),
    element(
      'p',
      { class: 'faint' },
      `${interrupted ? 'Interrupted: some measurements are missing. ' : ''}` +
        `${rounds} ${rounds === 1 ? 'round' : 'rounds'} of ${formatMs(durationMs)} for each server and scenario, ` +
        `${new Date(made).toLocaleString()}, on ${machine.cores} × ${machine.cpu}, ${machine.system}, Node ${machine.node}. ` +
        'A handshake is HELLO X, HELLO X+1, HELLO X+2 on a connection of its own.',
    ),
    ...problems.map((problem) => element('p', { class: 'problem' }, problem)),
    element(
      'ul',
      { class: 'legend', 'aria-label': 'Servers' },
      ...names.map((name) => {
        const { colour, dash } = look(name)
        return element('li', {}, sample(colour, dash), name)
      }),
    ),
  ]
}

function scenarioSection(scenario: ScenarioReport): Element {
  const { title, about, by, servers } = scenario
  const withTimes = servers.filter(({ curve }) => curve.length > 0)
  return element(
    'section',
    { id: scenario.name },
    element('h2', {}, title),
    element('p', {}, about, ' ', verdict(scenario)),
    ...failures(scenario),
    element(
      'div',
      { class: 'pictures' },
      picture(
        by === 'rate' ? 'How often as fast' : 'How often as quick (p99)',
        `Relative to ${report.baseline}; lines are the interval that holds 95 of 100 times. Further right is better.`,
        (width) => relativePlot(servers, width),
      ),
      picture(
        'How long handshakes take',
        'Share of handshakes that are done within a time, both axes logarithmic. Lower is better.',
        (width) => curvePlot(withTimes, width),
      ),
      scenario.name === 'growing'
        ? picture('Handshakes per second by number of clients', 'Higher is better.', (width) =>
            stepsPlot(servers, width),
          )
        : picture('Handshakes per second over time', 'Mean of the rounds. Higher is better.', (width) =>
            seriesPlot(servers, width),
          ),
    ),
    numbers(servers),
  )
}

/** The result in one sentence. */
function verdict({ by, servers }: ScenarioReport): string {
  const rank = ({ perSecond, latency }: ServerReport) => (by === 'rate' ? perSecond : -latency.p99)
  const sorted = servers.filter(({ established }) => established > 0).sort((a, b) => rank(b) - rank(a))
  const [best, worst] = [sorted[0], sorted.at(-1)]
  if (!best || !worst || best === worst) return ''
  const say = ({ perSecond, latency }: ServerReport) =>
    by === 'rate' ? `${formatCount(perSecond)} handshakes per second` : `99 of 100 within ${formatMs(latency.p99)}`
  return `Best is ${best.name} with ${say(best)}, last is ${worst.name} with ${say(worst)}.`
}

/** Who failed, and how often: what is fast because it fails must not look good. */
function failures({ servers }: ScenarioReport): Node[] {
  const failed = servers.filter((server) => server.failed > 0)
  if (failed.length === 0) return []
  const counts = failed.map(({ name, failed, started }) => `${name} ${formatCount(failed)} of ${formatCount(started)}`)
  return [element('p', { class: 'problem' }, `Handshakes that failed: ${counts.join(', ')}.`)]
}

function relativePlot(servers: readonly ServerReport[], width: number): Element {
  const shown = servers.filter(({ relative }) => relative && relative.value > 0)
  return Plot.plot({
    ...common(width, 26 * servers.length + 50),
    ariaLabel: 'Relative speed',
    marginLeft: 8 + 7 * nameLength(width),
    marginRight: 44,
    x: { type: 'log', domain: relativeDomain(shown), label: `times ${report.baseline}`, ticks: 3, tickFormat: '~g' },
    y: { domain: servers.map(({ name }) => name), label: null, tickFormat: (name: string) => cut(name, width) },
    marks: [
      Plot.ruleX([1], { stroke: 'var(--ink)' }),
      ...shown.flatMap(({ name, relative }) => {
        const { colour } = look(name)
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

/** Around 1, so that who is as fast as the baseline is a dot in the middle, also where nobody differs. */
function relativeDomain(servers: readonly ServerReport[]): [number, number] {
  const ends = servers.flatMap(({ relative }) => {
    const { value, low = value, high = value } = relative!
    return [Math.max(low, value / 100), high]
  })
  return [Math.min(0.5, ...ends) * 0.9, Math.max(2, ...ends) * 1.1]
}

function curvePlot(servers: readonly ServerReport[], width: number): Element {
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
        ...stroke(name),
        tip: 'x',
        title: ({ percentile, ms }) => `${name}: ${percentile}% within ${formatMs(ms)}`,
      }),
    ]),
  })
}

function seriesPlot(servers: readonly ServerReport[], width: number): Element {
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
          ...stroke(name),
          tip: 'x',
          title: ({ atMs, perSecond }) => `${name}: ${formatCount(perSecond)} per second at ${formatMs(atMs)}`,
        }),
      ),
    ],
  })
}

function stepsPlot(servers: readonly ServerReport[], width: number): Element {
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
          ...stroke(name),
          marker: 'dot',
          tip: 'x',
          title: (step) => `${name}: ${formatCount(step.perSecond)} per second with ${step.clients} clients`,
        }),
      ),
    ],
  })
}

function timelineSection(): Element {
  return element(
    'section',
    { id: 'timeline' },
    element('h2', {}, 'Who waits for whom'),
    element(
      'p',
      {},
      'Sixteen clients arrive, each of which thinks for a while before each of its messages. Each row is one connection, in ' +
        'the order of arrival; each lane is one thread. One that serves in sequence makes everybody wait; threads share the ' +
        'work; events interleave on one thread.',
    ),
    element(
      'ul',
      { class: 'legend phases', 'aria-label': 'Colours' },
      element('li', {}, sample('var(--waiting)', undefined, 3), 'waiting (thin)'),
      element('li', {}, sample('var(--served)', undefined, 10), 'being served (thick)'),
    ),
    picture('Each connection from its arrival to its end', 'Shorter is better.', timelinePlot),
  )
}

function timelinePlot(width: number): Element {
  const several = new Set(report.timelines.filter(({ bars }) => new Set(bars.map(({ thread }) => thread)).size > 1))
  const bars = report.timelines.flatMap((timeline) =>
    timeline.bars.map((bar, row) => {
      const thread = several.has(timeline) ? `, thread ${bar.thread}` : ''
      const seen = timeline.seenBy === 'client' ? ' (as clients saw it)' : ''
      return { ...bar, row, lane: `${timeline.server}${thread}${seen}` }
    }),
  )
  const lanes = [...new Set(bars.map(({ lane }) => lane))].sort(
    (a, b) => laneOrder(a) - laneOrder(b) || (a < b ? -1 : 1),
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

function laneOrder(lane: string): number {
  return names.findIndex((name) => lane === name || lane.startsWith(`${name},`) || lane.startsWith(`${name} (`))
}

function costSection(): Element {
  const servers = report.scenarios.find(({ name }) => name === 'steady')?.servers ?? report.scenarios[0]?.servers ?? []
  return element(
    'section',
    { id: 'cost' },
    element('h2', {}, 'What a handshake costs the server'),
    element(
      'div',
      { class: 'pictures' },
      picture(
        'Processor time per handshake',
        'Microseconds, by all threads, kernel included. Less is better.',
        (width) => barPlot(servers, ({ cpuUsPerHandshake }) => cpuUsPerHandshake, 'µs', width),
      ),
      picture('Memory at most', 'MiB of the whole process. Less is better.', (width) =>
        barPlot(servers, ({ peakBytes }) => peakBytes && peakBytes / 2 ** 20, 'MiB', width),
      ),
    ),
  )
}

function barPlot(
  servers: readonly ServerReport[],
  of: (server: ServerReport) => number | undefined,
  unit: string,
  width: number,
): Element {
  const known = servers.filter((server) => of(server) !== undefined)
  return Plot.plot({
    ...common(width, 26 * servers.length + 40),
    ariaLabel: unit,
    marginLeft: 8 + 7 * nameLength(width),
    marginRight: 60,
    x: { label: unit, ticks: 4, grid: true },
    y: { domain: servers.map(({ name }) => name), label: null, tickFormat: (name: string) => cut(name, width) },
    marks: [
      Plot.ruleX([0]),
      ...known.flatMap((server) => [
        Plot.barX([server], { y: 'name', x: of, fill: look(server.name).colour, insetTop: 3, insetBottom: 3 }),
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

function numbers(servers: readonly ServerReport[]): Element {
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

function footer(): Element {
  return element(
    'p',
    { class: 'faint' },
    'One machine, with the load on it, too: what is measured here is a difference, not what a server can do on its own. ' +
      'The bootstrap intervals of few rounds are rather too narrow. Drawn with Observable Plot.',
  )
}

function common(width: number, height: number) {
  return {
    width,
    height,
    marginBottom: 36,
    style: { background: 'none', color: 'var(--ink)', fontSize: '12px', fontFamily: 'system-ui, sans-serif' },
  }
}

function stroke(name: string) {
  const { colour, dash } = look(name)
  return { stroke: colour, strokeWidth: 2, ...(dash && { strokeDasharray: dash }) }
}

function sample(colour: string, dash: string | undefined, thickness = 3): Element {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  for (const [name, value] of Object.entries({ width: 28, height: 12, 'aria-hidden': 'true' })) {
    svg.setAttribute(name, String(value))
  }
  const line = document.createElementNS(svg.namespaceURI!, 'line')
  const attributes = {
    x1: 0,
    x2: 28,
    y1: 6,
    y2: 6,
    stroke: colour,
    'stroke-width': thickness,
    ...(dash && { 'stroke-dasharray': dash }),
  }
  for (const [name, value] of Object.entries(attributes)) line.setAttribute(name, String(value))
  svg.append(line)
  return svg
}

function picture(title: string, caption: string, draw: Draw): Element {
  const canvas = element('div', {})
  redraws.push(() => {
    canvas.replaceChildren()
    const svg = draw(Math.max(260, canvas.clientWidth))
    svg.setAttribute('role', 'img')
    svg.setAttribute('aria-label', `${title}. ${caption} The numbers are in the tables.`)
    canvas.replaceChildren(svg)
  })
  return element('figure', {}, element('h3', {}, title), canvas, element('figcaption', {}, caption))
}

function element(name: string, attributes: Record<string, string>, ...children: (Node | string)[]): HTMLElement {
  const made = document.createElement(name)
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value)
  made.append(...children)
  return made
}

function ratio(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}

/** How many letters of a name there is room for: on a phone, a long one would leave none for the picture. */
function nameLength(width: number): number {
  return Math.min(Math.max(...names.map((name) => name.length)), Math.floor((0.5 * width) / 7))
}

function cut(name: string, width: number): string {
  const most = nameLength(width)
  return name.length > most ? `${name.slice(0, most - 1)}…` : name
}

/** For an axis: no more than it needs. */
function shortCount(count: number): string {
  return count >= 1000 ? `${count / 1000}k` : String(count)
}

/** The same for times. */
function shortMs(ms: number): string {
  if (ms >= 1000) return `${ms / 1000} s`
  if (ms >= 1) return `${ms} ms`
  return `${Number((ms * 1000).toPrecision(2))} µs`
}
