import type { CompareReport } from '../compare/compare.js'
import { barPlot } from './bars.js'
import { element } from './dom.js'
import type { Figures } from './figures.js'
import type { Look } from './look.js'

export function costSection({ scenarios }: CompareReport, look: Look, figures: Figures): Element {
  const servers = scenarios.find(({ name }) => name === 'steady')?.servers ?? scenarios[0]?.servers ?? []
  return element(
    'section',
    { id: 'cost' },
    element('h2', {}, 'What a handshake costs the server'),
    element(
      'div',
      { class: 'pictures' },
      figures.add(
        'Processor time per handshake',
        'Microseconds, by all threads, kernel included. Less is better.',
        (width) => barPlot(servers, ({ cpuUsPerHandshake }) => cpuUsPerHandshake, 'µs', look, width),
      ),
      figures.add('Memory at most', 'MiB of the whole process. Less is better.', (width) =>
        barPlot(servers, ({ peakBytes }) => peakBytes && peakBytes / 2 ** 20, 'MiB', look, width),
      ),
    ),
  )
}
