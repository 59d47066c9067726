/**
 * Makes the pictures of the five steps of the tour again: `npx pnpm pictures:live`. They show real servers on this machine.
 * Needs Chromium.
 */
import { fileURLToPath } from 'node:url'
import { live } from '@hs/live'
import { browserPath, startBrowser } from '../../load/test/browser.ts'

const WIDTH = 1240
const HEIGHT = 850

/** What each step is about, as the page says it. */
const SHOWN_WITH = [
  /^3 clients wait for client/,
  /which has been silent for 6 s/,
  /taken, 2 by a client that is silent/,
  /^16 clients wait for a free thread/,
  /^One thread serves all 50 clients/,
]

/** One step is also shown in the dark, on a phone. */
const PHONE = { name: 'live-phone.png', viewport: { width: 390, height: 844 }, step: 2 }

if (!browserPath) throw new Error('Chromium is needed: apt-get install chromium, or say in CHROMIUM where it is')
const picture = (name: string) => fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url))
const browser = await startBrowser()
const served = await live({ settings: { rate: 0 } })
try {
  const all = SHOWN_WITH.map((_, step) => ({ name: `live-${step + 1}.png`, step: step + 1 }))
  await tour({ width: WIDTH, height: HEIGHT }, 'light', all)
  await tour(PHONE.viewport, 'dark', [PHONE])
} finally {
  await browser.close()
  await served[Symbol.asyncDispose]()
}

/** Takes the tour, and pictures of some of its steps. */
async function tour(
  viewport: { width: number; height: number },
  colorScheme: 'light' | 'dark',
  shown: { name: string; step: number }[],
) {
  const page = await browser.newPage({ viewport, colorScheme })
  page.setDefaultTimeout(60_000)
  await page.goto(served.url)
  await page.getByRole('button', { name: 'Take the tour' }).click()
  for (let step = 1; step <= Math.max(...shown.map((each) => each.step)); step++) {
    if (step > 1) await page.getByRole('button', { name: /^Next/ }).click()
    const wanted = shown.find((each) => each.step === step)
    if (!wanted) continue
    await page
      .getByText(SHOWN_WITH[step - 1]!)
      .first()
      .waitFor()
    // There is more to see while messages are under way.
    while (!(await page.evaluate('hsLive.stages.some(({ messages }) => messages.length > 0)')))
      await page.waitForTimeout(20)
    await page.screenshot({ path: picture(wanted.name) })
    console.log(picture(wanted.name))
  }
  await page.close()
}
