import { compareIds } from '../select.js'
import { SCRIPT, STYLE } from './matrix-style.js'
import type { Program } from './programs.js'
import type { CaseResult, Kind, Report } from './report.js'
import { bytesOf, entities, fixOf, profileLines } from './text.js'
import { byTheme, MARKS, type Mark, markOf } from './themes.js'

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
    .map((mark) => `<li><i class="cell ${mark}">${MARKS[mark].cell}</i>${MARKS[mark].word}</li>`)
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
  const cases = [...new Map(reports.flatMap(({ results }) => results.map((one) => [one.id, one] as const))).values()]
  cases.sort((a, b) => compareIds(a.id, b.id))
  const themes = byTheme(cases)
  const anchor = (report: Report, id?: string) => `p${all.indexOf(report)}${id ? `-${id}` : ''}`
  const head = themes
    .map(([theme, group]) => `<th colspan="${group.length}" scope="colgroup"><span>${escapeHtml(theme)}</span></th>`)
    .join('')
  const ids = themes
    .map(([, group]) =>
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
    const cells = themes.map(([, group]) =>
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

function cell(result: CaseResult | undefined, anchor: string, first: boolean): string {
  const edge = first ? ' class="first"' : ''
  if (!result) return `<td${edge}><i class="cell unseen"></i></td>`
  const mark = markOf(result)
  const { cell: sign, word } = MARKS[mark]
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
${report.stoppedBy !== undefined ? `<p>Ended by ${escapeHtml(report.stoppedBy)} before everything was judged.</p>` : ''}
${facts ? `<ul class="facts">${facts}</ul>` : ''}
${lessons.map((result) => lesson(result, report, anchor(report, result.id))).join('\n')}
${blocked.length > 0 ? `<p class="note">No verdict: ${escapeHtml(byReason(blocked))}</p>` : ''}
${byTheme(report.results).length === 0 || lessons.length > 0 ? '' : '<p>Nothing to say: everything that could be judged is passed.</p>'}
</details>`
}

/** `S1.9, S1.11 (blocked by S1.7: ...); S2.8 (...)`. */
function byReason(results: readonly CaseResult[]): string {
  const ids = new Map<string, string[]>()
  for (const { id, note = '' } of results) ids.set(note, [...(ids.get(note) ?? []), id])
  return [...ids].map(([note, group]) => `${group.join(', ')} (${note})`).join('; ')
}

function lesson(result: CaseResult, report: Report, id: string): string {
  const mark = markOf(result)
  const fault = result.fault!
  const fix = fixOf(fault, report.target)
  const bytes = [...bytesOf(fault), '', fault.diagram, '', `Again: ${fault.reproduce}`]
  return `<article id="${id}" class="lesson ${mark}">
<h4><i class="cell ${mark}">${MARKS[mark].cell}</i>${result.id} ${escapeHtml(result.title)} <small>${result.level}</small></h4>
<p>${escapeHtml(fault.summary)}</p>
${fault.cause ? `<div class="cause"><p>${escapeHtml(fault.cause)}</p>${fix ? `<p><small>${fix.language}</small> <code>${escapeHtml(fix.code)}</code></p>` : ''}</div>` : ''}
<pre>${escapeHtml(bytes.join('\n'))}</pre>
<p class="note"><b>${result.clause}</b> ${escapeHtml(result.clauseText)}</p>
</article>`
}

function escapeHtml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no page may hold them
  return entities(text).replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '·')
}
