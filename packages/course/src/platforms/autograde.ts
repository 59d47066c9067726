import { appendFileSync } from 'node:fs'
import { type Option, writeAll } from '@hs/command-line'
import { command, path, STATUS, sandbox as sandboxOption, word } from '../command.js'
import { possibleOf } from '../course/course.js'
import { loadCourse } from '../course/load.js'
import { writeFile } from '../files.js'
import { pointsOf } from '../grade/outcome.js'
import { gradeInCell } from '../sandbox/cell.js'
import { findSandbox } from '../sandbox/sandbox.js'
import { classroomResults, gradescopeResults } from './results.js'

const table = {
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
} as const

export const autogradeMain = command(
  'autograde',
  table,
  async ({ course: file, submission, platform, results, sandbox: choice }) => {
    const course = loadCourse(file)
    const sandbox = findSandbox(choice, course.limits)
    writeAll(1, `${sandbox.report}\n`)
    const onCase = (part: string, id: string, verdict: string) => writeAll(1, `${part} ${id} ${verdict}\n`)
    const grade = await gradeInCell({ course, source: submission, slot: 0, isolation: sandbox.isolation, onCase })
    if (platform === 'gradescope') writeFile(results, `${JSON.stringify(gradescopeResults(course, grade), null, 2)}\n`)
    else {
      // The output of a step: read by the reporter in the step that follows.
      const encoded = Buffer.from(JSON.stringify(classroomResults(course, grade))).toString('base64')
      appendFileSync(results, `result=${encoded}\n`)
    }
    writeAll(1, `${pointsOf(grade)} of ${possibleOf(course)} points\n`)
    return STATUS.fine
  },
)
