import { type Cause, failingCases } from '../class/causes.js'
import type { Student } from '../class/class.js'
import { type Course, possibleOf } from '../course/course.js'
import { escapeHtml, mark, page } from './html.js'
import { pageName } from './student-page.js'

/** The class on one page, for its teacher: how it did, what fails most and why, and each student's cases. */
export function classPage(course: Course, students: readonly Student[]): string {
  const graded = students.filter(({ status }) => status === 'graded')
  const rest = students.filter(({ status }) => status !== 'graded')
  const possible = possibleOf(course)
  const sorted = graded.map(({ points }) => points).sort((a, b) => a - b)
  const median = sorted.length === 0 ? 0 : (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
  return page(
    course.title,
    `<header><h1>${escapeHtml(course.title)}</h1>
<p class="lead"><b>${graded.length}</b> of ${students.length} students graded; median <b>${median}</b> of ${possible} points</p></header>
<main>
${graded.length > 2 && possible > 0 ? distribution(sorted, possible) : ''}
${rest.length > 0 ? `<h2>Not graded</h2><ul>${rest.map((one) => `<li>${escapeHtml(one.name)}: ${whyNot(one)}</li>`).join('')}</ul>` : ''}
${failures(students)}
<h2>Student by student</h2>
${matrix(course, graded)}
</main>
<footer><p class="soft">Each name leads to a page that can be sent to the student; cases that are hidden from students are not on it. The same as a table: class.csv.</p></footer>`,
  )
}

const whyNot = ({ status, problem }: Student) =>
  status === 'missing' ? 'nothing was handed in' : escapeHtml(problem ?? 'unknown')

function distribution(points: readonly number[], possible: number): string {
  const counts = Array.from({ length: 10 }, () => 0)
  for (const one of points) counts[Math.min(9, Math.floor((10 * one) / possible))]!++
  const most = Math.max(...counts)
  const bars = counts.map(
    (count, at) =>
      `<div title="${at * 10} to ${at * 10 + 10} %: ${count}">${count || ''}<span style="height:${(80 * count) / most}%"></span></div>`,
  )
  return `<div class="bars" role="img" aria-label="Students by share of points">${bars.join('')}</div><div class="axis soft"><span>0</span><span>points</span><span>${possible}</span></div>`
}

/** How many cases and causes a teacher reads. */
const MOST_CASES = 12
const MOST_CAUSES = 6

function failures(students: readonly Student[]): string {
  const failing = failingCases(students)
  if (failing.length === 0) return ''
  const items = failing
    .slice(0, MOST_CASES)
    .map(
      ({ part, id, title, students: count, causes }, at) =>
        `<details class="sheet"${at < 3 ? ' open' : ''}><summary><span class="count">${count}</span><b>${id}</b> ${escapeHtml(title)} <span class="soft">${escapeHtml(part)}</span></summary>${causes.slice(0, MOST_CAUSES).map(causeItem).join('')}${causes.length > MOST_CAUSES ? `<p class="soft">and ${causes.length - MOST_CAUSES} other causes</p>` : ''}</details>`,
    )
  return `<h2>What fails most</h2>${items.join('\n')}`
}

function causeItem({ text, students }: Cause): string {
  const links = students
    .slice(0, 40)
    .map((student) => link(student))
    .join(', ')
  return `<p class="cause"><b>${students.length} ×</b> ${escapeHtml(text)}<br><span class="soft">${links}${students.length > 40 ? ', …' : ''}</span></p>`
}

const link = (student: Student) =>
  `<a href="students/${encodeURIComponent(pageName(student))}">${escapeHtml(student.name)}</a>`

function matrix({ parts }: Course, students: readonly Student[]): string {
  const edge = (at: number) => (at === 0 ? ' class="group"' : '')
  const head = parts.map(
    ({ title, cases }) => `<th class="group" colspan="${cases.length}" scope="colgroup">${escapeHtml(title)}</th>`,
  )
  const ids = parts.flatMap(({ cases }) =>
    cases.map(({ id, title }, at) => `<th scope="col"${edge(at)} title="${escapeHtml(title)}">${id}</th>`),
  )
  const rows = students.map((student) => {
    const cells = student.grade!.parts.flatMap(({ cases }) =>
      cases.map(({ id, title, verdict }, at) => `<td${edge(at)}>${mark(verdict, `${id} ${title}`)}</td>`),
    )
    return `<tr><th scope="row">${link(student)}</th><td class="number">${student.points}</td>${cells.join('')}</tr>`
  })
  return `<div class="scroll sheet"><table class="class">
<thead><tr><th></th><th></th>${head.join('')}</tr><tr><th scope="col">student</th><th scope="col">points</th>${ids.join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`
}
