/** The page in a real browser, on real sockets. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type LiveOptions, live } from '@hs/live'
import type { Counters } from '@hs/server-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { browserPath, startBrowser } from '../../load/test/browser.js'
import type { SceneEvent } from '../src/scene/events.js'
import { TOUR } from '../src/scene/tour.js'
import { startLive, until } from './helpers.js'

const PROGRAM = fileURLToPath(new URL('../dist/bin.js', import.meta.url))

let browser: Browser
beforeAll(async () => {
  if (browserPath) browser = await startBrowser()
})
afterAll(() => browser?.close())

interface Look {
  readonly width?: number
  readonly colorScheme?: 'light' | 'dark'
  readonly reducedMotion?: 'reduce'
}

/** @returns What the page complained about, or asked of others. */
async function open(url: string, { width = 1280, ...look }: Look = {}): Promise<{ page: Page; wrong: string[] }> {
  const page = await browser.newPage({ viewport: { width, height: 800 }, ...look })
  onTestFinished(() => page.close())
  const wrong: string[] = []
  page.on('pageerror', ({ message }) => wrong.push(message))
  page.on('dialog', (dialog) => wrong.push(dialog.message()))
  page.on('console', (message) => message.type() !== 'log' && wrong.push(message.text()))
  page.on('request', (request) => {
    if (!request.url().startsWith(url.replace(/[^/]*$/, '')) && !request.url().startsWith('data:'))
      wrong.push(request.url())
  })
  await page.goto(url)
  return { page, wrong }
}

async function openLive(options: LiveOptions = {}, look?: Look) {
  const { watcher, page: served } = await startLive(options)
  const opened = await open(served.url, look)
  await opened.page.locator('.lane').first().waitFor()
  return { watcher, url: served.url, ...opened }
}

const countsIn = (page: Page) => page.locator('.counts').allTextContents()

