/** A class on one machine: its students, what is written, and what a second run does not do again. */
import { spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Student } from '../src/class/class.js'
import { formatCsv, parseCsv } from '../src/class/csv.js'
import { type Ended, hsCourse, PROGRAM, run, scratch } from './course.js'

const given = (name: string) => readFileSync(new URL(`../starters/c/given/${name}`, import.meta.url), 'utf8')

const COURSE = `title = "A <class>"
seed = "secret"
hints = 3

[[parts]]
id = "server"
title = "The server"
kind = "server"
files = ["tcpserver.c"]
build = "gcc -o tcpserver tcpserver.c"
warnings = "gcc -Wall -Wextra -fsyntax-only tcpserver.c"
command = "./tcpserver {port}"
only = ["S1.1", "S1.4", "S3.2"]
hidden = ["S1.4"]
points = { build = 1, warnings = 1, S1 = 5, S3 = 3 }

[[parts]]
id = "client"
kind = "client"
files = ["tcpclient.c"]
build = "gcc -o tcpclient tcpclient.c"
command = "./tcpclient {host} {port} {sequence}"
only = ["C1.1", "C3.1"]
points = 4

[[parts]]
id = "pair"
kind = "pair"
server = "./tcpserver {port}"
client = "./tcpclient {host} {port} {sequence}"
points = 6
`

const place = scratch()
const { folder } = place
const grade = (...words: string[]) => hsCourse(['grade', 'course.toml', 'submissions', ...words], { cwd: folder })
const read = (name: string) => readFileSync(join(folder, 'grades', name), 'utf8')
const classOf = () =>
  new Map((JSON.parse(read('class.json')) as { students: Student[] }).students.map((one) => [one.id, one]))

let first: Ended

beforeAll(async () => {
  const server = given('tcpserver.c')
  const client = given('tcpclient.c')
  const hand = (name: string, files: Record<string, string>) =>
    place.write(Object.fromEntries(Object.entries(files).map(([file, text]) => [`submissions/${name}/${file}`, text])))
  hand('ada', { 'tcpserver.c': server, 'tcpclient.c': client })
  hand('bob', { 'tcpserver.c': server.replaceAll('"ERROR"', '"Error"'), 'tcpclient.c': client })
  hand('bea', { 'tcpserver.c': `${server.replaceAll('"ERROR"', '"Error"')}/* another */`, 'tcpclient.c': client })
  hand('carl', { 'tcpserver.c': 'int main(', 'tcpclient.c': client })
  hand('dora', { 'tcpclient.c': client })
  hand('finn', {
    'tcpserver.c': server.replace('char text[1024]', 'int unused; char text[1024]'),
    'tcpclient.c': client.replaceAll('x + 1', 'x + 2'),
  })
  hand('<img src=x>', { 'tcpserver.c': 'int x = 1 + "<script>";', 'tcpclient.c': '' })
  symlinkSync('ada', join(folder, `submissions/linked-${'x'.repeat(90)}`))
  mkdirSync(join(folder, 'submissions/\x1b[31mred'))
  symlinkSync('../ada/tcpserver.c', join(folder, 'submissions/dora/tcpserver.c'))
  place.write({
    'course.toml': COURSE,
    'submissions/notes.txt': 'no folder',
    'class.csv':
      '\ufeffName,ID,Email\r\n"Lovelace, ""Ada""",ada,ada@example.org\r\n=HYPERLINK(1),bob,\r\nZoe,zoe,\r\nTwin,bob,\r\nNobody,,\r\n',
  })
  first = await grade('--roster', 'class.csv', '--jobs', '2')
})
afterAll(() => place[Symbol.dispose]())

test('everyone else is graded, and the exit status says that one folder could not be read', () => {
  expect(first.status).toBe(1)
  expect(first.stdout).toMatch(/^10 students, 8 graded now, in .*: grades\/index\.html\n$/)
  const points = Object.fromEntries(
    [...classOf().values()].map(({ id, status, points }) => [id, `${status} ${points}`]),
  )
  expect(points).toEqual({
    ada: 'graded 20',
    bob: 'graded 15.29',
    bea: 'graded 15.29',
    carl: 'graded 4',
    dora: 'graded 4',
    finn: expect.stringMatching(/^graded /),
    '<img src=x>': 'graded 0',
    '\x1b[31mred': 'graded 0',
    [`linked-${'x'.repeat(90)}`]: 'unreadable 0',
    zoe: 'missing 0',
  })
})

