import { type Option, parsers } from '@hs/command-line'
import type { Verdict } from '@hs/conformance'
import type { Course } from '../course/course.js'
import { gradeSubmission } from '../grade/grade.js'
import type { Grade } from '../grade/outcome.js'
import { contentHash, submittedFiles } from '../sandbox/copy.js'

export const courseOption = {
  describe: 'The file that says what is checked',
  default: 'course.toml',
  parse: (text: string) => text,
  placeholder: 'file',
} as Option<string>

export const hintOption = {
  describe: 'How much to say: 1 what happened, 2 also where to look, 3 also what the line looks like',
  default: 1,
  parse: parsers.integer(1, 3),
  placeholder: 'n',
} as Option<number>

interface Here {
  readonly course: Course
  readonly onCase?: (part: string, outcome: { readonly id: string; readonly verdict: Verdict }) => void
  readonly only?: ReadonlySet<string>
}

/** Grades what is in this folder, in place and without a sandbox: it belongs to whoever asks. */
export async function gradeHere({ course, ...options }: Here): Promise<Grade> {
  const folder = process.cwd()
  return gradeSubmission({
    course,
    folder,
    room: { isolation: 'none', folder, uid: undefined },
    content: contentHash(folder, submittedFiles(folder, course.limits.diskBytes)),
    ...options,
  })
}
