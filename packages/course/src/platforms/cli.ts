import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { answer, type Command, type Option, parse, UsageError, writeAll } from '@hs/command-line'
import { possibleOf } from '../course/course.js'
import { loadCourse } from '../course/load.js'
import { PROGRAM, STATUS } from '../status.js'
import { classroomWorkflow } from './classroom.js'
import { gradescopeArchive } from './gradescope.js'

declare const __VERSION__: string

const course = { describe: 'The file that says what is graded', parse: (text: string) => text }
const file = (describe: string, preset: string) =>
  ({ describe, default: preset, alias: 'o', parse: (text: string) => text, placeholder: 'file' }) as Option<string>

const gradescope = {
  name: `${PROGRAM} gradescope`,
  version: __VERSION__,
  summary:
    'Writes the archive that Gradescope takes as an autograder. It carries this program and Node, and needs no network to grade.',
  positionals: { course },
  options: {
    out: file('The archive', 'autograder.zip'),
    node: {
      describe: 'The Node for Linux on x64 that travels along; default: the one that runs this',
      default: process.execPath,
      parse: (text: string) => text,
      placeholder: 'file',
    } as Option<string>,
    packages: {
      describe: 'Packages of Debian or Ubuntu that submissions need besides gcc, with commas between',
      default: [],
      parse(text: string): string[] {
        const names = text.split(',')
        const strange = names.find((name) => !/^[a-z0-9][a-z0-9+.-]+$/.test(name))
        if (strange !== undefined) throw new UsageError(`must be names of packages, got "${strange}"`)
        return names
      },
      placeholder: 'names',
    } as Option<readonly string[]>,
  },
  examples: [[`${PROGRAM} gradescope course.toml -o autograder.zip`, 'upload it in the settings of the assignment']],
  epilogue: 'Exit status: 0 written, 1 a file could not be read or written, 2 wrong usage or a mistake in the course.',
} as const satisfies Command

export async function gradescopeMain(argv: readonly string[]): Promise<number> {
  const parsed = await parse(gradescope, argv)
  if ('text' in parsed) return answer(gradescope.name, parsed)
  const { course: path, out, node, packages } = parsed.values
  const checked = loadCourse(path)
  const program = dirname(fileURLToPath(import.meta.url))
  const bytes = gradescopeArchive({
    course: readFileSync(path),
    node: readFileSync(node),
    program: new Map(['hs-course.mjs', 'yargs.js'].map((name) => [name, readFileSync(join(program, name))])),
    packages,
  })
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, bytes)
  writeAll(
    1,
    `${out}: ${(bytes.length / 2 ** 20).toFixed(0)} MiB, ${possibleOf(checked)} points. Upload it under "Configure Autograder".\n`,
  )
  return STATUS.fine
}

const classroom = {
  name: `${PROGRAM} classroom`,
  version: __VERSION__,
  summary:
    'Writes the workflow for GitHub Classroom. It belongs into the repository of the assignment, with course.toml in its root.',
  positionals: { course },
  options: { out: file('The workflow', '.github/workflows/classroom.yml') },
  examples: [[`${PROGRAM} classroom course.toml`, 'then commit both files']],
  epilogue: 'Exit status: 0 written, 1 the file could not be written, 2 wrong usage or a mistake in the course.',
} as const satisfies Command

export async function classroomMain(argv: readonly string[]): Promise<number> {
  const parsed = await parse(classroom, argv)
  if ('text' in parsed) return answer(classroom.name, parsed)
  const { course: path, out } = parsed.values
  const checked = loadCourse(path)
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, classroomWorkflow(checked, __VERSION__))
  writeAll(1, `${out}: commit it with course.toml in the repository of the assignment; students can read both.\n`)
  return STATUS.fine
}