test('what does not match is reported in one line each', () => {
  const lines = first.stderr.split('\n')
  for (const line of [
    'submissions/notes.txt: is not a folder and is left out; unpack it first if it is an archive',
    'submissions/bea: its id "bea" is not on the roster; it is graded anyway',
    'class.csv: Zoe has no folder "zoe" in submissions',
    'class.csv:5: "bob" is there twice; it is left out',
    'class.csv:6: has no id; it is left out',
  ]) {
    expect(lines).toContain(line)
  }
  expect(first.stderr).toMatch(/\] linked-x+: cannot be read: it is a link, which is not followed/)
  expect(first.stderr).toMatch(/\] dora: .*\(server: tcpserver\.c is missing\)/)
  expect(first.stderr).toMatch(/\] carl: .*\(server: `gcc -o tcpserver tcpserver\.c` failed: .*error/)
  expect(first.stderr).toMatch(/\] ada: 11 of 11 cases, 20 of 20 points/)
  expect(first.stderr).toMatch(/about \d.* left/)
})

test('a name holds no control sequence that reaches a terminal', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  expect(first.stderr).not.toMatch(/\x1b/)
  expect(first.stderr).toContain('] red: 0 of 11 cases')
})

test('each submission is sent numbers of its own', () => {
  const seeds = [...classOf().values()].flatMap(({ grade }) => grade?.parts.map(({ seed }) => seed) ?? [])
  expect(seeds.length).toBe(24)
  expect(new Set(seeds).size).toBe(24)
})

test('warnings cost their own points, and only those', () => {
  const { parts } = classOf().get('finn')!.grade!
  expect(parts[0]!.cases.filter(({ verdict }) => verdict === 'failed').map(({ id }) => id)).toEqual(['warnings'])
  expect(parts[0]!.compiler).toContain('unused')
  // The name of a file keeps its letters, also where a sentence begins.
  expect(parts[0]!.cases.find(({ id }) => id === 'warnings')!.lesson!.summary).toMatch(/^tcpserver\.c:/)
})

test('the proxy test fails by a lie that goes unnoticed, and by programs that do not fit', () => {
  const verdicts = (id: string) =>
    Object.fromEntries(
      classOf()
        .get(id)!
        .grade!.parts[2]!.cases.map((one) => [one.id, one.verdict]),
    )
  expect(verdicts('ada')).toEqual({ P1: 'passed', P2: 'passed', P3: 'passed' })
  expect(verdicts('bob')).toEqual({ P1: 'passed', P2: 'passed', P3: 'failed' })
  expect(verdicts('finn')).toMatchObject({ P1: 'failed' })
  expect(verdicts('dora')).toEqual({ P1: 'blocked', P2: 'blocked', P3: 'blocked' })
})

test('the table has a row per student and a column per case, and no cell is a formula', () => {
  const [head, ...rows] = cellsOf(read('class.csv'))
  expect(head).toEqual([
    ...['id', 'name', 'email', 'status', 'points', 'possible'],
    ...['server:build', 'server:warnings', 'server:S1.1', 'server:S1.4', 'server:S3.2'],
    ...['client:build', 'client:C1.1', 'client:C3.1', 'pair:P1', 'pair:P2', 'pair:P3'],
  ])
  expect(rows.length).toBe(10)
  expect(rows.find(([id]) => id === 'ada')!.slice(0, 6)).toEqual([
    'ada',
    'Lovelace, "Ada"',
    'ada@example.org',
    'graded',
    '20',
    '20',
  ])
  for (const cell of rows.flat()) expect(cell).not.toMatch(/^[=+@]/)
})

test('the page of the class groups the same cause, and leads to the page of each student', () => {
  const page = read('index.html')
  expect(page).toContain('A &lt;class&gt;')
  expect(page).toMatch(/<b>2 ×<\/b> .*?bea.*?Error|<b>2 ×<\/b>.*?students\/be/s)
  expect(page).toContain('href="students/ada.html"')
  expect(page).not.toMatch(/<img|<script/)
  const links = [...page.matchAll(/href="(students\/[^"]+)"/g)].map(([, link]) => decodeURIComponent(link!))
  expect(new Set(links).size).toBe(8)
  for (const link of links) expect(read(link)).toContain('points')
})

test('a page for a student shows the hint, and of hidden cases only the sum', () => {
  const page = read('students/bob.html')
  expect(page).toContain('What the line looks like')
  expect(page).toContain('Where to look')
  expect(page).not.toMatch(/<b>S1\.4<\/b>/)
  expect(page).toMatch(/1 more case is not shown: 1\.87 of 1\.87 points/)
  expect(read('students/carl.html')).toContain('What the compiler says')
})

