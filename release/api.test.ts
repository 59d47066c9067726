/** The API reference: one command makes it, and every name that is exported is in it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from '../test/programs.js'
import { workspacePackages } from '../test/workspace.js'
import { expectSuccess } from './checkout.js'

const API = join(ROOT, 'docs/api')
const libraries = workspacePackages().filter(({ manifest }) => !manifest.private && manifest.exports?.['.'])

beforeAll(async () => {
  // What it warns of is an error: a link to nowhere, a type that is used and not exported.
  await expectSuccess('npx pnpm api')
})

test('it has a page for each library, and no others', () => {
  expect(existsSync(join(API, 'index.html'))).toBe(true)
  const pages = libraries.map(({ manifest }) => `${manifest.name.replace('/', '_')}.html`).sort()
  expect(readdirSync(join(API, 'modules')).sort()).toEqual(pages.map((page) => page.replace('@', '_')))
})

describe.each(libraries)('$manifest.name', ({ manifest: { name } }) => {
  test('has a page for each value that it exports, with what its comment says', async () => {
    const module = (await import(name)) as object
    const pages = ['functions', 'classes', 'variables'].flatMap((kind) =>
      readdirSync(join(API, kind)).map((page) => join(API, kind, page)),
    )
    for (const value of Object.keys(module)) {
      const page = pages.find((file) => file.endsWith(`${name.replace('@', '_').replace('/', '_')}.${value}.html`))
      // What is only passed on from a package below has its page there.
      if (page) expect(readFileSync(page, 'utf8').includes('tsd-comment'), `${value} has a comment`).toBe(true)
      else
        expect(
          pages.some((file) => file.endsWith(`.${value}.html`)),
          `${name}: ${value}`,
        ).toBe(true)
    }
  })
})
