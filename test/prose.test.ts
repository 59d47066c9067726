/** The check of words finds what reads as translated. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('../scripts/prose.ts', import.meta.url))

/** Checks a repository that has these files. */
function check(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'prose-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  execFileSync('git', ['init', '--quiet'], { cwd: folder })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const { status, stdout } = spawnSync(process.execPath, [PROGRAM], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { status, lines: stdout.split('\n').filter((line) => /^ |^too often/.test(line)) }
}

/** Put together here, so that this file has none of them. */
const lone = ['Wh', 'o'].join('')
const told = ['is', 'told'].join(' ')

test('a sentence without a habit passes', () => {
  expect(
    check({ 'page.md': 'Connections that close early are counted.\nA reader who knows this continues.\n' }),
  ).toEqual({
    status: 0,
    lines: [],
  })
})

test('each sentence with a habit that is not accepted is found, with its file and line', () => {
  const { status, lines } = check({
    'page.md': `# A page\n\n${lone} connects and leaves is counted.\n`,
    'code.ts': `\n/** The failure ${told}. */\n`,
  })
  expect(status).toBe(1)
  expect(lines).toEqual([
    expect.stringMatching(/^too often: free-standing \w+: 1 /),
    `  page.md:3: ${lone} connects and leaves is counted.`,
    expect.stringMatching(/^too often: is \w+: 1 /),
    `  code.ts:2: /** The failure ${told}. */`,
  ])
})

test('a habit with a limit fails only beyond it', () => {
  const phrase = `It waits ${['so', 'long'].join(' ')}.\n`
  expect(check({ 'page.md': phrase.repeat(4) }).status).toBe(0)
  expect(check({ 'page.md': phrase.repeat(5) }).status).toBe(1)
})
