import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { possibleOf } from '../src/course/course.js'
import { parseCourse } from '../src/course/load.js'
import { assignPoints } from '../src/course/points.js'

const WHOLE = readFileSync(new URL('../../../examples/course/course.toml', import.meta.url), 'utf8')

test('the course of the homework is right, and is worth 100 points', () => {
  const course = parseCourse(WHOLE, 'course.toml')
  expect(course.parts.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
    'server server',
    'client client',
    'proxy pair',
    'threads server',
    'events server',
  ])
  expect(possibleOf(course)).toBe(100)
  const cases = course.parts.flatMap(({ cases }) => cases)
  for (const id of ['build', 'warnings', 'S3.2', 'C3.1', 'P1', 'S6.2', 'S6.3']) {
    expect(
      cases.filter((one) => one.id === id && one.points > 0),
      id,
    ).not.toEqual([])
  }
  expect(cases.filter(({ visibility }) => visibility === 'hidden').map(({ id }) => id)).toEqual(['S1.13', 'S1.15'])
})

const PART = `title = "A"

[[parts]]
id = "server"
kind = "server"
command = "./tcpserver {port}"
`

test('a course says what it does not have to say', () => {
  const { hints, limits, parts } = parseCourse(PART, 'course.toml')
  expect(hints).toBe(2)
  expect(limits).toEqual({ buildMs: 30_000, runMs: 180_000, memoryBytes: 2 ** 30, processes: 512, diskBytes: 2 ** 28 })
  expect(parts[0]).toMatchObject({
    title: 'server',
    errors: 'either',
    timeoutMs: 2000,
    command: ['./tcpserver', '{port}'],
  })
})

describe('a mistake is reported with its line and its key', () => {
  test.each<[what: string, text: string, line: string]>([
    ['no TOML', `${PART}points = [1,`, 'course.toml:7: points: '],
    ['a key twice', `${PART}id = "again"`, 'course.toml:7: id: '],
    [
      'a key that does not exist',
      `${PART}pionts = 3`,
      'course.toml:7: parts[0].pionts is not a key that exists here; did you mean "points"?',
    ],
    ['a wrong type', `${PART}files = "tcpserver.c"`, 'course.toml:7: parts[0].files must be a list in brackets'],
    [
      'a wrong word',
      `${PART}expect = "thread"`,
      'course.toml:7: parts[0].expect must be one of sequential, threads, events, processes, concurrent',
    ],
    [
      'a wrong duration',
      `${PART}timeout = "2"`,
      'course.toml:7: parts[0].timeout must be a duration such as 500ms, 30s or 3m',
    ],
    [
      'a wrong size',
      `${PART}[limits]\nmemory = "lots"`,
      'course.toml:8: limits.memory must be a size such as 512KiB, 256MiB or 1GiB',
    ],
    [
      'a path that is not absolute',
      `${PART}[sandbox]\nreadable = ["opt"]`,
      'course.toml:8: sandbox.readable[0] must be an absolute path',
    ],
    ['a limit that is too small', `${PART}[limits]\nprocesses = 1`, 'course.toml:8: limits.processes must be >= 16'],
    [
      'a missing key',
      PART.replace('command = "./tcpserver {port}"\n', ''),
      'course.toml:3: parts[0] is a server and misses the key "command"',
    ],
    ['a missing title', PART.replace('title = "A"\n', ''), 'course.toml:1: the file misses the key "title"'],
    ['no part', 'title = "A"\nparts = []', 'course.toml:2: parts must not be empty'],
    ['a command without a port', PART.replace(' {port}', ''), 'course.toml:6: parts[0].command must contain {port}'],
    [
      'two parts of the same name',
      PART + PART.slice(PART.indexOf('[[')),
      'course.toml:8: parts[1].id is "server", as an earlier part\'s is',
    ],
    [
      'a case that does not exist',
      `${PART}only = ["S1", "S99"]`,
      'course.toml:7: parts[0].only[1] names no case of a server: "S99"',
    ],
    [
      'a case of the other side',
      `${PART}hidden = ["C1"]`,
      'course.toml:7: parts[0].hidden[0] names no case of a server: "C1"',
    ],
    [
      'points for nothing',
      `${PART}[parts.points]\nS1 = 3\nwarnings = 2`,
      'course.toml:9: parts[0].points.warnings names no case of this part',
    ],
    [
      'points in an inline table',
      `${PART}points = { S1 = 3, "S99.1" = 2 }`,
      'course.toml:7: parts[0].points."S99.1" names no case of this part',
    ],
    ['points below zero', `${PART}points = -1`, 'course.toml:7: parts[0].points must be >= 0'],
    ['points of a wrong type', `${PART}points = "3"`, 'course.toml:7: parts[0].points must be a number or a table'],
    [
      'points that a longer key takes away',
      `${PART}only = ["S1.1"]\npoints = { S1 = 3, "S1.1" = 4 }`,
      'course.toml:8: parts[0].points are 7, of which only 4 belong to a case',
    ],
    ['no case', `${PART}only = ["S1"]\nskip = ["S"]`, 'course.toml:3: parts[0] has no case'],
    [
      'a key of another kind',
      `${PART}client = "./c {port}"`,
      'course.toml:7: parts[0].client is not a key of a server',
    ],
    ['no time', `${PART}timeout = "0s"`, 'course.toml:7: parts[0].timeout must be a duration'],
    ['more time than a timer takes', `${PART}[limits]\nrun = "9999h"`, 'course.toml:8: limits.run must be at most 24h'],
    ['no memory', `${PART}[limits]\nmemory = "1KiB"`, 'course.toml:8: limits.memory must be from 1MiB to 1024GiB'],
    [
      'a file elsewhere',
      `${PART}files = ["../../etc/passwd"]`,
      'course.toml:7: parts[0].files[0] must be a path within the submission',
    ],
    ['a key of every object', `${PART}[__proto__]\nx = 1`, 'course.toml:8: __proto__ cannot be a key'],
    ['a table twice', `${PART}[limits]\n[limits]`, 'course.toml:8: limits: '],
    ['a key without a value', `${PART}build =\n\n`, 'course.toml:7: build: '],
    [
      'a nature of a client',
      PART.replaceAll('server', 'client').concat('expect = "events"'),
      'course.toml:7: parts[0].expect applies only to a server',
    ],
  ])('%s', (_what, text, line) => {
    let message = ''
    try {
      parseCourse(text, 'course.toml')
    } catch (error) {
      expect((error as Error).name).toBe('CourseError')
      message = (error as Error).message
    }
    expect(message).toContain(line)
    for (const one of message.split('\n')) expect(one).toMatch(/^course\.toml:\d+: /)
  })

  test('more than a person reads at once are counted', () => {
    const keys = Array.from({ length: 12 }, (_, at) => `key-${at} = 1\n`).join('')
    expect(() => parseCourse(PART + keys, 'c.toml')).toThrow(/^(c\.toml:\d+: .*\n){8}c\.toml: and 4 more$/)
  })

  test('all of them at once', () => {
    const text = `${PART}timeout = 2\nexpect = "x"\nfoo = 1`
    expect(() => parseCourse(text, 'c.toml')).toThrow(/^c\.toml:\d+: .*\nc\.toml:\d+: .*\nc\.toml:\d+: .*$/)
  })
})

