/** What changesets cannot know: which packages carry a copy of others, and have to be released with them. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readText } from './markdown.js'
import { ROOT } from './programs.js'
import { type Manifest, workspacePackages } from './workspace.js'

const manifests = new Map(workspacePackages().map(({ manifest }) => [manifest.name, manifest]))
const ours = (dependencies: Manifest['dependencies'] = {}) =>
  Object.keys(dependencies).filter((name) => manifests.has(name))

/**
 * The packages whose code travels inside a package: what cannot be installed, and in a program of one file,
 * everything (tsup.shared.ts).
 */
function carried({ bin = {}, dependencies, devDependencies, peerDependencies = {} }: Manifest): Set<string> {
  const isOneFile = Object.values(bin).some((file) => /\.[cm]js$/.test(file))
  const direct = isOneFile
    ? ours({ ...dependencies, ...devDependencies }).filter((name) => !(name in peerDependencies))
    : ours(devDependencies).filter((name) => manifests.get(name)!.private)
  const all = new Set<string>()
  const add = (name: string) => {
    if (all.has(name)) return
    all.add(name)
    const below = manifests.get(name)!
    for (const next of [...ours(below.dependencies), ...carried(below)]) add(next)
  }
  direct.forEach(add)
  return all
}

const released = [...manifests.values()].filter((manifest) => !manifest.private)

test('programs carry what they are built from', () => {
  const inside = ['@hs/command-line', '@hs/options', '@hs/protocol', '@hs/transport']
  expect([...carried(manifests.get('@hs/client')!)].sort()).toEqual(inside)
  expect([...carried(manifests.get('@hs/cli-client')!)].sort()).toEqual(['@hs/client', ...inside].sort())
  expect([...carried(manifests.get('@hs/server-core')!)]).toEqual(['@hs/command-line', '@hs/options'])
  expect([...carried(manifests.get('@hs/cli-server')!)]).toEqual([])
})

describe('the next release', () => {
  const changesets = readdirSync(join(ROOT, '.changeset')).filter((file) => /(?<!^README)\.md$/.test(file))
  const named = new Set(changesets.flatMap((file) => namedIn(readText(`.changeset/${file}`))))

  test('changesets name packages that are released', () => {
    expect(released.map(({ name }) => name)).toEqual(expect.arrayContaining([...named]))
  })

  test('names, with each package, those that carry a copy of it', () => {
    for (const name of named) {
      for (const carrier of released.filter((manifest) => carried(manifest).has(name))) {
        expect([...named], `${carrier.name} carries ${name}`).toContain(carrier.name)
      }
    }
  })

  test('is the first of every package that has no changelog yet', () => {
    for (const { folder, manifest } of workspacePackages()) {
      if (manifest.private || existsSync(join(ROOT, folder, 'CHANGELOG.md'))) continue
      expect([...named]).toContain(manifest.name)
    }
  })
})

/** The packages in the head of a changeset. */
function namedIn(changeset: string): string[] {
  const [, head = ''] = changeset.split(/^---$/m)
  return [...head.matchAll(/^['"]?(@?[\w/-]+)['"]?: (?:patch|minor|major)$/gm)].map(([, name]) => name!)
}
