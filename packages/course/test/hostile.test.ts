/** Hostile submissions cost themselves points, and others nothing. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Student } from '../src/class/class.js'
import { attacks } from './attacks.js'
import { type Ended, hsCourse, scratch } from './course.js'

/** Of this run alone: others may be grading on this machine. */
const NAME = `hs-hostile-${process.pid}`

const COURSE = `title = "Attacked"
seed = "s3cret of this course"

[limits]
build = "10s"
run = "20s"
disk = "64MiB"
memory = "256MiB"
processes = 200

[[parts]]
id = "server"
kind = "server"
files = ["tcpserver.c"]
build = "gcc -pthread -o ${NAME} tcpserver.c"
command = "./${NAME} {port}"
only = ["S1.1", "S5.1"]
points = { "S1" = 5, "S5" = 5 }
`

const HONEST = '#include "honest.h"\nstatic void attack(void) {}\n'
const header = readFileSync(new URL('hostile/honest.h', import.meta.url), 'utf8')

const place = scratch()
const { folder } = place
const out = join(folder, 'grades')
const submissions = join(folder, 'submissions')
const canary = join(folder, 'grades', 'canary')
let outside: Server
let visitors = 0
let ended: Ended
let students: Map<string, Student>

beforeAll(async () => {
  outside = createServer((socket) => {
    visitors++
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => outside.once('listening', resolve))
  const { port } = outside.address() as { port: number }
  const filled = (source: string) =>
    source
      .replaceAll('@NAME@', NAME)
      .replaceAll('@OUT@', out)
      .replaceAll('@OTHER@', join(submissions, 'a-honest'))
      .replaceAll('@PORT@', String(port))
  const hand = (name: string, source: string) =>
    place.write({ [`submissions/${name}/tcpserver.c`]: source, [`submissions/${name}/honest.h`]: header })
  hand('a-honest', HONEST)
  hand('z-honest', `${HONEST}/* as well */\n`)
  for (const { name, source } of attacks) hand(name, filled(source))
  place.write({ 'course.toml': COURSE, 'grades/canary': 'alive' })
  ended = await hsCourse(['grade', 'course.toml', 'submissions', '--jobs', '3', '--sandbox', 'required'], {
    cwd: folder,
  })
  const { students: all } = JSON.parse(readFileSync(join(out, 'class.json'), 'utf8')) as { students: Student[] }
  students = new Map(all.map((student) => [student.id, student]))
}, 400_000)
afterAll(() => {
  outside.close()
  place[Symbol.dispose]()
})

test('the whole class is graded, despite the attacks', () => {
  expect(ended.stderr).not.toContain('failed: the grader')
  expect(ended.status, ended.stderr).toBe(0)
  expect(students.size).toBe(attacks.length + 2)
})

describe.each(attacks)('a submission that $what', ({ name, earns }) => {
  test(`gets ${earns}, by a verdict of its own`, () => {
    const { status, points, grade } = students.get(name)!
    expect(status).toBe('graded')
    expect(grade!.isolation).toBe('namespaces')
    expect(points, JSON.stringify(grade!.parts)).toBe(earns === 'everything' ? 10 : 0)
  })
})

test.each(['a-honest', 'z-honest'])('%s has all points, among attackers', (name) => {
  expect(students.get(name)!.points, JSON.stringify(students.get(name)!.grade)).toBe(10)
})

test('files of others are as they were', () => {
  expect(readFileSync(canary, 'utf8')).toBe('alive')
  expect(readFileSync(join(submissions, 'a-honest', 'tcpserver.c'), 'utf8')).toBe(HONEST)
  expect(readdirSync(out).sort()).toEqual(['.cache', 'canary', 'class.csv', 'class.json', 'index.html', 'students'])
  expect(existsSync(join(folder, 'owned'))).toBe(false)
})

test('no submission got outside', () => {
  expect(visitors).toBe(0)
})

test('no process is left', () => {
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      } catch {
        return ''
      }
    })
  expect(lines.filter((line) => line.includes(NAME))).toEqual([])
})

test('without a sandbox two of them succeed: these tests can fail', async () => {
  for (const name of ['connects-outside', 'copies-a-neighbour']) {
    const source = readFileSync(join(submissions, name, 'tcpserver.c'), 'utf8')
    place.write({ [`loose/${name}/tcpserver.c`]: source, [`loose/${name}/honest.h`]: header })
  }
  const off = await hsCourse(['grade', 'course.toml', 'loose', '--out', 'off', '--sandbox', 'off'], { cwd: folder })
  expect(off.stderr).toContain('sandbox off: submissions run as you do, with limits only')
  expect(off.stderr.match(/10 of 10 points/g)?.length, off.stderr).toBe(2)
  expect(visitors).toBeGreaterThan(0)
})

test('reports hold no control sequences of theirs', () => {
  for (const name of ['class.json', 'class.csv', 'index.html', 'students/fakes-reports.html']) {
    expect(statSync(join(out, name)).size).toBeGreaterThan(100)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
    expect(readFileSync(join(out, name), 'latin1')).not.toMatch(/\x1b|\x07|owned"/)
  }
})
