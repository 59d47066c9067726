/** What a student does: a starter, the next failure, a change, and again. */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { Grade } from '../src/grade/outcome.js'
import { hsCourse, PROGRAM, run, scratch } from './course.js'

const has = async (program: string) => (await run(['sh', '-c', `command -v ${program}`])).status === 0

/** Which cases fail until the exercise is done, by part, where the language and the system see the same. */
const EXERCISE = {
  '3a': { failed: ['S1.1', 'C1.1'], passed: ['build', 'S1.3', 'S8.1', 'C6.2'] },
  '3b': { failed: ['S6.1'], blocked: ['S2.8', 'S6.2'] },
  '3c': { failed: ['S6.1'], blocked: ['S2.8', 'S6.2'] },
} as const

const COMPILERS = { c: 'gcc', python: 'python3', java: 'javac', go: 'go', rust: 'rustc', typescript: 'node' } as const

async function starter(folder: string, part: string, language: string): Promise<string> {
  const made = await hsCourse(['init', part, '--language', language, '--folder', 'here'], { cwd: folder })
  expect(made.status, made.stderr).toBe(0)
  const here = join(folder, 'here')
  // Whose packages a starter in TypeScript would install.
  symlinkSync(new URL('../../../node_modules', import.meta.url).pathname, join(here, 'node_modules'))
  return here
}

/** Debian's Python first: what manages several versions starts a shell each time. */
const env = { ...process.env, PATH: `/usr/bin:${process.env.PATH}` }

async function check(here: string): Promise<Record<string, string[]>> {
  const { stdout, stderr } = await hsCourse(['check', '--json'], { cwd: here, env })
  expect(stderr).toBe('')
  const verdicts: Record<string, string[]> = {}
  for (const { cases } of (JSON.parse(stdout) as Grade).parts) {
    for (const { id, verdict, level } of cases) {
      if (level === 'MAY' && verdict !== 'passed') continue
      verdicts[verdict] = [...(verdicts[verdict] ?? []), id]
    }
  }
  return verdicts
}

for (const [language, compiler] of Object.entries(COMPILERS)) {
  describe.skipIf(!(await has(compiler)))(`a starter in ${language}`, () => {
    test('compiles without a warning, and fails what part 3a is about', async () => {
      using place = scratch()
      const here = await starter(place.folder, '3a', language)
      const { status, stderr } = await run(['make'], { cwd: here })
      expect(status, stderr).toBe(0)
      const verdicts = await check(here)
      expect(verdicts.failed).toEqual(EXERCISE['3a'].failed)
      expect(verdicts.passed).toEqual(expect.arrayContaining([...EXERCISE['3a'].passed]))
      // Everything else waits for the handshake.
      expect(Object.keys(verdicts).sort()).toEqual(['blocked', 'failed', 'passed'])
    })

    test.each(['3b', '3c'] as const)('of part %s is right but for what the part is about', async (part) => {
      using place = scratch()
      const here = await starter(place.folder, part, language)
      // The same programs in both parts: all cases once are enough. Without the crowds of S6.3 and S6.4: on a busy machine,
      // a sequential server does not get through them in time.
      const course = join(here, 'course.toml')
      const whole = readFileSync(course, 'utf8')
      const short = whole.slice(0, whole.lastIndexOf('[[parts]]')).concat('only = ["S1.1", "S2.8", "S6.1", "S6.2"]\n')
      writeFileSync(course, part === '3c' ? short : whole.replace(/^expect/m, 'skip = ["S6.3", "S6.4"]\nexpect'))
      const { failed, blocked } = await check(here)
      expect({ failed, blocked }).toEqual(EXERCISE[part])
    })
  })
}

test('a starter is a screen of README, a task file, and a Makefile that checks', async () => {
  using place = scratch()
  const here = await starter(place.folder, '3b', 'c')
  const readme = readFileSync(join(here, 'README.md'), 'utf8')
  expect(readme.split('\n').length).toBeLessThan(30)
  expect(readme).not.toContain('{{')
  expect(JSON.parse(readFileSync(join(here, '.vscode/tasks.json'), 'utf8')).tasks.length).toBe(3)
  expect(readFileSync(join(here, 'Makefile'), 'utf8')).toContain('-Wall -Wextra -Werror')
  const again = await hsCourse(['init', '3a', '--folder', 'here'], { cwd: place.folder })
  expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining('here is there already, and not empty') })
})

test('a starter goes into any folder, and says how to get there', async () => {
  using place = scratch()
  const init = (folder: string) => hsCourse(['init', '3a', '--folder', folder], { cwd: place.folder })
  expect((await init("my folder/it's")).stdout).toContain("  cd 'my folder/it'\\''s' && make && make next\n")
  expect((await init('=-x')).stdout).toContain("  cd '=-x' && make")
  place.write({ 'a-file': '' })
  expect(await init('a-file')).toMatchObject({ status: 2, stderr: expect.stringContaining('a-file is not a folder') })
  expect(await init('a-file/x')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^hs-course: a-file\/x\/\S+: cannot be written \(ENOTDIR\)\n$/),
  })
  expect(await init('')).toMatchObject({ status: 2, stderr: expect.stringContaining('--folder must not be empty') })
  expect(readdirSync(place.folder).sort()).toEqual(['=-x', 'a-file', 'my folder'])
})