const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)

test.skipIf(!chromiumPath)('the pages fit a telephone, in light and dark, and load nothing', async () => {
  const browser = await chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox', '--disable-gpu'] })
  try {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ colorScheme, viewport: { width: 390, height: 844 } })
      const requests: string[] = []
      const problems: string[] = []
      page.on('request', (request) => requests.push(request.url()))
      page.on('console', (message) => problems.push(message.text()))
      for (const name of ['index.html', 'students/bob.html', 'students/carl.html']) {
        await page.goto(`file://${join(folder, 'grades', name)}`)
        expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(390)
        expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(
          colorScheme === 'dark' ? 'rgb(20, 23, 27)' : 'rgb(250, 250, 250)',
        )
      }
      expect(requests.filter((url) => !url.startsWith('file:'))).toEqual([])
      expect(problems).toEqual([])
    }
  } finally {
    await browser.close()
  }
})

describe('a second run', () => {
  test('grades only what has changed, and gives the same grades', async () => {
    const before = classOf()
    place.write({ 'submissions/carl/tcpserver.c': `${given('tcpserver.c')}/* late */` })
    const again = await grade('--jobs', '2')
    expect(again.stdout).toMatch(/^9 students, 1 graded now/)
    expect(again.stderr).toContain('ada: 11 of 11 cases, 20 of 20 points (graded before)')
    expect(classOf().get('carl')!.points).toBe(20)
    expect(classOf().get('bob')!.grade).toEqual(before.get('bob')!.grade)
  })
})

describe('a class of which parts are graded by themselves', () => {
  // Of a single case: what counts here is when a student is graded, and not how.
  const small = scratch()
  const gradeSmall = (...words: string[]) =>
    hsCourse(['grade', 'course.toml', 'submissions', ...words], { cwd: small.folder })
  const fresh = ({ stdout }: Ended) => /^(\d+) students, (\d+) graded now/.exec(stdout)!.slice(1).map(Number)

  beforeAll(() => {
    const part = COURSE.slice(COURSE.indexOf('[[parts]]\nid = "client"'), COURSE.indexOf('[[parts]]\nid = "pair"'))
    small.write({
      'course.toml': `title = "A small class"\nseed = "secret"\n\n${part.replace('"C1.1", "C3.1"', '"C1.1"')}`,
    })
    for (const name of ['ada', 'bob', 'carl', 'dora']) {
      small.write({ [`submissions/${name}/tcpclient.c`]: `${given('tcpclient.c')}/* ${name} */` })
    }
  })
  afterAll(() => small[Symbol.dispose]())

  test('grades its share, and a whole class is put together from what the shares have kept', async () => {
    const shares = await Promise.all([gradeSmall('--share', '1/2'), gradeSmall('--share', '2/2', '--out', 'other')])
    expect(shares.map(fresh)).toEqual([
      [2, 2],
      [2, 2],
    ])
    expect(await gradeSmall('--share', '3/2')).toMatchObject({ status: 2 })
    cpSync(join(small.folder, 'other/.cache'), join(small.folder, 'grades/.cache'), { recursive: true })
    expect(fresh(await gradeSmall())).toEqual([4, 0])
  })

  test('continues after an interruption', async () => {
    rmSync(join(small.folder, 'grades'), { recursive: true, force: true })
    const program = spawn(process.execPath, [PROGRAM, 'grade', 'course.toml', 'submissions', '--jobs', '1'], {
      cwd: small.folder,
    })
    let said = ''
    program.stderr.on('data', (chunk) => {
      said += chunk
      // A second signal would end it at once.
      if (!program.killed && /^\[1\/4\] .* points/m.test(said)) program.kill('SIGINT')
    })
    const status = await new Promise((resolve) => program.once('exit', resolve))
    expect(said).toMatch(/interrupted after \d+ of 4; the same command continues/)
    expect(status).toBe(130)
    const rest = await gradeSmall('--jobs', '2')
    expect(rest.stderr).toContain('(graded before)')
    expect(rest.stdout).toMatch(/^4 students/)
  })
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s ends a class at once, with all that it has started', async (signal, status) => {
  using own = scratch()
  own.write({
    'course.toml': COURSE.slice(0, COURSE.indexOf('[[parts]]\nid = "client"')).replace(
      /build = ".*"/,
      'build = "exec sleep 4712"',
    ),
    'submissions/ada/tcpserver.c': '',
    'tmp/file': '',
  })
  rmSync(join(own.folder, 'tmp/file'))
  const words = [PROGRAM, 'grade', 'course.toml', 'submissions', '--sandbox', 'off']
  const env = { ...process.env, TMPDIR: join(own.folder, 'tmp') }
  const program = spawn(process.execPath, words, { cwd: own.folder, env, stdio: 'ignore' })
  const building = () =>
    readdirSync('/proc').filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(own.folder) && pid !== String(program.pid)
      } catch {
        return false
      }
    })
  await vi.waitUntil(() => building().length > 0, 20_000)
  const ended = new Promise((resolve) => program.once('exit', resolve))
  program.kill(signal)
  expect(await ended).toBe(status)
  await vi.waitUntil(() => building().length === 0, 20_000)
  expect(readdirSync(join(own.folder, 'tmp'))).toEqual([])
})

