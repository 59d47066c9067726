/**
 * Makes the picture of the project's README again: `npx pnpm picture`. It measures on this machine, with the built
 * program, and takes the timeline out of the page. Needs Chromium.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { properties } from '../src/page/colours.ts'
import { browserPath, startBrowser } from '../test/browser.ts'

const PICTURE = fileURLToPath(new URL('../../../docs/timeline.svg', import.meta.url))
const PROGRAM = fileURLToPath(new URL('../dist/bin.js', import.meta.url))
const WIDTH = 760

if (!browserPath) throw new Error('Chromium is needed: apt-get install chromium, or say in CHROMIUM where it is')
const folder = mkdtempSync(join(tmpdir(), 'hs-picture-'))
const file = join(folder, 'report.html')
const browser = await startBrowser()
try {
  // With node:net the threads are dealt connections in turn; from a shared descriptor, the one that is awake takes most.
  const only = 'sequential/node,threads/node,events/node'
  const what = ['--only', only, '--scenarios', 'burst', '--rounds', '1', '--html', file]
  execFileSync(process.execPath, [PROGRAM, 'compare', ...what], { stdio: ['ignore', 'ignore', 'inherit'] })

  const page = await browser.newPage({ viewport: { width: WIDTH, height: 800 } })
  await page.goto(pathToFileURL(file).href)
  const svg = await page
    .locator('#timeline figure svg')
    .first()
    .evaluate((picture) => picture.outerHTML)
  const style =
    `svg { ${properties('light')} } ` +
    `@media (prefers-color-scheme: dark) { svg { ${properties('dark')} } } rect.page { fill: var(--page) }`
  writeFileSync(
    PICTURE,
    `${svg
      .replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')
      .replace(/(<svg[^>]*>)/, `$1<style>${style}</style><rect class="page" width="100%" height="100%"/>`)}\n`,
  )
} finally {
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
}
console.log(PICTURE)
