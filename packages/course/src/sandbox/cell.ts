import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Verdict } from '@hs/conformance'
import type { Course } from '../course/course.js'
import { gradeSubmission } from '../grade/grade.js'
import type { Grade } from '../grade/outcome.js'
import { endProcessesOf, environmentOf } from './process.js'
import { cellWords, type Isolation, type Room, SCRATCH, uidOf, workFolder } from './sandbox.js'
import { readSubmission, writeSubmission } from './submission.js'

/** The name of the hidden command: this program, as the judge in a cell. */
export const CELL_COMMAND = 'cell'

/** Results come through this descriptor: a pipe that only the judge has, and that no program of a submission inherits. */
const RESULTS_FD = 3

/** What building, starting and ending take beyond the limits of a course. */
const MARGIN_MS = 60_000

export interface Job {
  readonly course: Course
  /** The folder that was handed in. It is only read. */
  readonly source: string
  /** Different from those of all jobs that run at the same time. */
  readonly slot: number
  readonly isolation: Isolation
  readonly onCase?: (part: string, id: string, verdict: Verdict) => void
  readonly signal?: AbortSignal
}

interface Order {
  readonly course: Course
  readonly source: string
  readonly room: Room
}

type Message = { readonly part: string; readonly id: string; readonly verdict: Verdict } | { readonly grade: Grade }

/**
 * Grades a folder in a process of its own, which judges, builds and starts what was handed in.
 *
 * @throws {Error} If that process failed: the fault of the machine or of this program, never of the submission.
 */
export async function gradeInCell({ course, source, slot, isolation, onCase, signal }: Job): Promise<Grade> {
  const folder = mkdtempSync(join(tmpdir(), 'hs-course-'))
  // The user of a submission has to get to its own folder in it.
  chmodSync(folder, 0o711)
  const room: Room = { isolation, folder, uid: uidOf(slot, isolation) }
  const words = cellWords(room, course.limits, [process.execPath, process.argv[1]!, CELL_COMMAND])
  const child = spawn(words[0]!, words.slice(1), {
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    env: environmentOf(course.sandbox.path),
  })
  const kill = () => {
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {
      // The group is gone.
    }
  }
  const parts = course.parts.length
  const timer = setTimeout(kill, parts * (course.limits.runMs + 2 * course.limits.buildMs) + MARGIN_MS)
  signal?.addEventListener('abort', kill)
  const discard = () => {
    kill()
    if (room.uid !== undefined && isolation === 'user') endProcessesOf(room.uid)
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
  process.on('exit', discard)
  try {
    child.stdin!.on('error', () => {})
    // Not among its arguments, which everyone on the machine can read.
    child.stdin!.end(JSON.stringify({ course, source, room } satisfies Order))
    let grade: Grade | undefined
    const reading = readLines(child.stdio[RESULTS_FD] as NodeJS.ReadableStream, (line) => {
      const message = JSON.parse(line) as Message
      if ('grade' in message) grade = message.grade
      else onCase?.(message.part, message.id, message.verdict)
    })
    const [stderr, [status]] = await Promise.all([text(child.stderr!), once(child, 'close'), reading])
    signal?.throwIfAborted()
    if (grade === undefined)
      throw new Error(stderr.trim().split('\n').at(-1) || `the grader ended with status ${status}`)
    return grade
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', kill)
    process.off('exit', discard)
    discard()
  }
}

async function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): Promise<void> {
  let rest = ''
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    for (const line of lines) onLine(line)
  }
}

/** The other side: reads the order, grades, and sends what comes of it. */
export async function cellMain(): Promise<number> {
  const { course, source, room } = JSON.parse(await text(process.stdin)) as Order
  const submission = readSubmission(source, course.limits.diskBytes)
  writeSubmission(submission, workFolder(room), room.uid)
  if (room.isolation === 'namespaces') {
    for (const name of Object.keys(SCRATCH)) writeSubmission({ files: [] }, join(room.folder, name), room.uid)
  }
  if (room.isolation === 'user') watchAs(room.uid!)
  const send = (message: Message) => writeSync(RESULTS_FD, `${JSON.stringify(message)}\n`)
  const grade = await gradeSubmission({
    course,
    room,
    content: submission.hash,
    onCase: (part, { id, verdict }) => send({ part, id, verdict }),
  })
  send({ grade })
  return 0
}

/**
 * Containers take from root the right to look at processes of others. With the effective user of a submission the judge may,
 * and it stays out of reach itself: it is signalled and read only by its real user, who is root.
 */
function watchAs(uid: number): void {
  process.setgroups!([])
  process.setegid!(uid)
  process.seteuid!(uid)
}