describe.skipIf(!browserPath)('the page (skipped without Chromium: apt-get install chromium)', () => {
  test.each([
    ['One client', 'c', { kind: 'normal', times: 1 }],
    ['Burst of 50', 'b', { kind: 'normal', times: 50 }],
    ['Slow client', 's', { kind: 'slow', times: 1 }],
    ['Stall one client', 't', { kind: 'stalled', times: 1 }],
    ['Reset', 'r', { kind: 'reset', times: 1 }],
    ['Wrong Z', 'w', { kind: 'wrong', times: 1 }],
  ])('the button "%s" and the key %s send what they say to every server', async (name, key, { kind, times }) => {
    const { page, watcher, wrong } = await openLive()
    const arrived = () => watcher.events.filter((event) => event.type === 'arrives' && event.kind === kind).length
    await page.getByRole('button', { name, exact: true }).click()
    await until('they arrived', () => arrived() === 3 * times)
    await page.keyboard.press(key)
    await until('more arrived', () => arrived() === 6 * times)
    expect(wrong).toEqual([])
  })

  test('the other controls do what they say, and show what holds', async () => {
    const { page, watcher } = await openLive({ settings: { rate: 0, thinkMs: 300 } })
    const { scene } = watcher
    const slide = async (label: string, key: string) => {
      await page.getByRole('slider', { name: label }).focus()
      await page.keyboard.press(key)
    }
    await slide('Clients per second', 'ArrowRight')
    await until('the rate is set', () => scene.settings.rate === 0.5)
    await slide('Clients per second', 'Home')
    await until('the rate is set', () => scene.settings.rate === 0)
    await slide('Threads', 'End')
    await until(
      'there are 8 threads',
      () => watcher.lane('threads').info.threads === 8 && watcher.lane('threads').state === 'up',
    )
    await slide('Clients think', 'ArrowLeft')
    await until('clients think less', () => scene.settings.thinkMs === 200)
    await page.getByLabel('Slow motion').selectOption('5')
    await until('time is slow', () => scene.settings.slowMotion === 5)
    await page.getByText('Threads: 8').waitFor()
    await page.getByText('Clients think: 200 ms').waitFor()
    await page.getByRole('button', { name: 'Stall one client' }).click()
    await until('it holds a thread', () =>
      [...watcher.lane('sequential').connections.values()].some(({ place }) => place === 'served'),
    )
    await page.getByRole('button', { name: 'Start over' }).click()
    await until('all is new', () =>
      scene.lanes.every(({ state, connections }) => state === 'up' && connections.size === 0),
    )
  })

  test('a slider stays where it is put, also while the picture stands still', async () => {
    const { page, watcher } = await openLive({ strategies: ['events'] })
    await page.keyboard.press('p')
    await until('clients are held back', () => watcher.scene.settings.holding)
    const slider = page.getByRole('slider', { name: 'Clients think' })
    const seen = page.evaluate(async () => {
      const input = document.querySelectorAll<HTMLInputElement>('input[type=range]')[2]!
      const values = [input.value]
      // Longer than the page takes to draw its text again.
      for (const end = performance.now() + 1_000; performance.now() < end; ) {
        if (values.at(-1) !== input.value) values.push(input.value)
        await new Promise(requestAnimationFrame)
      }
      return values
    })
    await slider.focus()
    await page.keyboard.press('End')
    expect(await seen).toEqual(['100', '3000'])
    await page.getByText('Clients think: 3000 ms').waitFor()
    expect(watcher.scene.settings.thinkMs).toBe(3_000)
  })

  test('a stalled client is released', async () => {
    const { page, watcher } = await openLive({ strategies: ['sequential'] })
    await page.keyboard.press('t')
    await until('it has heard Y', () => watcher.events.some(({ type }) => type === 'hears'))
    await page.keyboard.press('g')
    await until('it is done', () => watcher.lane('sequential').established === 1)
  })

  test('its counts are those of the servers', async () => {
    const { page, watcher, url } = await openLive({ settings: { thinkMs: 6 } })
    for (const key of 'bbwrs') await page.keyboard.press(key)
    await until('all are done', () =>
      watcher.scene.lanes.every(({ connections, established }) => connections.size === 0 && established === 101),
    )
    await until('the page says what the servers say', async () => {
      const told = (await (await fetch(`${url}counters`)).json()) as { counters: Counters }[]
      const shown = await countsIn(page)
      expect(told).not.toEqual([])
      return told.every(({ counters }, lane) => {
        const failed = Object.entries(counters.failed)
        const sum = failed.reduce((all, [, count]) => all + count, 0)
        const list = failed.every(([code, count]) => shown[lane]!.includes(`${count} ${code}`))
        return (
          shown[lane]!.startsWith(`${counters.established} established, ${sum} failed`) &&
          list &&
          counters.established === 101
        )
      })
    })
  })

  test('says which clients wait for which, and for how long', async () => {
    const { page } = await openLive({ settings: { thinkMs: 150 } })
    await page.keyboard.press('t')
    await page.getByText(/^The only thread serves client 10, which has been silent for/).waitFor()
    await page.keyboard.press('c')
    await page
      .getByText(/^1 client waits for client 10, which has been silent for \d+ s: the only thread serves one/)
      .waitFor()
    await page.getByText(/A silent client stops no other\.$/).waitFor()
  })

  test('paused, it stands still and no client arrives; a step shows the next event, and then it continues', async () => {
    const { page, watcher } = await openLive({ strategies: ['events'], settings: { rate: 20, thinkMs: 3 } })
    await until('some are done', () => watcher.lane('events').established > 3)
    await page.keyboard.press('p')
    await until(
      'clients are held back',
      () => watcher.scene.settings.holding && watcher.lane('events').connections.size === 0,
    )
    expect(await page.getByRole('button', { name: 'Pause' }).getAttribute('aria-pressed')).toBe('true')
    const [before] = await countsIn(page)
    const moment = () =>
      page.evaluate(() => (globalThis as never as { hsLive: { player: { at: number } } }).hsLive.player.at)
    const at = await moment()
    await page.keyboard.press('c')
    await until('it is done while the picture stands still', () => watcher.lane('events').connections.size === 0)
    expect(await moment()).toBe(at)
    expect(await countsIn(page)).toEqual([before])
    const steps: string[] = []
    while (!steps.includes('Nothing more has happened yet: send a client.') && steps.length < 200) {
      await page.keyboard.press('n')
      steps.push(await page.locator('.said').textContent().then(String))
    }
    expect(steps).toContain('Step: seated.')
    expect(steps).toContain('Step: ends.')
    await page.keyboard.press('p')
    await until('it continues', () => !watcher.scene.settings.holding)
    await watcher.send({ do: 'set', rate: 0 })
    await until(
      'no more clients come',
      () => watcher.scene.settings.rate === 0 && watcher.lane('events').connections.size === 0,
    )
    // The picture is as late as the pause was long, until "Go live" skips what it has missed.
    await page.keyboard.press('l')
    await until('it shows the present', async () =>
      (await countsIn(page))[0]!.startsWith(`${watcher.lane('events').established} `),
    )
  })

  test('the tour has five steps, and each drives the controls', async () => {
    const { page, watcher } = await openLive()
    await page.getByRole('button', { name: 'Take the tour' }).click()
    for (const [index, { title, commands, look }] of TOUR.entries()) {
      await page.getByRole('heading', { name: `${index + 1} of 5 ${title}` }).waitFor()
      expect(await page.evaluate(() => document.activeElement?.textContent)).toContain(title)
      const [set] = commands
      await until(
        'its settings hold',
        () =>
          set?.do === 'set' &&
          watcher.scene.settings.thinkMs === set.thinkMs &&
          watcher.scene.settings.rate === set.rate,
      )
      await until('its clients are there', () =>
        watcher.scene.lanes.every(({ state, connections }) => state === 'up' && connections.size > 0),
      )
      expect(await page.locator('.looked h2').textContent()).toBe(look)
      if (index < 4) await page.getByRole('button', { name: /^Next/ }).click()
    }
    await page.getByRole('button', { name: 'End the tour' }).click()
    await page.getByRole('button', { name: 'Take the tour' }).waitFor()
  })

  test('draws more than 500 connections as bars, says so, and forgets all that are gone', async () => {
    const { page, watcher } = await openLive({ settings: { thinkMs: 5_000 } })
    for (let press = 0; press < 4; press++) await page.keyboard.press('b')
    await page.getByText('More than 500 connections: they are drawn as bars').waitFor()
    await page.keyboard.press('0')
    await until('all are gone', () =>
      watcher.scene.lanes.every(({ state, connections }) => state === 'up' && connections.size === 0),
    )
    await until('the page holds nothing of them', () =>
      page.evaluate(() => {
        const { player, stages } = (
          globalThis as never as {
            hsLive: {
              player: { scene: { lanes: { connections: Map<number, unknown> }[] } }
              stages: { dots: Map<number, unknown>; leaving: Set<unknown>; messages: unknown[] }[]
            }
          }
        ).hsLive
        const lanes = player.scene.lanes.every(({ connections }) => connections.size === 0)
        return lanes && stages.every(({ dots, leaving, messages }) => dots.size + leaving.size + messages.length === 0)
      }),
    )
  })

  test.each([
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)('at a width of %d, %s, nothing sticks out, and axe finds nothing wrong', async (width, colorScheme) => {
    const { page, wrong } = await openLive({}, { width, colorScheme })
    await page.getByRole('button', { name: 'Take the tour' }).click()
    await page
      .getByText(/client waits|clients wait/)
      .first()
      .waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
    await page.evaluate(axe)
    const { violations } = (await page.evaluate('axe.run()')) as {
      violations: { id: string; nodes: { html: string }[] }[]
    }
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
    expect(wrong).toEqual([])
  })

  test('is light or dark as the end of its address says, whatever the system does, and paints in these colours', async () => {
    const { page, url } = await openLive({}, { colorScheme: 'light' })
    const colours = () =>
      page.evaluate(() => {
        const { backgroundColor, colorScheme } = getComputedStyle(document.body)
        const { canvas } = document.querySelector('canvas')!.getContext('2d')!
        // In the middle of a free thread.
        const [x, y] = [canvas.width * 0.75 + 6, canvas.height / 2 + 4].map(Math.round) as [number, number]
        const pixel = [...canvas.getContext('2d')!.getImageData(x, y, 1, 1).data].slice(0, 3)
        return [colorScheme, backgroundColor, `rgb(${pixel.join(', ')})`]
      })
    const light = ['light', 'rgb(255, 255, 255)', 'rgb(255, 255, 255)']
    const dark = ['dark', 'rgb(20, 24, 28)', 'rgb(20, 24, 28)']
    const become = (wanted: string[]) => expect.poll(colours, { timeout: 30_000 }).toEqual(wanted)
    await become(light)
    const entries = await page.evaluate('history.length')
    await page.evaluate((address) => location.replace(address), `${url}#dark`)
    await become(dark)
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.evaluate((address) => location.replace(address), `${url}#light`)
    await become(light)
    await page.evaluate((address) => location.replace(address), `${url}#`)
    await become(dark)
    expect(await page.evaluate('history.length')).toBe(entries)
  })

  test('has a heading, a sentence and the counts of each server in the tree of a screen reader', async () => {
    const { page } = await openLive()
    const tree = await page.locator('body').ariaSnapshot()
    for (const name of ['sequential', 'threads', 'events']) {
      expect(tree).toMatch(new RegExp(`- region "${name}":[\\s\\S]*?heading "${name}"[\\s\\S]*?established, 0 failed`))
    }
    expect(tree).toContain('group "Clients"')
    expect(tree).toMatch(/slider "Threads: \d"|slider "Threads/)
    expect(tree).not.toContain('- img')
  })

  test('is used by keyboard alone: every control is reached, and letters do nothing when they are switched off', async () => {
    const { page, watcher } = await openLive()
    const controls = await page.locator('button:enabled, input, select').count()
    const reached = new Set<string>()
    for (let press = 0; press < controls; press++) {
      await page.keyboard.press('Tab')
      reached.add(await page.evaluate(() => document.activeElement!.closest('button, label')!.textContent!))
    }
    expect(reached.size).toBe(controls)
    await page.getByLabel('keys without Ctrl or Alt').uncheck()
    await page.keyboard.press('c')
    await page.getByRole('button', { name: 'Stall one client' }).press('Enter')
    await until('the button worked', () =>
      watcher.events.some((event) => event.type === 'arrives' && event.kind === 'stalled'),
    )
    expect(watcher.events.some((event) => event.type === 'arrives' && event.kind === 'normal')).toBe(false)
  })

  test('with reduced motion, dots are at their places at once', async () => {
    const { page, watcher } = await openLive({ strategies: ['events'] }, { reducedMotion: 'reduce' })
    await page.keyboard.press('t')
    await until('it is served', () => watcher.events.some(({ type }) => type === 'hears'))
    const places = await until('it is drawn', () =>
      page.evaluate(() => {
        const { stages } = (
          globalThis as never as {
            hsLive: { stages: { dots: Map<number, { x: number; connection: { place: string } }> }[] }
          }
        ).hsLive
        const dots = [...stages[0]!.dots.values()].filter(({ connection }) => connection.place === 'served')
        return dots.length > 0 && dots.map(({ x }) => x)
      }),
    )
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
    const later = await page.evaluate(() => {
      const { stages } = (globalThis as never as { hsLive: { stages: { dots: Map<number, { x: number }> }[] } }).hsLive
      return [...stages[0]!.dots.values()].map(({ x }) => x)
    })
    expect(later).toEqual(places)
  })
})

describe.skipIf(!browserPath)('a page whose process', () => {
  async function program(args: readonly string[]) {
    const child = spawn(process.execPath, [PROGRAM, '--no-open', ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
    onTestFinished(async () => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    })
    let printed = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
    return { child, url: await until('its address', () => printed.trim()) }
  }

  test('is stopped says so, and continues when the process does', async () => {
    const { child, url } = await program(['--only', 'events', '--rate', '10', '--think', '0ms'])
    const { page } = await open(url)
    await page
      .getByText(/[1-9]\d* established/)
      .first()
      .waitFor()
    child.kill('SIGSTOP')
    await page.getByText('hs-live is silent: it may be stopped.').waitFor()
    const [before] = await countsIn(page)
    child.kill('SIGCONT')
    await page.getByText('hs-live is silent').waitFor({ state: 'hidden' })
    await until(
      'it counts on',
      async () => Number.parseInt((await countsIn(page))[0]!, 10) > Number.parseInt(before!, 10),
    )
  })

  test('is gone for a while comes back by itself, to what is there then', async () => {
    const first = await live({ token: 'again', strategies: ['events'], settings: { rate: 0 } })
    const { port } = new URL(first.url)
    const { page } = await open(first.url)
    await page.locator('.lane').waitFor()
    await page.keyboard.press('t')
    await page.getByText(/serves client 10/).waitFor()
    await first[Symbol.asyncDispose]()
    await page.getByText('No connection to hs-live: trying again.').waitFor()
    const second = await live({ token: 'again', port: Number(port), strategies: ['events'], settings: { rate: 0 } })
    onTestFinished(() => second[Symbol.asyncDispose]())
    await page.getByText('No connection to hs-live').waitFor({ state: 'hidden' })
    await page.getByText('No client is here.').waitFor()
    await page.keyboard.press('c')
    await page.getByText('1 established').first().waitFor()
  })
})

describe.skipIf(!browserPath)('what others send is text', () => {
  const EVIL = '<img/src=x/onerror=alert(1)></script><script>alert(2)</script>'

  test('from peers of a live server, and in the names of programs', async () => {
    const programs = [
      { name: '</script><script>alert(3)</script>', command: 'echo "<script>alert(4)</script>" >&2; exit 1 # {port}' },
    ]
    const { page, watcher, wrong } = await openLive({ strategies: ['events'], programs })
    const [host, port] = watcher.lane('events').info.address!.split(':')
    const socket = connect(Number(port), host)
    socket.on('error', () => {})
    socket.write(`HELLO ${EVIL}`)
    await until('it failed', () => watcher.lane('events').failed.size === 1)
    socket.destroy()
    expect(watcher.events.some((event) => event.type === 'received' && event.text.includes('<img'))).toBe(true)
    await page.getByRole('heading', { name: programs[0]!.name }).waitFor()
    await page.getByText('<script>alert(4)</script>').waitFor()
    expect(wrong).toEqual([])
  })

  test('in a recording, also as one file from the disk, which asks nothing of anybody', async () => {
    const made = mkdtempSync(join(tmpdir(), 'hs-live-'))
    onTestFinished(() => rmSync(made, { recursive: true, force: true }))
    const lane = { lane: 0, id: 1 }
    const events: SceneEvent[] = [
      { type: 'lane', at: 0, lane: 0, state: 'up', name: EVIL, threads: 1, strategy: 'events' },
      { type: 'arrives', at: 1, kind: 'visitor', ...lane },
      { type: 'seated', at: 2, thread: 0, ...lane },
      { type: 'received', at: 3, text: EVIL, ...lane },
      { type: 'answers', at: 4, text: EVIL, ms: 400, ...lane },
      { type: 'ends', at: 500, outcome: 'failed', code: EVIL, ...lane },
    ]
    const file = join(made, 'run.hslive')
    writeFileSync(file, ['{"hslive":1}', ...events.map((event) => JSON.stringify(event))].join('\n'))
    const html = join(made, 'demo.html')
    const child = spawn(process.execPath, [PROGRAM, 'replay', file, '--html', html], { stdio: 'inherit' })
    expect(await once(child, 'exit')).toEqual([0, null])
    const { page, wrong } = await open(pathToFileURL(html).href)
    await page.getByRole('heading', { name: EVIL }).waitFor()
    await page.getByText(`0 established, 1 failed (1 ${EVIL})`).waitFor()
    expect(await page.getByRole('button', { name: 'One client' }).count()).toBe(0)
    await page.getByLabel('Moment').fill('0')
    await page.getByText('0 established, 0 failed').waitFor()
    await page.getByText('0 established, 1 failed').waitFor()
    expect(wrong).toEqual([])
  })
})
