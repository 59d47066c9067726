/** What the documentation lists is what there is: codes, options, limits, links. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DEFAULT_TIMEOUT_MS as CLIENT_TIMEOUT_MS } from '@hs/client'
import { failureCodes, PROTOCOL_DEFAULTS } from '@hs/protocol'
import { DEFAULT_GRACE_MS, DEFAULT_MAX_CONNECTIONS, DEFAULT_TIMEOUT_MS } from '@hs/server-core'
import { DEFAULT_PREFIX_MS, DEFAULT_QUIET_MS } from '@hs/transport'
import { describe, expect, test } from 'vitest'
import { readText, repositoryFiles } from './markdown.js'
import { ROOT, run } from './programs.js'

describe('the reference', () => {
  test('has a heading with a text for each code of a failure, and for nothing else', () => {
    const sections = [...readText('docs/errors.md').matchAll(/^## (ERR_HS_\w+)\n\n[A-Z`]/gm)].map(([, code]) => code)
    expect(sections).toEqual([
      ...failureCodes,
      'ERR_HS_THREADS_UNSUPPORTED',
      'ERR_HS_REUSE_PORT_UNSUPPORTED',
      'ERR_HS_TRANSPORT_UNAVAILABLE',
    ])
  })

  test.each([
    ['deadline of a handshake, at the client', `${CLIENT_TIMEOUT_MS / 1000} s`],
    ['deadline of a connection, at the server', `${DEFAULT_TIMEOUT_MS / 1000} s`],
    ['connections served at a time', `${DEFAULT_MAX_CONNECTIONS}`],
    ['length of a message', `${PROTOCOL_DEFAULTS.maxMessageBytes} bytes`],
    ['rest of a message', `${DEFAULT_PREFIX_MS} ms`],
    ['pause that ends a message', `${DEFAULT_QUIET_MS} ms`],
    ['grace period', `${DEFAULT_GRACE_MS / 1000} s`],
  ])('gives the default of the limit: %s', (limit, preset) => {
    const row = readText('docs/reference.md')
      .split('\n')
      .find((line) => line.startsWith('|') && line.includes(limit))
    expect(row?.split('|')[2]?.trim()).toBe(preset)
  })
})

describe.each([
  ['tcpclient', 'apps/cli-client/README.md'],
  ['tcpserver', 'apps/cli-server/README.md'],
])('the page of %s', (program, file) => {
  test('lists the options of its help, with their defaults, and no others', async () => {
    const { options } = await helpOf(program)
    const rows = readText(file)
      .split('\n')
      .filter((line) => /^\| `-/.test(line))
    const listed = rows.flatMap((row) => {
      const [, names = '', preset = ''] = row.split('|')
      const long = [...names.matchAll(/`(--[\w-]+|-\d)/g)].map(([, name]) => name!)
      // "one per core" is not a value, and help gives none either.
      return long.map((name) => [name, preset.trim().replace('one per core', '')])
    })
    expect(new Map(listed as [string, string][])).toEqual(options)
  })

  test('has every exit status of its help', async () => {
    const { text } = await helpOf(program)
    const sentence = /Exit status: (.*)\./.exec(text.replace(/\s+/g, ' '))![1]!
    const statuses = [...sentence.matchAll(/(?:^|, )(\d+)(?: or (\d+))? /g)].flatMap(([, ...found]) =>
      found.filter(Boolean),
    )
    expect(statuses.length).toBeGreaterThan(2)
    const rows = [...readText(file).matchAll(/^\| (\d+(?:, \d+)*) +\|/gm)].flatMap(([, found]) => found!.split(', '))
    expect(rows).toEqual(statuses.sort((a, b) => Number(a) - Number(b)))
  })
})

test('each command of the documentation is a script of the repository', () => {
  const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> }
  const files = repositoryFiles().filter((file) => /(?<!CHANGELOG)\.md$/.test(file))
  const named = files.flatMap((file) =>
    [...readText(file).matchAll(/`npx pnpm ([a-z][\w:]*)/g)].map(([, name]) => name),
  )
  expect(named.length).toBeGreaterThan(5)
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining([...new Set(named)].filter((name) => name !== 'exec')))
})

describe('links', () => {
  const files = repositoryFiles().filter((file) => file.endsWith('.md'))

  test.each(files)('%s links to what exists', (file) => {
    for (const [, target] of readText(file).matchAll(/\]\(([^)\s]+)\)/g)) {
      // A package's page is read outside the repository, so it links through the project's address.
      const inside = target!.replace(/^https:\/\/github\.com\/hs-handshake\/hs(?:\/(?:blob|tree)\/main\/|(?=#|$))/, '/')
      if (/^https?:/.test(inside)) continue
      const [path = '', anchor] = inside.split('#')
      const linked = path.startsWith('/') ? path.slice(1) : path && join(dirname(file), path)
      expect(existsSync(join(ROOT, linked || '.')), `${file} links to ${target}`).toBe(true)
      if (anchor) {
        const page = path === '/' ? 'README.md' : linked || file
        expect(anchorsOf(page), `${file} links to ${target}`).toContain(anchor)
      }
    }
  })
})

/** A program's help, and the options in it with their defaults. */
async function helpOf(program: string) {
  const { stdout: text } = await run(`${program} --help`)
  const entries = new Map<string, string>()
  let name: string | undefined
  for (const line of text
    .split('\n\n')
    .find((section) => section.startsWith('Options:'))!
    .split('\n')) {
    name = /^ {2,6}(?:-\w, )?(--[\w-]+|-\d)(?: |$)/.exec(line)?.[1] ?? name
    if (name) entries.set(name, `${entries.get(name) ?? ''} ${line.trim()}`)
  }
  const presetOf = (entry: string) => /\((?:[^()]*; )?default: ([^()]*)\)$/.exec(entry)?.[1] ?? ''
  const options = new Map([...entries].map(([option, entry]) => [option, presetOf(entry)]))
  return { text, options }
}

/** Headings as GitHub makes anchors of them. */
function anchorsOf(file: string): string[] {
  const headings = [...readText(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!)
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}
