import type { ScenarioReport } from '../compare/compare.js'
import type { ServerReport } from '../compare/server-report.js'
import { formatCount, formatMs } from '../report/format.js'
import { element } from './dom.js'
import type { Figures } from './figures.js'
import { stepsPlot } from './growth.js'
import { curvePlot } from './latency.js'
import type { Look } from './look.js'
import { numbers } from './numbers.js'
import { relativePlot } from './relative-speed.js'
import { seriesPlot } from './throughput.js'

export function scenarioSection(scenario: ScenarioReport, look: Look, figures: Figures): Element {
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
      figures.add(
        by === 'rate' ? 'Relative speed' : 'Relative speed (p99)',
        `Relative to ${look.baseline}; lines are the 95 % confidence interval. Further right is better.`,
        (width) => relativePlot(servers, look, width),
      ),
      figures.add(
        'Latency by percentile',
        'Share of handshakes that are done within a time, both axes logarithmic. Lower is better.',
        (width) => curvePlot(withTimes, look, width),
      ),
      scenario.name === 'growing'
        ? figures.add('Handshakes per second by number of clients', 'Higher is better.', (width) =>
            stepsPlot(servers, look, width),
          )
        : figures.add('Handshakes per second over time', 'Mean of the rounds. Higher is better.', (width) =>
            seriesPlot(servers, look, width),
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

/** The servers that failed, and how often: one that is fast because it fails must not look good. */
function failures({ servers }: ScenarioReport): Node[] {
  const failed = servers.filter((server) => server.failed > 0)
  if (failed.length === 0) return []
  const counts = failed.map(({ name, failed, started }) => `${name} ${formatCount(failed)} of ${formatCount(started)}`)
  return [element('p', { class: 'problem' }, `Handshakes that failed: ${counts.join(', ')}.`)]
}
