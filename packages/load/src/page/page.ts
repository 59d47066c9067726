/// <reference lib="dom" />
/** Draws a comparison in a browser. Everything that it needs is in the file that it is in. */
import type { CompareReport } from '../compare/compare.js'
import { properties } from './colours.js'
import { costSection } from './cost.js'
import { Figures } from './figures.js'
import { footer, header } from './header.js'
import { legend } from './legend.js'
import { Look } from './look.js'
import { scenarioSection } from './scenario.js'
import { timelineSection } from './timeline.js'

show(JSON.parse(document.getElementById('data')!.textContent!) as CompareReport)

function show(report: CompareReport): void {
  const style = document.createElement('style')
  style.textContent =
    `:root { ${properties('light')} } @media screen and (prefers-color-scheme: dark) { :root { ${properties('dark')} } }` +
    '@media print { :root { color-scheme: light; } }'
  document.head.append(style)
  const look = new Look(report)
  const figures = new Figures()
  document
    .getElementById('page')!
    .replaceChildren(
      ...header(report),
      legend(look),
      ...report.scenarios.map((scenario) => scenarioSection(scenario, look, figures)),
      timelineSection(report, look, figures),
      costSection(report, look, figures),
      footer(),
    )
  figures.redraw()
  redrawWhenNeeded(figures)
}

function redrawWhenNeeded(figures: Figures): void {
  let width = innerWidth
  addEventListener('resize', () => {
    // A phone that shows or hides its address bar changes only the height.
    if (innerWidth !== width) figures.redraw()
    width = innerWidth
  })
  matchMedia('print').addEventListener('change', () => figures.redraw())
  addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll('details')) details.open = true
  })
}
