import { isClosedPipe, tell, UsageError, writeAll } from '@hs/command-line'
import { gradeMain } from './class/cli.js'
import { CourseError } from './course/toml.js'
import { autogradeMain } from './platforms/autograde.js'
import { classroomMain, gradescopeMain } from './platforms/cli.js'
import { CELL_COMMAND, cellMain } from './sandbox/cell.js'
import { SandboxError } from './sandbox/sandbox.js'
import { PROGRAM, STATUS } from './status.js'
import { checkMain, nextMain } from './student/check.js'
import { initMain } from './student/init.js'
import { watchMain } from './student/watch.js'

/** From package.json, put in by the build. */
declare const __VERSION__: string

const HELP = `${PROGRAM}: the course kit for the HELLO three-way handshake.

For students
  ${PROGRAM} init 3a --language c       write a starter for part 3a, 3b or 3c
  ${PROGRAM} check                      check what is here, and list what passes
  ${PROGRAM} next                       show the one failure to mend first, with a hint
  ${PROGRAM} watch -- make              build and check again after each change

For teachers
  ${PROGRAM} grade course.toml submissions/
                                        grade a class: table, pages, one page per student
  ${PROGRAM} gradescope course.toml     write the archive that Gradescope takes
  ${PROGRAM} classroom course.toml      write the workflow for GitHub Classroom

Try ${PROGRAM} COMMAND --help.
`

const COMMANDS: Readonly<Record<string, (argv: readonly string[]) => Promise<number>>> = {
  init: initMain,
  check: checkMain,
  next: nextMain,
  watch: watchMain,
  grade: gradeMain,
  gradescope: gradescopeMain,
  classroom: classroomMain,
  // Called by what the two before write, and by grade.
  autograde: autogradeMain,
  [CELL_COMMAND]: cellMain,
}

/**
 * The program. Resolves with its exit status.
 *
 * @param argv - The arguments after the program's name.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv
  try {
    if (name === '--version') return say(`${__VERSION__}\n`)
    if (name === '--help' || name === '-h') return say(HELP)
    if (name === undefined) throw new UsageError('a command is missing')
    const run = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
    if (!run) throw new UsageError(`"${name}" is not a command`)
    // What was started ends with this program. Only a class is interrupted in order.
    if (run !== gradeMain) process.once('SIGINT', () => process.exit(STATUS.interrupted))
    return await run(rest)
  } catch (error) {
    if (isClosedPipe(error)) return STATUS.fine
    const { message } = error as Error
    tell(`${message.replace(/^/gm, `${PROGRAM}: `)}\n`)
    if (error instanceof UsageError) {
      tell(`Try ${PROGRAM} --help.\n`)
      return STATUS.usage
    }
    if (error instanceof CourseError) return STATUS.usage
    return error instanceof SandboxError ? STATUS.noSandbox : STATUS.failed
  }
}

function say(text: string): number {
  writeAll(1, text)
  return STATUS.fine
}
