import { createHash } from 'node:crypto'
import type { Student } from '../class/class.js'
import { type Course, type Part, round } from '../course/course.js'
import { stepsOf } from '../grade/hint.js'
import type { CaseOutcome, PartOutcome } from '../grade/outcome.js'
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
  const sum = (cases: readonly CaseOutcome[], key: 'points' | 'possible') =>
    round(cases.reduce((all, one) => all + one[key], 0))
  return `<section>
<h2>${escapeHtml(outcome.title)}: ${sum(outcome.cases, 'points')} of ${sum(outcome.cases, 'possible')}</h2>
${outcome.problem === undefined ? '' : `<p class="problem">${escapeHtml(outcome.problem)}</p>`}
${outcome.compiler?.trim() ? `<details class="sheet"${outcome.problem === undefined ? '' : ' open'}><summary>What the compiler says</summary><pre>${escapeHtml(outcome.compiler.trim())}</pre></details>` : ''}
<ul class="cases sheet">${shown.map((one) => item(one, part, hints)).join('\n')}</ul>
${hidden.length > 0 ? `<p class="soft">${hidden.length} more cases are not shown: ${sum(hidden, 'points')} of ${sum(hidden, 'possible')} points.</p>` : ''}
</section>`
}

function item(outcome: CaseOutcome, part: Part, hints: number): string {
  const { id, title, verdict, points, possible } = outcome
  const steps = verdict === 'passed' ? [] : stepsOf(outcome, part, hints)
  const head = `<b>${id}</b> ${escapeHtml(title)}`
  const [first, ...more] = steps
  const [summary = '', ...lines] = first?.lines ?? []
  const details = `<p class="soft">${escapeHtml(summary)}</p>${lines.length > 0 ? block(lines) : ''}${more
    .map(
      (step) =>
        `<h3>${step.title}</h3>${step.title === 'Where to look' ? `<p>${step.lines.map(escapeHtml).join('<br>')}</p>` : block(step.lines)}`,
    )
    .join('')}`
  return `<li>${mark(verdict, title)}<div class="what">${head}${steps.length > 0 ? details : ''}</div><span class="number">${possible > 0 ? `${points}/${possible}` : ''}</span></li>`
}

const block = (lines: readonly string[]) => `<pre>${escapeHtml(lines.join('\n').trim())}</pre>`
