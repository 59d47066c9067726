import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { hasProc, processes } from '../src/proc.js'

const WATCHDOG = new URL('../src/watchdog.ts', import.meta.url).href

/** Starts a program that is to be watched, and is gone in the same moment. */
const DIES = `
import { spawn } from 'node:child_process'
import { Watchdog } from ${JSON.stringify(WATCHDOG)}
const mark = process.argv[1]
new Watchdog('HS_TEST=' + mark)
const { pid } = spawn('sleep', ['60'], { detached: true, stdio: 'ignore', env: { ...process.env, HS_TEST: mark + '-1' } })
process.stdout.write(String(pid), () => process.kill(process.pid, 'SIGKILL'))
`

it.runIf(hasProc)('ends also what was started just before this process was killed', async () => {
  const dying = spawn(process.execPath, ['--input-type=module', '--eval', DIES, randomUUID()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let pid = ''
  dying.stdout.on('data', (chunk: Buffer) => {
    pid += chunk.toString()
  })
  expect(await once(dying, 'close')).toEqual([null, 'SIGKILL'])
  expect(pid).toMatch(/^\d+$/)
  const lives = () => processes().some((one) => one.pid === Number(pid) && one.state !== 'Z')
  await expect.poll(lives, { timeout: 10_000 }).toBe(false)
})