test('whatever the text is, it is a course or a CourseError', () => {
  const lines = fc.constantFrom(
    ...WHOLE.split('\n').filter(Boolean),
    'x = 1',
    '[parts]',
    '[[parts.points]]',
    'seed = []',
  )
  fc.assert(
    fc.property(fc.array(lines, { maxLength: 30 }), (all) => {
      try {
        parseCourse(all.join('\n'), 'c.toml')
      } catch (error) {
        expect((error as Error).name).toBe('CourseError')
      }
    }),
    { numRuns: 40 },
  )
})

test('points that are spread add up, whatever the weights are', () => {
  const cases = fc.array(
    fc.record({ level: fc.constantFrom('MUST' as const, 'SHOULD' as const), weight: fc.integer({ min: 1, max: 5 }) }),
    { minLength: 1, maxLength: 60 },
  )
  fc.assert(
    fc.property(cases, fc.integer({ min: 0, max: 100_00 }), (weighted, hundredths) => {
      const points = assignPoints(
        weighted.map((one, at) => ({ ...one, id: `S1.${at}` })),
        hundredths / 100,
      )
      const sum = [...points.values()].reduce((all, one) => all + Math.round(one * 100), 0)
      expect(sum).toBe(hundredths)
    }),
  )
})

test('the longest key decides to whom its points belong', () => {
  const one = (id: string) => ({ id, level: 'MUST' as const, weight: 1 })
  const points = assignPoints([one('S1.1'), one('S1.10'), one('S1.2'), one('S10.1'), one('S2.1')], {
    S: 4,
    S1: 3,
    'S1.1': 2,
  })
  expect(Object.fromEntries(points)).toEqual({ 'S1.1': 2, 'S1.10': 1.5, 'S1.2': 1.5, 'S10.1': 2, 'S2.1': 2 })
})
