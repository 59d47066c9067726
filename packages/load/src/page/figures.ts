/// <reference lib="dom" />
import { element } from './dom.js'

/** Draws for the width that there is, so that its text has the same size on a phone. */
export type Draw = (width: number) => Element

const LEAST_WIDTH = 260

/** The plots of a page, which are drawn again when its width changes. */
export class Figures {
  readonly #redraws: (() => void)[] = []

  add(title: string, caption: string, draw: Draw): Element {
    const canvas = element('div', {})
    this.#redraws.push(() => {
      // Empty first, or the old plot would keep the canvas as wide as it was.
      canvas.replaceChildren()
      const svg = draw(Math.max(LEAST_WIDTH, canvas.clientWidth))
      svg.setAttribute('role', 'img')
      svg.setAttribute('aria-label', `${title}. ${caption} The numbers are in the tables.`)
      canvas.replaceChildren(svg)
    })
    return element('figure', {}, element('h3', {}, title), canvas, element('figcaption', {}, caption))
  }

  redraw(): void {
    for (const redraw of this.#redraws) redraw()
  }
}
