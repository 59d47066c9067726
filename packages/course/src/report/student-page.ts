import { createHash } from 'node:crypto'
import type { Student } from '../class/class.js'
import { type Course, type Part, sumOf } from '../course/course.js'
import { stepsOf } from '../grade/hint.js'
import type { CaseOutcome, PartOutcome } from '../grade/outcome.js'
import { groupBy } from '../group.js'
import { escapeHtml, mark, page } from './html.js'

/** The page's file: no name leads to another folder, and no two to the same file. */
export function pageName({ id }: Pick<Student, 'id'>): string {
  const safe = id
    .replace(/[^\w.-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 80)
  const hash = createHash('sha256').update(id).digest('hex').slice(0, 8)
  return `${safe === id ? id : `${safe}-${hash}`}.html`
}

/** What a student may see: hidden cases only as a sum, and as much of a hint as the course allows. */
export function studentPage(course: Course, student: Student): string {
  const { name, points, possible, status, problem, grade } = student
  const why = {
    graded: '',
    missing: 'Nothing was handed in.',
    unreadable: `It could not be read: ${problem}.`,
    failed: 'It has not been graded yet.',
  }
  return page(
    `${course.title}: ${name}`,
    `<header><p class="soft">${escapeHtml(course.title)}</p><h1>${escapeHtml(name)}</h1>
<p class="lead"><b>${points}</b> of ${possible} points</p></header>
<main>
${why[status] && `<p class="problem">${escapeHtml(why[status])}</p>`}
${(grade?.parts ?? []).map((part, at) => section(part, course.parts[at]!, course.hints)).join('\n')}
</main>`,
  )
}

function section(outcome: PartOutcome, part: Part, hints: number): string {
  const shown = outcome.cases.filter(({ visibility }) => visibility !== 'hidden')
  const hidden = outcome.cases.filter(({ visibility }) => visibility === 'hidden')
  const having = (...verdicts: CaseOutcome['verdict'][]) => shown.filter(({ verdict }) => verdicts.includes(verdict))
  const fine = having('passed', 'not-applicable', 'not-observable')
  return `<section>
<h2>${escapeHtml(outcome.title)}: ${ofPoints(outcome.cases)}</h2>
${outcome.problem === undefined ? '' : `<p class="problem">${escapeHtml(outcome.problem)}</p>`}
${outcome.compiler?.trim() ? folded('What the compiler says', block([outcome.compiler]), outcome.problem !== undefined) : ''}
<ul class="cases sheet">${having('failed', 'not-run')
    .map((one) => item(one, part, hints))
    .join('\n')}${blockedItems(having('blocked'))}</ul>
${fine.length > 0 ? folded(`${fine.length} cases pass: ${ofPoints(fine)} points`, `<ul class="cases">${fine.map((one) => item(one, part, 0)).join('')}</ul>`) : ''}
${hidden.length > 0 ? `<p class="soft">${hidden.length} more ${hidden.length === 1 ? 'case is' : 'cases are'} not shown: ${ofPoints(hidden)} points.</p>` : ''}
</section>`
}

function ofPoints(cases: readonly CaseOutcome[]): string {
  const sum = (key: 'points' | 'possible') => sumOf(cases.map((one) => one[key]))
  return `${sum('points')} of ${sum('possible')}`
}

function folded(title: string, body: string, open = false): string {
  return `<details class="sheet"${open ? ' open' : ''}><summary>${escapeHtml(title)}</summary>${body}</details>`
}

/** One line for all that the same failure blocks. */
function blockedItems(cases: readonly CaseOutcome[]): string {
  const byNote = groupBy(cases, ({ note = 'blocked' }) => note)
  return [...byNote]
    .map(([note, group]) => {
      const ids = group.map(({ id }) => id).join(' ')
      return `<li>${mark('blocked', note)}<div class="what">${group.length} ${escapeHtml(note)} <span class="soft">${ids}</span></div><span class="number">${ofPoints(group).replace(' of ', '/')}</span></li>`
    })
    .join('')
}

function item(outcome: CaseOutcome, part: Part, hints: number): string {
  const { id, title, verdict, points, possible } = outcome
  const [first, ...more] = stepsOf(outcome, part, hints)
  const [summary = '', ...lines] = first?.lines ?? []
  const details = [
    summary && `<p class="soft">${escapeHtml(summary)}</p>`,
    lines.length > 0 ? block(lines) : '',
    ...more.map(
      ({ title, lines }) =>
        `<h3>${title}</h3>${title === 'Where to look' ? `<p>${lines.map(escapeHtml).join('<br>')}</p>` : block(lines)}`,
    ),
  ]
  return `<li>${mark(verdict, title)}<div class="what"><b>${id}</b> ${escapeHtml(title)}${details.join('')}</div><span class="number">${possible > 0 ? `${points}/${possible}` : ''}</span></li>`
}

const block = (lines: readonly string[]) => `<pre>${escapeHtml(lines.join('\n').trim())}</pre>`
