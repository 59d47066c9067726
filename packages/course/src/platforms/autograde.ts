import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Option, writeAll } from '@hs/command-line'
import { command, PROGRAM, path, STATUS, sandbox as sandboxOption, word } from '../command.js'
import { possibleOf } from '../course/course.js'
import { loadCourse } from '../course/load.js'
import { pointsOf } from '../grade/outcome.js'
import { gradeInCell } from '../sandbox/cell.js'
import { findSandbox } from '../sandbox/sandbox.js'
import { classroomResults, gradescopeResults } from './results.js'

const table = {
  name: 'autograde',
  summary: 'Grades one submission for a platform. The archive and the workflow that this program writes call it.',
  positionals: { course: word('The file that says what is graded'), submission: word('The folder that was handed in') },
  options: {
    platform: {
      describe: 'In whose format',
      default: 'gradescope',
      choices: ['gradescope', 'classroom'],
    } as Option<string>,
    results: path('The file that is written', 'results.json'),
    sandbox: sandboxOption,
  },
  examples: [[`${PROGRAM} autograde course.toml submission/ --results results.json`, 'as on Gradescope']],
  epilogue:
    'Exit status: 0 graded, whatever came of it, 1 it could not be graded, 2 wrong usage or a mistake in the course, 3 no sandbox although it is required.',
} as const

export const autogradeMain = command(
  table,
  async ({ course: file, submission, platform, results, sandbox: choice }) => {
    const course = loadCourse(file)
    const sandbox = findSandbox(choice, course.limits)
    writeAll(1, `${sandbox.report}\n`)
    const onCase = (part: string, id: string, verdict: string) => writeAll(1, `${part} ${id} ${verdict}\n`)
    const grade = await gradeInCell({ course, source: submission, slot: 0, isolation: sandbox.isolation, onCase })
    mkdirSync(dirname(results), { recursive: true })
    if (platform === 'gradescope')
      writeFileSync(results, `${JSON.stringify(gradescopeResults(course, grade), null, 2)}\n`)
    else {
      // The output of a step: read by the reporter in the step that follows.
      const encoded = Buffer.from(JSON.stringify(classroomResults(course, grade))).toString('base64')
      appendFileSync(results, `result=${encoded}\n`)
    }
    writeAll(1, `${pointsOf(grade)} of ${possibleOf(course)} points\n`)
    return STATUS.fine
  },
)
