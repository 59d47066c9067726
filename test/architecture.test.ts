/** The arrows of docs/DESIGN.md, read from the import statements; and what no file of the repository may contain. */
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readText, repositoryFiles } from './markdown.js'
import { importsOf, workspacePackages } from './workspace.js'

/** Which packages of ours each one may import. A new package is added here. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  '@hs/protocol': [],
  '@hs/command-line': [],
  '@hs/supervise': [],
  '@hs/transport': ['@hs/protocol'],
  '@hs/client': ['@hs/protocol', '@hs/transport', '@hs/transport-linux', '@hs/command-line'],
  '@hs/transport-linux': ['@hs/transport'],
  // The Linux transport is loaded where it is installed, and named nowhere but in transports.ts.
  '@hs/server-core': ['@hs/protocol', '@hs/transport', '@hs/transport-linux', '@hs/command-line'],
  'artillery-engine-hs': ['@hs/client'],
  '@hs/operations': ['@hs/server-core', '@hs/transport', '@hs/command-line'],
  '@hs/load': [
    '@hs/client',
    '@hs/protocol',
    '@hs/transport',
    '@hs/transport-linux',
    '@hs/command-line',
    '@hs/supervise',
  ],
  '@hs/live': ['@hs/client', '@hs/protocol', '@hs/server-core', '@hs/transport', '@hs/command-line', '@hs/supervise'],
  '@hs/conformance': ['@hs/protocol', '@hs/command-line', '@hs/supervise'],
  '@hs/course': ['@hs/conformance', '@hs/protocol', '@hs/command-line', '@hs/supervise'],
  '@hs/options': [],
  '@hs/cli-client': ['@hs/client'],
  '@hs/cli-server': ['@hs/server-core', '@hs/operations'],
  '@hs/site': ['@hs/live'],
}

/** Imports nothing itself, is private, and travels inside whatever checks options with it. */
const BELOW_ALL = '@hs/options'

const sources = repositoryFiles().filter((file) => /^(packages|apps)\/[^/]+\/src\/.*\.tsx?$/.test(file))
const imported = (file: string) => importsOf(readText(file))
const namedLike = (pattern: RegExp) => sources.filter((file) => pattern.test(file))
const packageOf = (specifier: string) => specifier.split('/', 2).join('/')

describe('arrows point one way', () => {
  test.each(workspacePackages())('$manifest.name imports only what is below it', ({ folder, manifest }) => {
    const allowed = ARROWS[manifest.name]
    expect(allowed, `${manifest.name} is missing in ARROWS`).toBeDefined()
    const ours = namedLike(new RegExp(`^${folder}/`))
      .flatMap(imported)
      .filter((name) => name.startsWith('@hs/') && name !== BELOW_ALL)
    expect(allowed).toEqual(expect.arrayContaining([...new Set(ours.map(packageOf))]))
  })

  test('the protocol and the checks of options import nothing, so they run in a browser', () => {
    const files = namedLike(/^packages\/(protocol|options)\//)
    expect(files.length).toBeGreaterThan(7)
    for (const file of files) for (const name of imported(file)) expect(name, file).toMatch(/^\.\/|^@hs\/options$/)
  })

  test('only drive.ts knows both bytes and messages', () => {
    const knowing = namedLike(/^packages\/transport\/src\/(?!testing\/)/).filter((file) =>
      imported(file).includes('@hs/protocol'),
    )
    expect(knowing).toEqual(['packages/transport/src/drive.ts'])
  })

  test('only transports open sockets', () => {
    const opening = sources.filter((file) => imported(file).some((name) => /^node:(net|dgram|tls|http)$/.test(name)))
    // The Linux transport asks `node:net` only what an address is.
    // The checker is a peer that breaks the rules, which no transport would do for it.
    // The course kit puts a proxy between two programs of a student, which lies.
    // The metrics of an operator are served by HTTP, which is not our protocol.
    // The suite for transports has peers that are bare sockets.
    // The page of `live` comes over HTTP; its servers and clients have a transport.
    const elsewhere =
      /^packages\/(transport-linux|conformance|supervise|course|operations|live\/src\/web|transport\/src\/testing)\//
    const places = new Set(opening.filter((file) => !elsewhere.test(file)).map((file) => dirname(file)))
    expect([...places]).toEqual(['packages/transport/src/node'])
  })

  test('a strategy knows no message', () => {
    const files = namedLike(/\/strategies\//)
    expect(files.length).toBeGreaterThan(2)
    for (const file of files) expect(imported(file), file).not.toContain('@hs/protocol')
  })

  test('no package reaches into another', () => {
    const entries = workspacePackages().flatMap(({ manifest: { name, exports = {} } }) =>
      Object.keys(exports).map((entry) => name + entry.slice(1)),
    )
    for (const file of sources) {
      for (const name of imported(file)) {
        if (name.startsWith('@hs/')) expect(entries, file).toContain(name)
        // No path leads out of the package's own sources.
        const up = name.split('/').filter((part) => part === '..').length
        expect(up, `${file} imports ${name}`).toBeLessThanOrEqual(file.split('/').length - 4)
      }
    }
  })
})

describe('a file of the repository', () => {
  const texts = repositoryFiles()
    .filter((file) => !/\.(png|svg|ico)$/.test(file))
    .map((file) => ({ file, text: readText(file) }))

  // Written apart, so that this file does not contain what it looks for.
  test.each([
    ['a path of one machine', new RegExp(`(?<![\\w.}~])/(?:${['work', 'root', 'home', 'Users'].join('|')})/\\w`)],
    ['the host of a registry', new RegExp(`${'regis'}try\\.[a-z]+[a-z.]*\\.[a-z]+|${'npm'}mirror`)],
    ['a token', /\bnpm_[A-Za-z0-9]{36}\b|\bgh[ps]_[A-Za-z0-9]{36}\b/],
    ['a leftover of a merge', /^(<{7}|>{7}) /m],
  ])('contains no trace of %s', (_what, pattern) => {
    expect(texts.length).toBeGreaterThan(50)
    for (const { file, text } of texts) expect(pattern.exec(text)?.[0], file).toBeUndefined()
  })
})
