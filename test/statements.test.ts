/** What documents say of defaults, dependencies and sizes is compared with its source: tables of options, manifests. */

import { PROTOCOL_DEFAULTS } from '@hs/protocol'
import { describe, expect, test } from 'vitest'
import { HANDSHAKE_OPTIONS } from '../packages/client/src/checks.js'
import { SERVE_OPTIONS } from '../packages/server-core/src/checks.js'
import { readText, repositoryFiles } from './markdown.js'
import { MOST_BYTES_OF_CLIENT, workspacePackages } from './workspace.js'

/** Of options that have one. */
type Presets = Readonly<Record<string, unknown>>

const presetsOf = (table: Readonly<Record<string, { readonly preset: unknown }>>): Presets =>
  Object.fromEntries(Object.entries(table).map(([name, { preset }]) => [name, preset]))

const published = workspacePackages().filter(({ manifest }) => !manifest.private)

describe.each<[string, Presets]>([
  ['packages/server-core/README.md', presetsOf(SERVE_OPTIONS)],
  ['packages/client/README.md', presetsOf(HANDSHAKE_OPTIONS)],
  ['packages/protocol/README.md', { ...PROTOCOL_DEFAULTS }],
])('the options in %s', (file, presets) => {
  const rows = optionRows(file)

  test('are those of the function, and all of them', () => {
    expect(rows.flatMap(({ names }) => names).sort()).toEqual(Object.keys(presets).sort())
  })

  test('have the defaults of the function', () => {
    for (const { names, preset } of rows) {
      const [name] = names
      const value = names.length === 1 ? presets[name!] : undefined
      // What has no preset may be described in words, but not as a value.
      if (value === undefined) expect(preset, name).toMatch(/^[a-z ]*$/)
      else expect(preset.replaceAll('`', ''), name).toBe(typeof value === 'string' ? `'${value}'` : String(value))
    }
  })
})

describe('dependencies', () => {
  test('on third parties are listed in SECURITY.md, with their versions, and no others', () => {
    const needed = published.flatMap(({ manifest }) =>
      Object.entries({ ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies })
        // An optional peer is brought by those that want it: the test kits' runner.
        .filter(([name]) => !name.startsWith('@hs/') && !manifest.peerDependenciesMeta?.[name]?.optional)
        .map(([name, version]) => [manifest.name, name, version]),
    )
    const rows = [...readText('SECURITY.md').matchAll(/^\| `(@hs\/[\w-]+)` +\| `(.+?)` +\| (\S+) +\|$/gm)]
    expect(rows.map(([, ...cells]) => cells)).toEqual(needed)
    expect(needed.length).toBeGreaterThan(0)
  })

  test('on third parties are named by the decision that allows them', () => {
    const [, paragraph] = /\*\*Third parties\.\*\*([\s\S]*?)\n\n|$/.exec(
      `${readText('docs/decisions/0004-programs-are-one-file.md')}\n\n`,
    )!
    for (const [, owner, name] of readText('SECURITY.md').matchAll(/^\| `(@hs\/[\w-]+)` +\| `(.+?)`/gm)) {
      expect(paragraph).toContain(owner)
      expect(paragraph).toContain(name)
    }
  })

  test('koffi has an install script, as the page says, and nothing of ours has one', () => {
    const koffi = JSON.parse(readText('packages/transport-linux/node_modules/koffi/package.json')) as Scripts
    expect(readText('packages/transport-linux/README.md').includes('its install script is not needed')).toBe(
      koffi.scripts?.install !== undefined,
    )
    // Here it is not run, and all that is tested works.
    expect(readText('pnpm-workspace.yaml')).toMatch(/^allowBuilds:\n(?: {2}.*\n)* {2}koffi: false$/m)
    for (const { manifest } of published) {
      const scripts = Object.keys((manifest as Scripts).scripts ?? {})
      expect(
        scripts.filter((script) => /^(pre|post)?install$|^prepare$/.test(script)),
        manifest.name,
      ).toEqual([])
    }
  })

  test('the protocol has none, as its page says', () => {
    const { manifest } = published.find(({ manifest }) => manifest.name === '@hs/protocol')!
    expect(readText('packages/protocol/README.md').replace(/\s+/g, ' ')).toContain('no dependency')
    expect(manifest).not.toHaveProperty('dependencies')
  })

  test('peers that are optional accept every version, so that npm can update one package before the other', () => {
    for (const { manifest } of published) {
      for (const range of Object.values(manifest.peerDependencies ?? {})) expect(range, manifest.name).toBe('*')
    }
  })
})

test('the page of @hs/client gives the limit that the packages are held to', () => {
  expect(readText('packages/client/README.md')).toContain(`less than ${MOST_BYTES_OF_CLIENT / 1000} KB in all`)
})

test('speed is claimed as a figure that was measured, and not as "times faster"', () => {
  const told = repositoryFiles().filter((file) => /(?<!CHANGELOG)\.md$|\/src\/.*\.ts$|\.1$/.test(file))
  const claims = told.filter((file) => /\btimes (?:as fast|faster)\b/.test(readText(file)))
  expect(claims.filter((file) => file !== 'docs/performance.md')).toEqual([])
})

interface Scripts {
  readonly scripts?: Readonly<Record<string, string>>
}

/** The rows of the table whose head is `option | default | meaning`. */
function optionRows(file: string): { names: string[]; preset: string }[] {
  const [, body] = /^\| option +\| default +\|[^\n]*\n\|[-| ]+\|\n((?:\|[^\n]*\n)+)/m.exec(readText(file))!
  return body!
    .trim()
    .split('\n')
    .map((row) => {
      const [, names = '', preset = ''] = row.split('|')
      return { names: [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name!), preset: preset.trim() }
    })
}
