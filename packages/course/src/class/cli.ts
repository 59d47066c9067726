import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parsers, tell, UsageError, writeAll } from '@hs/command-line'
import { clean } from '../clean.js'
import { command, flag, maybe, name, PROGRAM, path, STATUS, sandbox as sandboxOption, word } from '../command.js'
import { loadCourse } from '../course/load.js'
import { writeFile } from '../files.js'
import { classPage } from '../report/class-page.js'
import { pageName, studentPage } from '../report/student-page.js'
import { findSandbox } from '../sandbox/sandbox.js'
import { gradeClass, type Student } from './class.js'
import { listClass } from './roster.js'
import { classCsv, classJson, summaryOf } from './table.js'

const table = {
  positionals: {
    course: word('The file that says what is graded'),
    submissions: word('The folder with one folder per student'),
  },
  options: {
    jobs: maybe('Submissions graded at the same time; default: one per processor', 'n', parsers.integer(1, 64), 'j'),
    roster: maybe('CSV with the columns id (the name of the folder), name and email', 'file', name),
    out: path('The folder that is written to; it also keeps what was graded already', 'grades'),
    share: maybe('Grade only the i-th of n shares of the class, as in 1/8: for several machines', 'i/n', parseShare),
    sandbox: sandboxOption,
    quiet: flag('Show no progress', 'q'),
  },
} as const

function parseShare(text: string): { at: number; of: number } {
  const [, at, of] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? []
  if (at === undefined || of === undefined || at < 1 || at > of) {
    throw new UsageError(`must be a share such as 1/8, got "${text}"`)
  }
  return { at, of }
}

export const gradeMain = command(
  'grade',
  table,
  async ({ course: file, submissions, out, quiet, roster, sandbox: choice, share, jobs }) => {
    const course = loadCourse(file)
    const say = (line: string) => tell(`${clean(line).replaceAll('\n', '·')}\n`)
    const everyone = listClass(submissions, roster, say)
    if (everyone.length === 0) say(`${submissions}: has no folder of a student`)
    const entries = share ? everyone.filter((_, at) => at % share.of === share.at - 1) : everyone
    const sandbox = findSandbox(choice, course.limits)
    say(sandbox.report)
    const stopping = new AbortController()
    process.on('SIGINT', () => (stopping.signal.aborted ? process.exit(STATUS.interrupted) : stopping.abort()))
    const began = performance.now()
    let fresh = 0
    const students = await gradeClass({
      course,
      entries,
      cache: join(out, '.cache'),
      jobs: jobs ?? availableParallelism(),
      isolation: sandbox.isolation,
      signal: stopping.signal,
      onStudent(student, { cached, done }) {
        if (!cached && student.grade) fresh++
        const rest = entries.length - done
        const left = fresh > 0 && rest > 0 ? `, about ${spanOf(((performance.now() - began) / fresh) * rest)} left` : ''
        if (!quiet || student.status === 'failed' || student.status === 'unreadable') {
          say(`[${done}/${entries.length}] ${lineOf(student)}${cached ? ' (graded before)' : ''}${left}`)
        }
      },
    })
    if (stopping.signal.aborted) {
      say(`${PROGRAM}: interrupted after ${students.length} of ${entries.length}; the same command continues`)
      return STATUS.interrupted
    }
    writeFile(join(out, 'class.csv'), classCsv(course, students))
    writeFile(join(out, 'class.json'), classJson(course, students))
    writeFile(join(out, 'index.html'), classPage(course, students))
    for (const student of students) writeFile(join(out, 'students', pageName(student)), studentPage(course, student))
    writeAll(
      1,
      `${students.length} students, ${fresh} graded now, in ${spanOf(performance.now() - began)}: ${join(out, 'index.html')}\n`,
    )
    return students.some(({ status }) => status === 'failed' || status === 'unreadable') ? STATUS.failed : STATUS.fine
  },
)

function lineOf(student: Student): string {
  const { id, status, problem, grade } = student
  switch (status) {
    case 'missing':
      return `${id}: nothing was handed in`
    case 'unreadable':
      return `${id}: cannot be read: ${problem}`
    case 'failed':
      return `${id}: not graded, the grader failed: ${problem}`
    case 'graded': {
      const trouble = grade?.parts.find((part) => part.problem !== undefined)
      return `${id}: ${summaryOf(student)}${trouble ? ` (${trouble.id}: ${trouble.problem})` : ''}`
    }
  }
}

function spanOf(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 100 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(seconds / 60)} min`
}
