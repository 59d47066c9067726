/// <reference lib="dom" />
import { element } from './dom.js'
import type { Look } from './look.js'

/** Which server looks how. */
export function legend(look: Look): Element {
  return element(
    'ul',
    { class: 'legend', 'aria-label': 'Servers' },
    ...look.names.map((name) => {
      const { colour, dash } = look.of(name)
      return element('li', {}, sample(colour, dash), name)
    }),
  )
}

export function sample(colour: string, dash: string | undefined, thickness = 3): Element {
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
