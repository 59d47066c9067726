/** Every block of code in every Markdown file does what the text around it says. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type Block, blocksOf, patternOf, readText, repositoryFiles } from './markdown.js'
import { ROOT, type RunningServer, run, startServer } from './programs.js'
import { workspacePackages } from './workspace.js'

/** Where the documentation's server listens; the tests have theirs on a free port. */
const SHOWN_PORT = /\b9000\b/g

/** Inside the repository, so that a block finds the packages that it imports. */
const WRITTEN = join(ROOT, 'test/.blocks')

const files = repositoryFiles().filter((file) => /\.md$/.test(file) && !/CHANGELOG\.md$|^\.changeset\//.test(file))
const blocks = files.flatMap(blocksOf).filter(({ flags }) => !flags.includes('diagram'))
// A part of a file is checked with that file.
const programs = blocks.filter(({ language, flags }) => language === 'ts' && !flags[0]?.includes('/'))

beforeAll(() => {
  rmSync(WRITTEN, { recursive: true, force: true })
  mkdirSync(WRITTEN, { recursive: true })
  for (const block of programs) writeFileSync(written(block), block.text)
  writeFileSync(join(WRITTEN, 'tsconfig.json'), '{ "extends": "../../tsconfig.base.json", "include": ["*.ts"] }')
})
afterAll(() => rmSync(WRITTEN, { recursive: true, force: true }))

test('the TypeScript of the documentation type-checks', async () => {
  expect(programs.length).toBeGreaterThan(0)
  expect(await run(`tsc -p ${WRITTEN}`)).toMatchObject({ status: 0, stdout: '' })
})

/** The blocks of a page follow each other; the pages are read side by side, since most of them wait. */
const inOrder = (title: string, run: () => void | Promise<void>, skip = false) =>
  test(title, { concurrent: false, skip }, run)

for (const file of new Set(blocks.map((block) => block.file))) {
  describe.concurrent(file, () => {
    const inFile = blocks.filter((block) => block.file === file)
    const shown = new Set(inFile.map(({ prints }) => prints?.line))
    // On the first page that a reader sees, everything is as it is there.
    const realNpx = file === 'README.md'
    let server: RunningServer | undefined
    let folder: string
    beforeAll(async () => {
      if (inFile.some(({ text }) => text.match(SHOWN_PORT))) server = await startServer('tcpserver 0')
      // What npx is asked for is found there as if it was installed.
      folder = mkdtempSync(join(tmpdir(), 'hs-page-'))
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    })
    afterAll(async () => {
      await server?.stop()
      rmSync(folder, { recursive: true, force: true })
    })

    for (const block of inFile.filter(({ line }) => !shown.has(line))) {
      const { language, flags, line, text } = block
      const title = `line ${line}: ${text.split('\n')[0]}`
      switch ([language, ...flags].join(' ')) {
        case 'sh':
        case 'ts':
          inOrder(
            title,
            async () => {
              const port = server?.port ?? 0
              const ended = await run(commandOf(block, port), { realNpx })
              expect(ended, ended.stderr).toMatchObject({ status: 0 })
              if (block.prints) expectShown(block.prints, ended, port)
            },
            needsMissing(text),
          )
          break
        case 'sh folder':
          inOrder(title, async () => {
            const ended = await run(text, { cwd: folder })
            expect(ended, ended.stderr).toMatchObject({ status: 0 })
            if (block.prints) expectShown(block.prints, ended, server?.port ?? 0)
          })
          break
        case 'sh server':
        case 'ts server':
          // The blocks that follow talk to it, as a reader's would.
          inOrder(title, async () => {
            const started = await startServer(commandOf(block, 0), { realNpx })
            await server?.stop()
            server = started
            expect(await run(`hs-client 127.0.0.1 ${started.port} 5`)).toMatchObject({ status: 0 })
          })
          break
        case 'sh setup':
          inOrder(`${title} is what CI does`, () => {
            expect(readText('.ci/run') + readText('scripts/check.ts')).toContain(text.trim())
          })
          break
        case 'sh install':
          inOrder(`${title} names a package of ours`, () => {
            const names = repositoryFiles()
              .filter((path) => /^(packages|apps)\/[^/]+\/package\.json$/.test(path))
              .map((path) => JSON.parse(readText(path)) as { name: string; private?: boolean })
            const installed = text.trim().split(' ').at(-1)
            expect(names).toContainEqual(expect.objectContaining({ name: installed }))
          })
          break
        case 'sh yours':
          inOrder(`${title} runs programs of ours, on what only its reader has`, () => {
            const names = workspacePackages().map(({ manifest }) => manifest.name)
            for (const command of text.trim().split('\n')) {
              const [npx, name] = command.split(' ')
              expect(npx).toBe('npx')
              expect(names).toContain(name)
            }
          })
          break
        case 'yaml step':
          inOrder(`${title} uses an action of ours, with inputs that it has`, () => {
            const [step] = parse(text) as { uses: string; with: object }[]
            const [, path] = /^hs-handshake\/hs\/(.*)@main$/.exec(step!.uses)!
            const { inputs } = parse(readText(`${path}/action.yml`)) as { inputs: object }
            expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(step!.with)))
          })
          break
        default:
          if (flags[0]?.includes('/')) {
            inOrder(`${title} is a part of ${flags[0]}`, () => expect(readText(flags[0]!)).toContain(text))
            break
          }
          inOrder(`${title} is checked`, () => {
            expect.unreachable(`nothing checks a block "${[language, ...flags].join(' ')}"`)
          })
      }
    }
  })
}

function written({ file, line }: Block): string {
  return join(WRITTEN, `${file.replaceAll('/', '-')}-${line}.ts`)
}

function commandOf(block: Block, port: number): string {
  const text = block.text.replace(SHOWN_PORT, String(port))
  if (block.language === 'sh') return text
  writeFileSync(written(block), text)
  return `exec '${process.execPath}' ${written(block)}`
}

/** The one program of the documentation that not every machine has; `.ci/run` installs it. */
function needsMissing(text: string): boolean {
  return /\bnc\b/.test(text) && !(process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, 'nc')))
}

function expectShown({ text, flags }: Block, ended: { stdout: string; stderr: string }, port: number): void {
  const lines = text.trimEnd().replace(SHOWN_PORT, String(port)).split('\n')
  const printed = (flags.includes('stderr') ? ended.stderr : ended.stdout).trimEnd().split('\n')
  if (flags.includes('any-order')) {
    for (const line of lines) expect(printed).toContainEqual(expect.stringMatching(patternOf(line)))
  } else {
    expect(printed).toEqual(lines.map((line) => expect.stringMatching(patternOf(line))))
  }
}