test('what lies beside the files of an exercise does not matter', async () => {
  using place = scratch()
  const here = await starter(place.folder, '3a', 'c')
  for (let at = 0; at < 2100; at++) place.write({ [`here/venv/${at}`]: '' })
  expect((await hsCourse(['next'], { cwd: here })).stdout).toMatch(/^✗ S1\.1 answers/)
})

test.each(['SIGHUP', 'SIGTERM', 'SIGINT'] as const)('what watch has started ends with it at a %s', async (signal) => {
  using place = scratch()
  const here = await starter(place.folder, '3a', 'c')
  writeFileSync(join(here, 'build'), 'echo $$ > pid\nexec sleep 4711\n')
  const program = spawn(process.execPath, [PROGRAM, 'watch', '--', 'sh', 'build'], { cwd: here, stdio: 'ignore' })
  const pid = await vi.waitUntil(() => existsSync(join(here, 'pid')) && Number(readFileSync(join(here, 'pid'))), 20_000)
  program.kill(signal)
  await vi.waitUntil(() => !existsSync(`/proc/${pid}`), 20_000)
})

test('next shows one failure in steps, and the third only where the course allows it', async () => {
  using place = scratch()
  const here = await starter(place.folder, '3a', 'c')
  const next = (...words: string[]) => hsCourse(['next', ...words], { cwd: here })
  const [one, two, three] = await Promise.all([next(), next('--hint', '2'), next('--hint', '3')])
  expect(one.status).toBe(1)
  expect(one.stdout).toMatch(/^✗ S1\.1 answers/)
  expect(one.stdout).toContain('What happened')
  expect(one.stdout).not.toContain('Where to look')
  expect(one.stdout).toContain('npx @hs/course next --hint 2')
  expect(two.stdout).toContain('Where to look')
  expect(three.stderr).toBe('hs-course: this course gives hints up to 2\n')
  expect(three.stdout).not.toContain('What the line looks like')

  const course = join(here, 'course.toml')
  writeFileSync(course, `hints = 3\n${readFileSync(course, 'utf8')}`)
  const allowed = await next('--hint', '3')
  expect(allowed.stdout).toMatch(/What the line looks like\n {2}int length = snprintf/)

  const source = join(here, 'tcpserver.c')
  writeFileSync(source, readFileSync(source, 'utf8').replace('int main(', 'int main{'))
  const broken = await next()
  expect(broken.stdout).toMatch(/^✗ build/)
  expect(broken.stdout).toMatch(/tcpserver\.c:\d+:\d+: error/)
})

test('watch builds and checks again when a file changes, in lines when stdout is not a terminal', async () => {
  using place = scratch()
  const here = await starter(place.folder, '3b', 'c')
  const course = join(here, 'course.toml')
  // Short: what is tried here is the watching.
  writeFileSync(
    course,
    readFileSync(course, 'utf8')
      .replace('expect = "threads"', 'only = ["S1.1", "S3.2"]')
      .split('[[parts]]')
      .slice(0, 2)
      .join('[[parts]]'),
  )
  const source = join(here, 'tcpserver.c')
  const right = readFileSync(source, 'utf8')
  const versions = [right.replaceAll('"ERROR"', '"error"'), right.replace('int main(', 'int main{'), right]
  writeFileSync(source, versions.shift()!)
  const program = spawn(process.execPath, [PROGRAM, 'watch', '--once', '--', 'make'], { cwd: here })
  let said = ''
  const expected = [/✗ S3\.2/, /✗ make failed/]
  program.stdout.on('data', (chunk) => {
    said += chunk
    if (!expected[0]?.test(said)) return
    expected.shift()
    writeFileSync(source, versions.shift()!)
  })
  const status = await new Promise((resolve) => program.once('exit', resolve))
  expect(said).toMatch(/^\[\d\d:\d\d:\d\d\] ✗ S3\.2[\s\S]*✗ make failed[\s\S]*✓ nothing fails/)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them is what is looked for
  expect(said).not.toMatch(/\x1b/)
  expect(status).toBe(0)
  expect(existsSync(join(here, 'tcpserver'))).toBe(true)
})

test('a wrong command or option is reported, with status 2', async () => {
  for (const words of [
    [],
    ['grad'],
    ['init'],
    ['init', '4a'],
    ['init', '3a', '--language', 'cobol'],
    ['next', '--hint', '4'],
    ['grade', 'x'],
  ]) {
    const ended = await hsCourse(words)
    expect(ended, words.join(' ')).toMatchObject({ status: 2, stdout: '' })
    expect(ended.stderr).toMatch(/^hs-course/)
  }
  expect(await hsCourse(['check', '--course', 'nowhere.toml'])).toMatchObject({
    status: 2,
    stderr: 'hs-course: nowhere.toml: cannot be read (ENOENT)\n',
  })
  expect(await hsCourse(['--help'])).toMatchObject({ status: 0, stderr: '' })
})
