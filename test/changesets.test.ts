/** What changesets cannot know: which packages carry a copy of others, and have to be released with them. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
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

test('the changelog of a release is short, and says in plain words what is new and where to read more', () => {
  const clone = mkdtempSync(join(tmpdir(), 'hs-changelog-'))
  try {
    execFileSync('git', ['clone', '--quiet', ROOT, clone])
    cpSync(join(ROOT, '.changeset'), join(clone, '.changeset'), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'))
    const isNamed = readdirSync(join(clone, '.changeset')).some((file) => /(?<!^README)\.md$/.test(file))
    execFileSync(join(ROOT, 'node_modules/.bin/changeset'), ['version'], { cwd: clone, stdio: 'pipe' })
    const changelogs = workspacePackages().map(({ folder }) => join(clone, folder, 'CHANGELOG.md'))
    const newest = changelogs.filter(existsSync).map((path) => readFileSync(path, 'utf8').split(/^(?=## )/m)[1]!)
    if (isNamed) expect(newest).not.toEqual([])
    for (const text of newest.filter((one) => !one.includes('No changes in this release.'))) {
      expect(text.trim().split('\n').length).toBeLessThanOrEqual(10)
      expect(text).not.toMatch(/\b[SC]\d\.\d+\b|\b[0-9a-f]{7}\b|Updated dependencies/)
      expect(text).toContain('](https://')
    }
  } finally {
    rmSync(clone, { recursive: true, force: true })
  }
})

/** The packages in the head of a changeset. */
function namedIn(changeset: string): string[] {
  const [, head = ''] = changeset.split(/^---$/m)
  return [...head.matchAll(/^['"]?(@?[\w/-]+)['"]?: (?:patch|minor|major)$/gm)].map(([, name]) => name!)
}
