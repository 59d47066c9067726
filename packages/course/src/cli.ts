import { isOutputLost, sayOutputLost, tell, UsageError, writeAll } from '@hs/command-line'
import { gradeMain } from './class/cli.js'
import { PROGRAM, STATUS, VERSION } from './command.js'
import { CourseError } from './course/toml.js'
import help from './help.txt'
import { autogradeMain } from './platforms/autograde.js'
import { classroomMain, gradescopeMain } from './platforms/cli.js'
import { CELL_COMMAND, cellMain } from './sandbox/cell.js'
import { SandboxError } from './sandbox/sandbox.js'
import { checkMain, nextMain } from './student/check.js'
import { initMain } from './student/init.js'
import { watchMain } from './student/watch.js'

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
export async function main([name, ...rest]: readonly string[]): Promise<number> {
  try {
    if (name === '--version') return say(`${VERSION}\n`)
    if (name === '--help' || name === '-h') return say(help)
    const run = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
    if (!run) throw new UsageError(name === undefined ? 'a command is missing' : `"${name}" is not a command`)
    // What was started ends with this program. Only a class is interrupted in order.
    if (run !== gradeMain) process.once('SIGINT', () => process.exit(STATUS.interrupted))
    return await run(rest)
  } catch (error) {
    if (isOutputLost(error)) return sayOutputLost(PROGRAM, error)
    tell(`${(error as Error).message.replace(/^/gm, `${PROGRAM}: `)}\n`)
    if (error instanceof UsageError) tell(`Try ${PROGRAM} --help.\n`)
    if (error instanceof UsageError || error instanceof CourseError) return STATUS.usage
    return error instanceof SandboxError ? STATUS.noSandbox : STATUS.failed
  }
}

function say(text: string): number {
  writeAll(1, text)
  return STATUS.fine
}
