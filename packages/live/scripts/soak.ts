/**
 * Ten minutes of load with a page that watches: memory of the process, of its servers and of the page stays flat.
 * `npx pnpm soak:live`, followed by a number of minutes if ten are too many. Needs Chromium. Exit status 1: it grew.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { live } from '@hs/live'
import { browserPath, startBrowser } from '../../load/test/browser.ts'

const MINUTES = Number(process.argv[2] ?? 10)

/** Per server and second. */
const RATE = 20

/** What is not counted: caches and pools fill at first. */
const WARM_UP_MS = 60_000
const LOOK_EVERY_MS = 10_000

/** The last third may need this much more than the first one. Less is noise of the collector. */
const MOST_GROWTH = 1.25

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

if (!browserPath) throw new Error('Chromium is needed: apt-get install chromium, or say in CHROMIUM where it is')
const browser = await startBrowser()
const served = await live({ settings: { rate: RATE, thinkMs: 0 } })
const page = await browser.newPage()
await page.goto(served.url)
const client = await page.context().newCDPSession(page)
const samples: { process: number; servers: number; page: number }[] = []
await sleep(WARM_UP_MS)
for (const end = Date.now() + MINUTES * 60_000; Date.now() < end; await sleep(LOOK_EVERY_MS)) {
  await client.send('HeapProfiler.collectGarbage')
  const { usedSize } = await client.send('Runtime.getHeapUsage')
  samples.push({ process: heap(), servers: servers(), page: Math.round(usedSize / 1024) })
  console.log(JSON.stringify(samples.at(-1)))
}
const counted = await (await fetch(`${served.url}counters`)).text()
const shown = await page.locator('.counts').allTextContents()
console.log(counted, shown)
await browser.close()
await served[Symbol.asyncDispose]()

const third = Math.ceil(samples.length / 3)
let grew = false
for (const what of ['process', 'servers', 'page'] as const) {
  const middle = (part: typeof samples) =>
    part.map((sample) => sample[what]).sort((a, b) => a - b)[Math.floor(part.length / 2)]!
  const [first, last] = [middle(samples.slice(0, third)), middle(samples.slice(-third))]
  console.log(`${what}: ${first} KiB at first, ${last} KiB at last`)
  grew ||= last > first * MOST_GROWTH
}
process.exitCode = grew ? 1 : 0

/** What is left after a collection: resident memory goes up and down with what else the machine does. */
function heap(): number {
  collect()
  return Math.round(process.memoryUsage().heapUsed / 1024)
}

function resident(pid: string): number {
  return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])
}

/** All children of this process that are servers. */
function servers(): number {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('lane-server') &&
          readFileSync(`/proc/${pid}/stat`, 'utf8').includes(`) S ${process.pid} `)
        )
      } catch {
        return false
      }
    })
    .reduce((sum, pid) => sum + resident(pid), 0)
}
