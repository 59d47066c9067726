import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError, writeAll } from '@hs/command-line'
import { command, maybe, path, STATUS, VERSION, word } from '../command.js'
import { possibleOf } from '../course/course.js'
import { loadCourse } from '../course/load.js'
import { writeFile } from '../files.js'
import workflow from './classroom.yml'
import { gradescopeArchive } from './gradescope.js'

const positionals = { course: word('The file that says what is graded') }
const gradescope = {
  positionals,
  options: {
    out: path('The archive', 'autograder.zip', 'o'),
    node: path('The Node for Linux on x64 that travels along', process.execPath),
    packages: maybe('Packages of Debian or Ubuntu that submissions need, with commas between', 'names', parseNames),
  },
} as const

function parseNames(text: string): string[] {
  const names = text.split(',')
  const strange = names.find((name) => !/^[a-z0-9][a-z0-9+.-]+$/.test(name))
  if (strange !== undefined) throw new UsageError(`must be names of packages, got "${strange}"`)
  return names
}

export const gradescopeMain = command('gradescope', gradescope, ({ course: file, out, node, packages = [] }) => {
  const checked = loadCourse(file)
  const program = dirname(fileURLToPath(import.meta.url))
  const bytes = gradescopeArchive({
    course: readFileSync(file),
    node: readFileSync(node),
    program: new Map(['hs-course.mjs', 'yargs.js'].map((name) => [name, readFileSync(join(program, name))])),
    packages,
  })
  writeFile(out, bytes)
  writeAll(
    1,
    `${out}: ${(bytes.length / 2 ** 20).toFixed(0)} MiB, ${possibleOf(checked)} points. Upload it under "Configure Autograder".\n`,
  )
  return STATUS.fine
})

const classroom = {
  positionals,
  options: { out: path('The workflow', '.github/workflows/classroom.yml', 'o') },
} as const

/** How long a job may take, beyond what the course allows its submissions. */
const SETUP_MINUTES = 5

export const classroomMain = command('classroom', classroom, ({ course: file, out }) => {
  const { limits, parts } = loadCourse(file)
  const minutes = SETUP_MINUTES + Math.ceil((parts.length * (limits.runMs + 2 * limits.buildMs)) / 60_000)
  writeFile(out, workflow.replace('MINUTES', String(minutes)).replace('VERSION', VERSION))
  writeAll(1, `${out}: commit it with course.toml in the repository of the assignment; students can read both.\n`)
  return STATUS.fine
})
