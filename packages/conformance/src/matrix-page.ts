import { listCases } from './catalog.js'
import type { Program } from './matrix.js'
import type { CaseResult, Kind, Report } from './report.js'
import { lessonOf, profileLines } from './reporters/text.js'
import { byTheme, type Mark, markOf, themeOf } from './reporters/themes.js'

const SIGNS: Readonly<Record<Mark, readonly [sign: string, word: string]>> = {
  passed: ['', 'passed'],
  failed: ['✗', 'failed'],
  warned: ['!', 'should be better'],
  undone: ['·', 'optional, not done'],
  known: ['≈', 'known failure'],
  blocked: ['–', 'blocked by another failure'],
  unseen: ['', 'not seen, or does not apply'],
}

/** Many reports as one page that needs nothing else: no script from elsewhere, no font, no picture. */
export function matrixPage(reports: readonly Report[], programs: readonly Program[]): string {
  const notes = new Map(programs.map(({ note }, at) => [reports[at]!, note]))
  const passed = reports.filter((report) => report.passed).length
  const kinds = (['server', 'client'] as const).filter((kind) => reports.some((report) => report.kind === kind))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>HELLO conformance: ${reports.length} programs</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>HELLO conformance</h1>
<p class="lead"><b>${passed}</b> of <b>${reports.length}</b> programs pass every MUST.</p>
<ul class="legend">${(['passed', 'failed', 'warned', 'undone', 'blocked', 'unseen'] as const)
    .map((mark) => `<li><i class="cell ${mark}">${SIGNS[mark][0]}</i>${SIGNS[mark][1]}</li>`)
    .join('')}</ul>
</header>
<main>
${kinds.map((kind) => section(kind, reports, notes)).join('\n')}
</main>
<footer>Made by hs-conformance ${escapeHtml(reports[0]?.version ?? '')}. Every clause (HS-x.y) is one of docs/PROTOCOL.md.</footer>
<script>${SCRIPT}</script>
</body>
</html>
`
}

function section(kind: Kind, all: readonly Report[], notes: ReadonlyMap<Report, string | undefined>): string {
  const reports = all.filter((report) => report.kind === kind)
  const shown = new Set(reports.flatMap(({ results }) => results.map(({ id }) => id)))
  const cases = listCases().filter(({ id }) => shown.has(id))
  const themes = groupByTheme(cases)
  const anchor = (report: Report, id?: string) => `p${all.indexOf(report)}${id ? `-${id}` : ''}`
  const head = [...themes]
    .map(([theme, group]) => `<th colspan="${group.length}" scope="colgroup"><span>${escapeHtml(theme)}</span></th>`)
    .join('')
  const ids = [...themes.values()]
    .map((group) =>
      group
        .map(
          ({ id, title }, at) =>
            `<th scope="col" class="id${at === 0 ? ' first' : ''}" title="${escapeHtml(`${id} ${title}`)}">${escapeHtml(id.split('.')[1]!)}</th>`,
        )
        .join(''),
    )
    .join('')
  const rows = reports.map((report) => {
    const byId = new Map(report.results.map((result) => [result.id, result]))
    const cells = [...themes.values()].map((group) =>
      group.map(({ id }, at) => cell(byId.get(id), anchor(report, id), at === 0)).join(''),
    )
    return `<tr><th scope="row"><a href="#${anchor(report)}">${escapeHtml(report.name)}</a></th><td class="score">${verdictOf(report)}</td>${cells.join('')}</tr>`
  })
  const tally = failures(
    reports,
    cases.map(({ id }) => id),
  )
  return `<section>
<h2>${kind === 'server' ? 'Servers' : 'Clients'}</h2>
<div class="scroll"><table class="matrix">
<thead><tr><th></th><th></th>${head}</tr><tr><th scope="col">program</th><th scope="col">points</th>${ids}</tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table></div>
${tally}
<h3>${reports.length === 1 ? 'The program' : 'Program by program'}</h3>
${reports.map((report) => card(report, notes.get(report), anchor)).join('\n')}
</section>`
}

function groupByTheme<T extends { readonly id: string }>(cases: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const one of cases) groups.set(themeOf(one.id), [...(groups.get(themeOf(one.id)) ?? []), one])
  return groups
}

function cell(result: CaseResult | undefined, anchor: string, first: boolean): string {
  const edge = first ? ' class="first"' : ''
  if (!result) return `<td${edge}><i class="cell unseen"></i></td>`
  const mark = markOf(result)
  const [sign, word] = SIGNS[mark]
  const title = escapeHtml(`${result.id} ${result.title}: ${result.note ?? word}`)
  const inner = `<i class="cell ${mark}" title="${title}">${sign}</i>`
  return `<td${edge}>${result.fault ? `<a href="#${anchor}" aria-label="${title}">${inner}</a>` : inner}</td>`
}

function verdictOf(report: Report): string {
  if (report.notStarted !== undefined) return '<span class="bad">not started</span>'
  const { earned, possible } = report.score
  const share = possible === 0 ? 0 : earned / possible
  return `<span class="bar"><span style="width:${(share * 100).toFixed(0)}%"></span></span><span class="${report.passed ? 'good' : 'bad'}">${earned}</span><small>/${possible}</small>`
}

/** What fails most, which is what a teacher wants to know first. */
function failures(reports: readonly Report[], ids: readonly string[]): string {
  const counts = ids
    .map((id) => {
      const results = reports.flatMap(({ results }) => results.filter((result) => result.id === id))
      return {
        id,
        title: results[0]?.title ?? '',
        failed: results.filter((result) => ['failed', 'warned'].includes(markOf(result))).length,
      }
    })
    .filter(({ failed }) => failed > 0)
    .sort((a, b) => b.failed - a.failed)
    .slice(0, 8)
  if (counts.length === 0 || reports.length < 3) return ''
  const most = counts[0]!.failed
  return `<h3>What fails most</h3><ol class="most">${counts
    .map(
      ({ id, title, failed }) =>
        `<li><span class="count">${failed}</span><span class="what"><span class="track" style="width:${((100 * failed) / most).toFixed(0)}%"></span><b>${id}</b> ${escapeHtml(title)}</span></li>`,
    )
    .join('')}</ol>`
}

function card(report: Report, note: string | undefined, anchor: (report: Report, id?: string) => string): string {
  const lessons = report.results.filter(({ fault }) => fault)
  const order: Mark[] = ['failed', 'known', 'warned', 'undone']
  lessons.sort((a, b) => order.indexOf(markOf(a)) - order.indexOf(markOf(b)))
  const blocked = report.results.filter(({ verdict }) => verdict === 'blocked' || verdict === 'not-run')
  const badge =
    report.notStarted !== undefined
      ? '<span class="tag bad">not started</span>'
      : report.passed
        ? '<span class="tag good">passes</span>'
        : '<span class="tag bad">fails</span>'
  const facts = profileLines(report)
    .map((line) => `<li>${escapeHtml(line)}</li>`)
    .join('')
  return `<details class="card" id="${anchor(report)}"><summary>${badge}<b>${escapeHtml(report.name)}</b>${note ? ` <span class="note">${escapeHtml(note)}</span>` : ''}<span class="tail">${lessons
    .filter((one) => markOf(one) === 'failed')
    .map(({ id }) => id)
    .join(' ')}</span></summary>
<p><code>${escapeHtml(report.target.replace(/^-- /, ''))}</code></p>
${report.notStarted !== undefined ? `<p>${escapeHtml(report.notStarted)}</p>` : ''}
${facts ? `<ul class="facts">${facts}</ul>` : ''}
${lessons.map((result) => lesson(result, anchor(report, result.id))).join('\n')}
${blocked.length > 0 ? `<p class="note">No verdict: ${blocked.map(({ id, note }) => `${id} (${escapeHtml(note ?? '')})`).join(', ')}</p>` : ''}
${byTheme(report.results).length === 0 || lessons.length > 0 ? '' : '<p>Nothing to say: everything that could be judged is passed.</p>'}
</details>`
}

function lesson(result: CaseResult, id: string): string {
  const mark = markOf(result)
  const { fault } = result
  return `<article id="${id}" class="lesson ${mark}">
<h4><i class="cell ${mark}">${SIGNS[mark][0]}</i>${result.id} ${escapeHtml(result.title)} <small>${result.level}</small></h4>
<p>${escapeHtml(fault!.summary)}</p>
${fault!.cause ? `<p class="cause">${escapeHtml(fault!.cause)}</p>` : ''}
<pre>${escapeHtml(
    lessonOf({ ...result, fault: withoutCause(fault!) })
      .filter((line, at) => at > 0 && !line.startsWith(`${result.clause} `))
      .join('\n'),
  )}</pre>
<p class="note"><b>${result.clause}</b> ${escapeHtml(result.clauseText)}</p>
</article>`
}

function withoutCause({ cause: _, ...fault }: NonNullable<CaseResult['fault']>): NonNullable<CaseResult['fault']> {
  return fault
}

function escapeHtml(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: no page may hold them
      .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '·')
  )
}

/** Opens what an address names. */
const SCRIPT = `
const open = () => {
  const at = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (!at) return
  at.closest('details')?.setAttribute('open', '')
  at.scrollIntoView({ block: 'start' })
}
addEventListener('hashchange', open)
open()
`

const STYLE = `
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
/* Nobody scrolls on paper: all columns have to fit, and colours that say something are printed. */
@page { size: A4 landscape; margin: 10mm }
@media print { :root { color-scheme: light; print-color-adjust: exact; -webkit-print-color-adjust: exact }
  body { padding: 0; max-width: none; background: none; font-size: 12px } .scroll { overflow: visible; border: 0 }
  .matrix { font-size: 11px } .matrix thead th { font-size: 8px } .matrix thead tr:first-child th { font-size: 9px } .matrix th, .matrix td { padding: .5px }
  .matrix td.first, .matrix th.first { padding-left: 2px } .matrix tr > :last-child { padding-right: 0 } .matrix th[scope=colgroup] span { padding: 0 2px }
  .matrix th[scope=row], .matrix thead th:first-child { position: static; max-width: 9rem; padding: 1px 4px 1px 0 } .matrix .cell { width: 12px; height: 12px; border-radius: 2px; font-size: 8px }
  .score { padding-right: 4px !important } .bar { display: none } .matrix tr, .lesson, .card summary { break-inside: avoid } }
`
