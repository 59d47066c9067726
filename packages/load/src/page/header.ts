import type { CompareReport } from '../compare/compare.js'
import { formatMs } from '../report/format.js'
import { element } from './dom.js'

export function header({ machine, rounds, durationMs, made, interrupted, problems }: CompareReport): Node[] {
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
  ]
}

export function footer(): Element {
  return element(
    'p',
    { class: 'faint' },
    'One machine, with the load on it, too: what is measured here is a difference, not what a server can do on its own. ' +
      'The bootstrap intervals of few rounds are rather too narrow. Drawn with Observable Plot.',
  )
}
