import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { AlarmClock, PolledClock } from '../src/clocks.js'

let time = 0

beforeEach(() => {
  time = 0
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  vi.spyOn(process, 'hrtime').mockImplementation(() => [0, time * 1e6])
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

function pass(ms: number): void {
  time += ms
  vi.advanceTimersByTime(ms)
}

/** Whether the one timer of the event loop keeps the process alive. */
function keepsAlive(alarms: MockInstance<typeof setTimeout>): boolean {
  expect(vi.getTimerCount()).toBe(1)
  return alarms.mock.results.at(-1)!.value.hasRef()
}

describe('a clock with one alarm', () => {
  it('keeps the process alive by one timer of the event loop, while one of its own is left', () => {
    const alarms = vi.spyOn(globalThis, 'setTimeout')
    const clock = new AlarmClock()
    const timers = [30, 10, 30, 20].map((ms) => clock.after(ms, () => {}))
    expect(keepsAlive(alarms)).toBe(true)
    for (const timer of timers.slice(1)) timer.cancel()
    expect(keepsAlive(alarms)).toBe(true)
    timers[0]!.cancel()
    expect(keepsAlive(alarms)).toBe(false)
    // As good as never, so none is set.
    clock.after(Number.MAX_SAFE_INTEGER, () => {})
    expect(keepsAlive(alarms)).toBe(false)
  })

  it.each([2 ** 31 - 1, 2 ** 31 - 2, 2 ** 31 - 2.5])(
    'asks the event loop for no more than it can, after %d ms',
    (ms) => {
      const alarms = vi.spyOn(globalThis, 'setTimeout')
      time = 0.5
      new AlarmClock().after(ms, () => {})
      for (const [, delay] of alarms.mock.calls) expect(delay).toBeLessThanOrEqual(2 ** 31 - 1)
    },
  )

  it('needs no new timer of the event loop for one that is set when all others are over', () => {
    const alarms = vi.spyOn(globalThis, 'setTimeout')
    const clock = new AlarmClock()
    clock.after(10, () => {}).cancel()
    const called = vi.fn()
    clock.after(10, called)
    expect(alarms).toHaveBeenCalledOnce()
    expect(keepsAlive(alarms)).toBe(true)
    pass(10)
    expect(called).toHaveBeenCalledOnce()
  })

  it('comes for the others after a callback that throws', () => {
    const clock = new AlarmClock()
    const called: string[] = []
    clock.after(10, () => {
      throw new Error('a bug of the caller')
    })
    clock.after(10, () => called.push('in the same millisecond'))
    clock.after(20, () => called.push('later'))
    expect(() => pass(11)).toThrow('a bug of the caller')
    pass(20)
    expect(called).toEqual(['in the same millisecond', 'later'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('comes for a timer that was set when all others were over', () => {
    const clock = new AlarmClock()
    clock.after(10, () => {}).cancel()
    const called = vi.fn()
    clock.after(5, called)
    pass(6)
    expect(called).toHaveBeenCalledOnce()
  })
})

describe('a clock that is polled', () => {
  it('knows when it must be, also when lengths have come and gone by the dozen', () => {
    const clock = new PolledClock()
    for (let ms = 1; ms <= 100; ms++) clock.after(ms, () => {}).cancel()
    expect(clock.earliest).toBe(Number.POSITIVE_INFINITY)
    const called = vi.fn()
    clock.after(50, called, 'argument')
    expect(clock.earliest - clock.now()).toBe(50)
    pass(50)
    clock.run()
    clock.run()
    expect(called).toHaveBeenCalledExactlyOnceWith('argument')
  })

  it('can be wrapped by a copy', () => {
    const clock = new PolledClock()
    const wrapped = { ...clock, after: clock.after }
    wrapped.after(10, () => {}).cancel()
    expect(wrapped.now()).toBe(clock.now())
  })
})
