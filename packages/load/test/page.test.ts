/** The report in a real browser. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CompareReport } from '../src/compare/compare.js'
import type { ServerReport } from '../src/compare/server-report.js'
import { browserPath, startBrowser } from './browser.js'
import { run } from './program.js'

const PROGRAM = fileURLToPath(new URL('../dist/bin.js', import.meta.url))
const TRANSPORT = process.platform === 'linux' ? 'linux' : 'node'

let folder: string
let file: string
let report: CompareReport
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hs-load-'))
  file = join(folder, 'report.html')
  const only = `sequential/${TRANSPORT},events/${TRANSPORT}`
  const what = ['--only', only, '--rounds', '2', '--duration', '100ms', '--json', '--quiet']
  // A server of the user's, with a name that would end an element if it was not escaped.
  const theirs = `</script>=${process.execPath} ${fileURLToPath(new URL('./server.js', import.meta.url))} {port}`
  const files = ['--html', file, '--markdown', join(folder, 'report.md')]
  const ended = await run(PROGRAM, ['compare', ...what, '--server', theirs, ...files])
  expect(ended, ended.stderr).toMatchObject({ status: 0 })
  report = JSON.parse(ended.stdout)
}, 100_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a comparison has every server in every scenario, the first as the measure of the others', () => {
  const names = [`sequential/${TRANSPORT}`, `events/${TRANSPORT}`, '</script>']
  expect(report.servers.map(({ name }) => name)).toEqual(names)
  expect(report.scenarios.map(({ name }) => name)).toEqual(['steady', 'stalled', 'slow', 'burst', 'growing'])
  for (const { name: scenario, servers } of report.scenarios) {
    expect(servers.map(({ name }) => name)).toEqual(names)
    for (const { name, rounds, established, opened, started, failed, relative } of servers) {
      const where = `${name} in ${scenario}`
      expect(rounds, where).toBe(2)
      expect(established, where).toBeGreaterThan(0)
      expect(failed, where).toBe(0)
      expect(opened, where).toBe(started)
      if (name === report.baseline) expect(relative?.value, where).toBe(1)
    }
  }
  expect(report.scenarios.find(({ name }) => name === 'burst')!.servers[0]!.started).toBe(2000)
})

test('a comparison shows that a stalled client stops a sequential server, and no other', () => {
  const [sequential, events] = report.scenarios.find(({ name }) => name === 'stalled')!.servers
  // The stall lasts 50 ms, and clients that came at its beginning waited for all of it.
  expect(sequential!.latency.max).toBeGreaterThan(40)
  // Connections arrive at a fixed rate, half of them during the stall: a server that stops for it has the same curve.
  // On a busy machine some wait for a core, but not a quarter of them for half as long as the stall makes them wait.
  const upperQuartile = ({ curve }: ServerReport) => curve.find(({ percentile }) => percentile === 75)!.ms
  expect(upperQuartile(events!)).toBeLessThan(upperQuartile(sequential!) / 2)
})

test.runIf(process.platform === 'linux')('a comparison tells memory by /proc', () => {
  for (const { peakBytes } of report.scenarios[0]!.servers) expect(peakBytes).toBeGreaterThan(2 ** 20)
})

test('a timeline has a bar for each connection; one by one in sequence, overlapping with events', () => {
  const [sequential, events, theirs] = report.timelines
  for (const { bars } of report.timelines) {
    expect(bars).toHaveLength(16)
    for (const { arrived, served, ended, established } of bars) {
      expect(established).toBe(true)
      expect(served).toBeGreaterThanOrEqual(arrived)
      expect(ended).toBeGreaterThan(served)
    }
  }
  expect(sequential!.seenBy).toBe('server')
  const overlaps = (bars: readonly { served: number; ended: number }[]) =>
    bars.filter(({ served }, at) => bars.some(({ ended }, other) => other < at && ended > served + 1)).length
  expect(overlaps(sequential!.bars)).toBe(0)
  expect(overlaps(events!.bars)).toBeGreaterThan(8)
  // A client that is accepted immediately has not waited, however long it thinks before its first message.
  const waits = events!.bars.map(({ arrived, served }) => served - arrived).sort((a, b) => a - b)
  expect(waits[8]).toBeLessThan(15)
  expect(theirs!.seenBy).toBe('client')
  expect(theirs!.bars[0]!.thread).toBeUndefined()
})

test('the Markdown has a table for each scenario', () => {
  const text = readFileSync(join(folder, 'report.md'), 'utf8')
  expect(text.match(/^## /gm)).toHaveLength(5)
  expect(text.match(/^\| events\//gm)).toHaveLength(5)
})

describe.skipIf(!browserPath)('the page, in a browser (skipped without Chromium: apt-get install chromium)', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(() => browser.close())

  async function open(
    width: number,
    colorScheme: 'light' | 'dark' = 'light',
  ): Promise<{ page: Page; wrong: string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme })
    const wrong: string[] = []
    page.on('pageerror', ({ message }) => wrong.push(message))
    page.on('console', (message) => message.type() !== 'log' && wrong.push(message.text()))
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) wrong.push(request.url())
    })
    await page.goto(pathToFileURL(file).href)
    return { page, wrong }
  }

  test.each([
    [1200, 'light'],
    [1200, 'dark'],
    [390, 'light'],
    [320, 'dark'],
  ] as const)(
    'draws everything at a width of %d, %s, without help from outside, and nothing sticks out',
    async (width, scheme) => {
      const { page, wrong } = await open(width, scheme)
      expect(await page.locator('figure svg').count()).toBe(3 * 5 + 1 + 2)
      for (const svg of await page.locator('figure svg').all()) {
        expect(await svg.getAttribute('aria-label')).toMatch(/\w{3}/)
        expect(await svg.locator('path, rect, circle, line').count()).toBeGreaterThan(1)
      }
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
      // Text of pictures is as large on a phone as elsewhere.
      const sizes = await page
        .locator('figure svg')
        .evaluateAll((all) => all.map((svg) => svg.getBoundingClientRect().width / Number(svg.getAttribute('width'))))
      for (const size of sizes) expect(size).toBeCloseTo(1, 1)
      expect(wrong).toEqual([])
      await page.close()
    },
  )

  test('is dark in the dark and light on paper, and draws itself again for it', async () => {
    const { page, wrong } = await open(1200, 'dark')
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
    expect(await background()).toBe('rgb(20, 24, 28)')
    await page.emulateMedia({ media: 'print' })
    expect(await background()).toBe('rgb(255, 255, 255)')
    const pdf = await page.pdf({ format: 'A4' })
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    expect(wrong).toEqual([])
    await page.close()
  })

  test('has the numbers as tables, and names of servers as text and not as markup', async () => {
    const { page } = await open(800)
    for (const details of await page.locator('details').all()) await details.locator('summary').click()
    expect(await page.locator('table').count()).toBe(5)
    const steady = page.locator('#steady tbody tr')
    expect(await steady.locator('th').allTextContents()).toEqual(report.servers.map(({ name }) => name))
    expect(await page.locator('#steady p').textContent()).toMatch(/Best is .* handshakes per second/)
    await page.close()
  })

  test('has a bar of the timeline for each connection', async () => {
    const { page } = await open(1200)
    expect(await page.locator('#timeline [aria-label="bar"] rect').count()).toBe(3 * 16)
    await page.close()
  })

  test('draws also what never answered anything', async () => {
    const empty = structuredClone(report) as { -readonly [K in keyof CompareReport]: CompareReport[K] }
    empty.timelines = []
    empty.problems = ['round 1 of 2, steady: the server <b>theirs</b> ended (9)']
    empty.scenarios = report.scenarios.map((scenario) => ({
      ...scenario,
      servers: scenario.servers.map((server) => ({ ...server, relative: undefined, curve: [], series: [], steps: [] })),
    }))
    const before = readFileSync(file, 'utf8')
    const data = JSON.stringify(empty).replaceAll('<', '\\u003c')
    try {
      writeFileSync(
        file,
        before.replace(/(id="data">).*?(<\/script>)/s, (_, start, end) => start + data + end),
      )
      const { page, wrong } = await open(800)
      expect(await page.locator('figure svg').count()).toBe(18)
      expect(await page.locator('.problem').allTextContents()).toEqual(empty.problems)
      expect(wrong).toEqual([])
      await page.close()
    } finally {
      writeFileSync(file, before)
    }
  })
})
