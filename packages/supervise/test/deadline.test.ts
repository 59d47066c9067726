import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { pause } from '../src/deadline.js'

let clock = 0
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] })
  vi.spyOn(performance, 'now').mockImplementation(() => clock)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** How long a pause is by the clock, if each of its ticks takes `tickMs`. */
async function lasts(ms: number, tickMs: number): Promise<number> {
  clock = 0
  let isOver = false
  void pause(ms).then(() => {
    isOver = true
  })
  while (!isOver) {
    clock += tickMs
    await vi.advanceTimersToNextTimerAsync()
  }
  return clock
}

it('a wait is as long as it should be if each tick is a bit late, as on an idle machine', async () => {
  expect(await lasts(5200, 21)).toBeLessThan(5250)
})

it('a wait is prolonged by the time for which this process was not running', async () => {
  expect(await lasts(1000, 500)).toBeGreaterThan(20_000)
})
