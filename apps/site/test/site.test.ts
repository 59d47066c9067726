/** The site as it would be published, in a real browser. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { globSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { browserPath, startBrowser } from '../../../packages/load/test/browser.js'
import { repositoryFiles } from '../../../test/markdown.js'
import { workspacePackages } from '../../../test/workspace.js'
import { addressOf, BASE, linkFrom, PAGES, REPOSITORY } from '../pages.js'

const SITE = join(import.meta.dirname, '..')
const DIST = join(SITE, 'dist')
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }

/** The file of an address, as a host of static pages finds it. */
function fileOf(path: string): string | undefined {
  const name = decodeURIComponent(path).slice(BASE.length)
  const files = [name, `${name}.html`, join(name, 'index.html')]
  return files.find((file) => statSync(join(DIST, file), { throwIfNoEntry: false })?.isFile())
}

const server = createServer(({ url }, response) => {
  const file = fileOf(new URL(url!, 'http://site').pathname)
  if (!file) return void response.writeHead(404).end()
  const type = TYPES[extname(file) as keyof typeof TYPES] ?? 'application/octet-stream'
  response.writeHead(200, { 'content-type': type }).end(readFileSync(join(DIST, file)))
})
let root: string
let browser: Browser

beforeAll(async () => {
  // The pnpm of the repository, also where none is on the path; what it says is in the error.
  if (!process.env.BUILT)
    execFileSync(join(SITE, '../../node_modules/.bin/pnpm'), ['run', 'site'], { cwd: SITE, stdio: 'pipe' })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  root = `http://127.0.0.1:${(server.address() as AddressInfo).port}${BASE}`
  if (browserPath) browser = await startBrowser()
})
afterAll(async () => {
  await browser?.close()
  server.close()
})

test('each document and each package that is published has a page', () => {
  const documents = repositoryFiles().filter((file) => /^docs\/.*\.md$/.test(file))
  const published = workspacePackages().filter(({ manifest }) => !manifest.private)
  const expected = [...documents, ...published.map(({ folder }) => `${folder}/README.md`)]
  expect(PAGES).toEqual(expect.arrayContaining(expected))
})

test('a link leads to the page of a file, and to the repository if it has none', () => {
  expect(linkFrom('docs/operating.md', 'errors.md#err_hs_timeout')).toBe('/errors#err_hs_timeout')
  expect(linkFrom('docs/operating.md', '../packages/operations')).toBe('/packages/operations/')
  expect(linkFrom('docs/operating.md', '../deploy')).toBe(`${REPOSITORY}/tree/main/deploy`)
  expect(linkFrom('packages/client/README.md', `${REPOSITORY}/blob/main/docs/errors.md`)).toBe('/errors')
  expect(() => linkFrom('README.md', 'docs/nothing.md')).toThrow('ENOENT')
})

test('each link and each picture of each page leads to something that is there', () => {
  const html = new Map(
    globSync('**/*.html', { cwd: DIST }).map((file) => [file, readFileSync(join(DIST, file), 'utf8')]),
  )
  const dead = [...html].flatMap(([file, text]) =>
    [...text.replaceAll(/<script[\s\S]*?<\/script>/g, '').matchAll(/ (?:href|src)="([^":]*)"/g)]
      .map(([, link]) => new URL(link!, `http://site${BASE}${file.replace(/(index)?\.html$/, '')}`))
      .filter(({ pathname, hash }) => {
        const target = fileOf(pathname)
        return !target || (hash !== '' && !html.get(target)?.includes(` id="${decodeURIComponent(hash.slice(1))}"`))
      })
      .map(({ pathname, hash }) => `${file}: ${pathname}${hash}`),
  )
  expect(html.size).toBeGreaterThan(PAGES.length)
  expect(dead).toEqual([])
})

test.each(
  workspacePackages()
    .filter(({ folder }) => globSync(`${SITE}/../../${folder}/src/index.ts`).length > 0)
    .filter(({ manifest }) => !manifest.private),
)('each value of $manifest.name is in the API reference', async ({ manifest: { name } }) => {
  const text = readFileSync(join(SITE, 'api', `${name.replace('@hs/', '')}.md`), 'utf8')
  for (const value of Object.keys((await import(name)) as object)) expect(text).toMatch(new RegExp(`\\b${value}\\b`))
})

interface Look {
  readonly width?: number
  readonly colorScheme?: 'light' | 'dark'
}

/** @returns What the page complained about, or asked of others. */
async function open(address: string, { width = 1280, ...look }: Look = {}): Promise<{ page: Page; wrong: string[] }> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, ...look })
  onTestFinished(() => page.close())
  const wrong: string[] = []
  page.on('pageerror', ({ message }) => wrong.push(message))
  page.on('console', (message) => message.type() !== 'log' && wrong.push(message.text()))
  page.on(
    'request',
    (request) => !/^data:/.test(request.url()) && !request.url().startsWith(root) && wrong.push(request.url()),
  )
  await page.goto(root + address.slice(1))
  await page.locator('main').waitFor()
  return { page, wrong }
}

const KINDS = ['README.md', 'docs/PROTOCOL.md', 'packages/load/README.md', 'apps/site/api/client.md']
const LOOKS = [1280, 768, 390].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
)

describe.skipIf(!browserPath)('in a browser (skipped without Chromium: apt-get install chromium)', () => {
  test.each(KINDS.flatMap((file) => LOOKS.map((look) => ({ file, ...look }))))(
    '$file, $width wide, $colorScheme: nothing sticks out, the policy holds, and axe finds nothing wrong',
    async ({ file, ...look }) => {
      const { page, wrong } = await open(addressOf(file), look)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(look.width)
      await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
      const { violations } = (await page.evaluate('axe.run({ resultTypes: ["violations"] })')) as {
        violations: { id: string; nodes: { html: string }[] }[]
      }
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
      expect(wrong).toEqual([])
    },
  )

  test('the first page plays the demo', async () => {
    const { page, wrong } = await open('/')
    const moment = page.frameLocator('iframe').getByText(/^(?!0\.0)\d+\.\d s of \d+/)
    await moment.waitFor()
    expect(await page.frameLocator('iframe').locator('.lane').count()).toBe(3)
    expect(wrong).toEqual([])
  })

  test.each(['light', 'dark'] as const)(
    'the demo follows the switch of the site, and not a system that is %s',
    async (colorScheme) => {
      const { page, wrong } = await open('/', { colorScheme })
      const entries = await page.evaluate('history.length')
      const demo = page.frameLocator('iframe')
      const scheme = () => demo.locator('html').getAttribute('data-scheme')
      await expect.poll(scheme).toBe(colorScheme)
      await demo.getByText(/^(?!0\.0)\d+\.\d s of \d+/).waitFor()
      await page.getByRole('switch').first().click()
      await expect.poll(scheme).toBe(colorScheme === 'dark' ? 'light' : 'dark')
      // It continues, and "Back" leads away from the page as before.
      expect(await demo.getByText(/^0\.0 s of/).count()).toBe(0)
      expect(await page.evaluate('history.length')).toBe(entries)
      expect(wrong).toEqual([])
    },
  )

  test('search finds an error code without asking another server, and dark is a click away', async () => {
    const { page, wrong } = await open('/')
    await page.getByRole('switch').first().click()
    expect(await page.evaluate('document.documentElement.className')).toContain('dark')
    await page.keyboard.press('/')
    await page.locator('#localsearch-input').fill('ERR_HS_TIMEOUT')
    await page.locator('.results .result').first().click()
    await page.waitForURL(/errors#err_hs_timeout$/)
    expect(wrong).toEqual([])
  })
})
