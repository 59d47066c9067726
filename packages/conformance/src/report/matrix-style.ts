/** How the page of a matrix looks, and its few lines of script. */

/** Opens what an address names. */
export const SCRIPT = `
const open = () => {
  const at = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (!at) return
  at.closest('details')?.setAttribute('open', '')
  at.scrollIntoView({ block: 'start' })
}
addEventListener('hashchange', open)
open()
`

export const STYLE = `
:root { color-scheme: light dark;
  --page: #fbfaf7; --ink: #22211d; --soft: #6d6a61; --line: #e4e0d5; --sheet: #ffffff;
  --passed: #cfe8d2; --passed-ink: #1c6b34; --failed: #d5482f; --failed-ink: #ffffff; --warned: #f2c14e; --warned-ink: #4a3500;
  --undone: #e9e5da; --blocked: #efc7bf; --blocked-ink: #8c2f1f; --accent: #2d5d8b; --code: #f4f1e8; }
@media screen and (prefers-color-scheme: dark) { :root {
  --page: #17181b; --ink: #e9e6df; --soft: #9b978d; --line: #2e3036; --sheet: #1e2024;
  --passed: #24482f; --passed-ink: #8fd3a2; --failed: #e2604a; --failed-ink: #1a0d0a; --warned: #d7a83a; --warned-ink: #241a00;
  --undone: #2c2e33; --blocked: #55302a; --blocked-ink: #f0b0a4; --accent: #8dbbe6; --code: #14151a; } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 2rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 88rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 ui-serif, Charter, 'Iowan Old Style', Georgia, serif }
h1 { font-size: clamp(1.7rem, 5vw, 2.5rem); margin: 0; letter-spacing: -.02em; line-height: 1.15 }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.4rem } h3 { margin: 2rem 0 .5rem; font-size: 1.05rem } h4 { margin: 0 0 .25rem; font-size: 1rem }
.lead { font-size: 1.15rem; margin: .4rem 0 1rem; color: var(--soft) } .lead b { color: var(--ink) }
a { color: inherit }
small, .note, footer, .legend, .id, .score, .tail { font-family: ui-sans-serif, system-ui, sans-serif }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .35rem 1.1rem; padding: 0; margin: 0; font-size: .82rem; color: var(--soft) }
.legend li { display: flex; align-items: center; gap: .4rem }
.cell { display: inline-grid; vertical-align: middle; place-items: center; width: 1.15rem; height: 1.15rem; border-radius: 4px; font: 700 .75rem/1 ui-sans-serif, system-ui, sans-serif; font-style: normal; flex: none }
.cell.passed { background: var(--passed); color: var(--passed-ink) } .cell.failed { background: var(--failed); color: var(--failed-ink) }
.cell.warned, .cell.known { background: var(--warned); color: var(--warned-ink) } .cell.undone { background: var(--undone); color: var(--soft) }
.cell.blocked { background: var(--blocked); color: var(--blocked-ink) } .cell.unseen { border: 1px dashed color-mix(in srgb, var(--soft) 55%, transparent) }
.scroll { overflow-x: auto; background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; -webkit-overflow-scrolling: touch }
.matrix { border-collapse: separate; border-spacing: 0; font-size: .85rem }
.matrix th, .matrix td { padding: 2px; text-align: center; font-weight: 400; white-space: nowrap }
.matrix td.first, .matrix th.first, .matrix th[scope=colgroup] { border-left: 1px solid var(--line) }
.matrix td.first, .matrix th.first { padding-left: 7px } .matrix tr > :last-child { padding-right: 10px }
.matrix thead th { color: var(--soft); font-size: .74rem; vertical-align: bottom } .matrix thead tr:first-child th { padding-top: .7rem; font-size: .8rem; color: var(--ink) }
.matrix th[scope=colgroup] span { display: block; overflow: hidden; text-overflow: ellipsis; padding: 0 7px; max-width: 0; min-width: 100%; text-align: left }
.matrix th[scope=row], .matrix thead th:first-child { position: sticky; left: 0; z-index: 1; background: var(--sheet); text-align: left; padding: 3px .8rem 3px 1rem; max-width: 15rem; overflow: hidden; text-overflow: ellipsis }
.matrix th[scope=row] a { text-decoration: none } .matrix th[scope=row] a:hover { text-decoration: underline }
.matrix tbody tr:hover td, .matrix tbody tr:hover th { background: color-mix(in srgb, var(--accent) 9%, var(--sheet)) }
.matrix tbody tr:last-child > * { padding-bottom: .6rem } .matrix td a { display: block; text-decoration: none }
.score { text-align: left !important; padding-right: .8rem !important; font-variant-numeric: tabular-nums }
.bar { display: inline-block; width: 3.2rem; height: 6px; border-radius: 3px; background: var(--undone); margin-right: .45rem; overflow: hidden; vertical-align: middle }
.bar span { display: block; height: 100%; background: var(--accent) }
.good { color: var(--passed-ink); font-weight: 600 } .bad { color: var(--failed); font-weight: 600 } .score small { color: var(--soft) }
.most { list-style: none; padding: 0; margin: 0; max-width: 46rem } .most li { display: flex; gap: .7rem; align-items: baseline; margin: .2rem 0 }
.count { width: 2rem; text-align: right; font-variant-numeric: tabular-nums; color: var(--failed); font-weight: 600 }
.what { position: relative; flex: 1; padding: .1rem .5rem; z-index: 0 } .track { position: absolute; inset: 0 auto 0 0; background: color-mix(in srgb, var(--failed) 16%, transparent); border-radius: 4px; z-index: -1 }
.card { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; margin: .5rem 0; padding: 0 1rem; scroll-margin-top: 1rem }
.card summary { cursor: pointer; padding: .6rem 0; display: flex; flex-wrap: wrap; gap: .2rem .7rem; align-items: baseline }
.card[open] { padding-bottom: .8rem } .tail { color: var(--soft); font-size: .78rem; margin-left: auto } .note { color: var(--soft); font-size: .85rem }
.tag { font: 600 .74rem/1 ui-sans-serif, system-ui, sans-serif; padding: .25rem .5rem; border-radius: 99px; border: 1px solid currentColor }
.facts { margin: .3rem 0; padding-left: 1.2rem; color: var(--soft); font-size: .92rem }
.lesson { border-top: 1px solid var(--line); padding: .9rem 0 .2rem; scroll-margin-top: 1rem } .lesson h4 { display: flex; gap: .5rem; align-items: baseline } .lesson h4 .cell { align-self: center } .lesson p { margin: .2rem 0 }
.lesson:target { background: color-mix(in srgb, var(--accent) 7%, transparent) }
.cause { padding-left: .8rem; border-left: 3px solid var(--accent) }
pre, code { font: 12.5px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace } code { overflow-wrap: anywhere }
pre { background: var(--code); border-radius: 8px; padding: .8rem 1rem; overflow-x: auto; margin: .6rem 0 }
footer { margin-top: 3rem; color: var(--soft); font-size: .82rem }
@media (max-width: 40rem) { body { padding-top: 1.2rem } .matrix th[scope=row], .matrix thead th:first-child { max-width: 8.5rem; padding-left: .7rem } .bar { display: none } .tail { margin-left: 0; width: 100% } .cell { width: 1.3rem; height: 1.3rem } }
/* Paper does not scroll: all columns must fit, and colours that say something are printed. */
@page { size: A4 landscape; margin: 10mm }
@media print { :root { color-scheme: light; print-color-adjust: exact; -webkit-print-color-adjust: exact }
  body { padding: 0; max-width: none; background: none; font-size: 12px } .scroll { overflow: visible; border: 0 }
  .matrix { font-size: 11px } .matrix thead th { font-size: 8px } .matrix thead tr:first-child th { font-size: 9px } .matrix th, .matrix td { padding: .5px }
  .matrix td.first, .matrix th.first { padding-left: 2px } .matrix tr > :last-child { padding-right: 0 } .matrix th[scope=colgroup] span { padding: 0 2px }
  .matrix th[scope=row], .matrix thead th:first-child { position: static; max-width: 9rem; padding: 1px 4px 1px 0 } .matrix .cell { width: 12px; height: 12px; border-radius: 2px; font-size: 8px }
  .score { padding-right: 4px !important } .bar { display: none } .matrix tr, .lesson, .card summary { break-inside: avoid } }
`