test('what is wrong from the start is reported in one line', async () => {
  place.write({ 'broken.toml': `${COURSE}points = "many"\n`, 'noid.csv': 'name\nAda\n', 'open.csv': 'id\n"ada\n' })
  const broken = await hsCourse(['grade', 'broken.toml', 'submissions'], { cwd: folder })
  expect(broken).toMatchObject({ status: 2, stdout: '' })
  expect(broken.stderr).toMatch(/^hs-course: broken\.toml:\d+: points: .*\n$/)
  expect(await grade('--roster', 'noid.csv')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/noid\.csv:1: has no column "id" \(it has: name\)/),
  })
  expect(await grade('--roster', 'open.csv')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/open\.csv: line 2: a quote is not closed/),
  })
  expect(await grade('--roster', 'nowhere.csv')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('nowhere.csv'),
  })
  const nowhere = await hsCourse(['grade', 'course.toml', 'nowhere'], { cwd: folder })
  expect(nowhere).toMatchObject({ status: 1, stderr: expect.stringContaining('nowhere') })
  expect(await grade('--jobs', '0')).toMatchObject({ status: 2 })
})

test.skipIf(process.getuid?.() !== 0)(
  'a user other than root grades as well, and a folder that cannot be read is reported',
  async () => {
    using own = scratch()
    chmodSync(own.folder, 0o777)
    own.write({
      'course.toml': COURSE.slice(0, COURSE.indexOf('[[parts]]\nid = "client"')),
      'submissions/ada/tcpserver.c': given('tcpserver.c'),
    })
    mkdirSync(join(own.folder, 'submissions/secret'), { mode: 0o700 })
    const words = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, PROGRAM]
    const { status, stderr } = await run([...words, 'grade', 'course.toml', 'submissions'], {
      cwd: own.folder,
      env: { ...process.env, HOME: '/tmp' },
    })
    expect(stderr).toContain('sandbox: own namespaces')
    expect(stderr).toMatch(/\] ada: 5 of 5 cases, 10 of 10 points/)
    expect(stderr).toMatch(/\] secret: cannot be read: EACCES/)
    expect(status).toBe(1)
  },
)

const cellsOf = (text: string) => parseCsv(text).map(({ cells }) => cells)

describe('a CSV file', () => {
  test('names the line of each row, whatever is between them', () => {
    expect(parseCsv('id,name\r\n\r\n\r\nada,"A\nL"\nbob,Bob "the" B\n')).toEqual([
      { line: 1, cells: ['id', 'name'] },
      { line: 4, cells: ['ada', 'A\nL'] },
      { line: 6, cells: ['bob', 'Bob "the" B'] },
    ])
  })

  test.each([
    [
      'id;name\nada;"L, A"',
      [
        ['id', 'name'],
        ['ada', 'L, A'],
      ],
    ],
    [
      '"id"\t"na,me"\nada\tAda',
      [
        ['id', 'na,me'],
        ['ada', 'Ada'],
      ],
    ],
    ['id\nada', [['id'], ['ada']]],
  ])('has the separator of its first line: %j', (text, cells) => {
    expect(cellsOf(text)).toEqual(cells)
  })

  test('is read as it was written, whatever is in its cells', () => {
    const cell = fc
      .string({ unit: 'binary', maxLength: 12 })
      .filter((text) => !/^[=+\-@\t\r]/.test(text) && !text.startsWith('\ufeff'))
    fc.assert(
      fc.property(
        fc.array(
          fc.array(cell, { minLength: 2, maxLength: 4 }).filter((row) => row.some((text) => text !== '')),
          { minLength: 1 },
        ),
        (rows) => {
          expect(cellsOf(formatCsv(rows))).toEqual(rows)
        },
      ),
    )
  })
})
