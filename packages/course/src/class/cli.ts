import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { answer, type Command, type Option, parse, parsers, tell, UsageError, writeAll } from '@hs/command-line'
import { loadCourse } from '../course/load.js'
import { classPage } from '../report/class-page.js'
import { pageName, studentPage } from '../report/student-page.js'
import { findSandbox, type SandboxChoice } from '../sandbox/sandbox.js'
import { PROGRAM, STATUS } from '../status.js'
import { gradeClass, type Student } from './class.js'
import { listClass } from './roster.js'
import { classCsv, classJson, summaryOf } from './table.js'

declare const __VERSION__: string

export const sandboxOption = {
  describe: 'How far submissions are kept from everything else; required ends at once where there are no namespaces',
  default: 'auto',
  choices: ['required', 'auto', 'off'],
} as Option<SandboxChoice>

const command = {
  name: `${PROGRAM} grade`,
  version: __VERSION__,
  summary: 'Grades a class: builds each folder of the submissions in a copy, checks it, and writes tables and pages.',
  positionals: {
    course: { describe: 'The file that says what is graded', parse: (text: string) => text },
    submissions: { describe: 'The folder with one folder per student', parse: (text: string) => text },
  },
  options: {
    jobs: {
      describe: 'How many submissions are graded at the same time; default: one per processor',
      default: undefined,
      alias: 'j',
      parse: parsers.integer(1, 64),
      placeholder: 'n',
    } as Option<number | undefined>,
    roster: {
      describe: 'CSV with the columns id (the name of the folder), name and email',
      default: undefined,
      parse: (text: string) => text,
      placeholder: 'file',
    } as Option<string | undefined>,
    out: {
      describe: 'The folder that is written to; it also keeps what was graded already',
      default: 'grades',
      parse: (text: string) => text,
      placeholder: 'folder',
    } as Option<string>,
    share: {
      describe: 'Grade only the i-th of n shares of the class, as in 1/8: for several machines',
      default: undefined,
      parse: parseShare,
      placeholder: 'i/n',
    } as Option<Share | undefined>,
    sandbox: sandboxOption,
    quiet: { describe: 'Show no progress', default: false, alias: 'q' } as Option<boolean>,
  },
  examples: [
    [`${PROGRAM} grade course.toml submissions/`, 'everyone'],
    [`${PROGRAM} grade course.toml submissions/ --roster class.csv --jobs 8`, 'with names, on a larger machine'],
  ],
  epilogue:
    'Exit status: 0 graded, 1 something could not be read or graded, 2 wrong usage or a mistake in the course, 3 no sandbox although it is required, 130 interrupted; the same command continues.',
} as const satisfies Command

interface Share {
  readonly at: number
  readonly of: number
}

function parseShare(text: string): Share {
  const [, at, of] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? []
  if (at === undefined || of === undefined || at < 1 || at > of) {
    throw new UsageError(`must be a share such as 1/8, got "${text}"`)
  }
  return { at, of }
}

export async function gradeMain(argv: readonly string[]): Promise<number> {
  const parsed = await parse(command, argv)
  if ('text' in parsed) return answer(command.name, parsed)
  const {
    course: file,
    submissions,
    out,
    quiet,
    roster,
    sandbox: choice,
    share,
    jobs = availableParallelism(),
  } = parsed.values
  const course = loadCourse(file)
  const say = (line: string) => tell(`${line}\n`)
  const everyone = listClass(submissions, roster, say)
  const entries = share ? everyone.filter((_, at) => at % share.of === share.at - 1) : everyone
  const sandbox = findSandbox(choice, course.limits)
  say(sandbox.report)
  const stopping = new AbortController()
  process.once('SIGINT', () => stopping.abort())
  const began = performance.now()
  let fresh = 0
  const students = await gradeClass({
    course,
    entries,
    cache: join(out, '.cache'),
    jobs,
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
  write(out, [
    ['class.csv', classCsv(course, students)],
    ['class.json', classJson(course, students)],
    ['index.html', classPage(course, students)],
    ...students.map((student) => [join('students', pageName(student)), studentPage(course, student)] as const),
  ])
  writeAll(
    1,
    `${students.length} students, ${fresh} graded now, in ${spanOf(performance.now() - began)}: ${join(out, 'index.html')}\n`,
  )
  return students.some(({ status }) => status === 'failed' || status === 'unreadable') ? STATUS.failed : STATUS.fine
}

function write(out: string, files: readonly (readonly [name: string, text: string])[]): void {
  mkdirSync(join(out, 'students'), { recursive: true })
  for (const [name, text] of files) writeFileSync(join(out, name), text)
}

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
