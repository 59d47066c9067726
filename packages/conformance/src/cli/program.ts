/** What the commands of this program share. */
import type { checkClient, checkMatrix, checkServer, judgeRecording } from '../check.js'
import type { listCases } from '../list.js'

export const PROGRAM = 'hs-conformance'

export const STATUS = { passed: 0, failed: 1, usage: 2, notStarted: 3, stopped: 4 } as const

export const STATUSES =
  'Exit status: 0 every MUST passed, 1 at least one did not, 2 wrong usage, 3 the program could not be started, ' +
  '4 --total-timeout ended the run, 5 output lost.'

/** The checker itself, which the command line is given: it depends on nothing but what is below it. */
export interface Checker {
  readonly checkServer: typeof checkServer
  readonly checkClient: typeof checkClient
  readonly checkMatrix: typeof checkMatrix
  readonly judgeRecording: typeof judgeRecording
  readonly listCases: typeof listCases
}
