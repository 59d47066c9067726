/** When handshakes begin, with a clock that the tests move: no connection, no waiting. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ClosedLoop, OpenLoop, type PacerClock, type Starter } from '../src/run/pacer.js'
import { constantRate, stagedRate } from '../src/run/schedule.js'

/** Time that passes only when nothing else is to be done. */
class FakeClock implements PacerClock {
  time = 0
  /** How long every begin takes. */
  costMs = 0
  #waiting: { readonly at: number; readonly callback: () => void }[] = []

  now(): number {
    return this.time
  }

  after(ms: number, callback: () => void): void {
    this.#waiting.push({ at: this.time + ms, callback })
  }

  soon(callback: () => void): void {
    // A turn of the event loop takes a while, too.
    this.after(0.1, callback)
  }

  run(untilMs: number): void {
    for (;;) {
      const [next] = this.#waiting.toSorted((one, other) => one.at - other.at)
      if (!next || next.at > untilMs) break
      this.#waiting.splice(this.#waiting.indexOf(next), 1)
      this.time = Math.max(this.time, next.at)
      next.callback()
    }
    this.time = Math.max(this.time, untilMs)
  }
}

/** Notes what is begun, and may begin until the load is over. */
function starter(clock: FakeClock, untilMs: number) {
  const begun: { intended: number; now: number }[] = []
  const made: Starter & { begun: typeof begun } = {
    begun,
    mayBegin: (intended) => intended < untilMs,
    begin(intended, now) {
      begun.push({ intended, now })
      clock.time += clock.costMs
    },
    onIdle() {},
  }
  return made
}

describe('an open loop', () => {
  it('begins what is due, evenly spaced, and never early', () => {
    const clock = new FakeClock()
    const load = starter(clock, 1000)
    const loop = new OpenLoop(constantRate(100), clock, load)
    loop.start(0)
    clock.run(2000)
    expect(load.begun.map(({ intended }) => Math.round(intended))).toEqual(
      Array.from({ length: 100 }, (_, at) => at * 10),
    )
    for (const { intended, now } of load.begun) {
      expect(now).toBeGreaterThanOrEqual(intended)
      expect(now - intended).toBeLessThan(1)
    }
    expect(loop.isFinished).toBe(true)
  })

  it('keeps the times of what it could not begin in time: a stall is not forgotten', () => {
    const clock = new FakeClock()
    const load = starter(clock, 1000)
    new OpenLoop(constantRate(100), clock, load).start(0)
    clock.run(300)
    // The machine does nothing for 400 ms.
    clock.time = 700
    clock.run(2000)
    expect(load.begun).toHaveLength(100)
    const late = load.begun.filter(({ intended, now }) => now - intended > 50)
    expect(late.length).toBeGreaterThan(30)
    expect(Math.max(...late.map(({ intended, now }) => now - intended))).toBeGreaterThan(380)
  })

  it('is as long as it should be when the machine is busy as it starts', () => {
    const clock = new FakeClock()
    const load = starter(clock, 1000)
    const loop = new OpenLoop(constantRate(100), clock, load)
    clock.time = 30
    loop.start(0)
    clock.run(2000)
    expect(load.begun).toHaveLength(100)
  })

  it('lets others have their turn at a rate that is more than it can do', () => {
    const clock = new FakeClock()
    clock.costMs = 1
    const load = starter(clock, 100_000)
    new OpenLoop(constantRate(1_000_000), clock, load).start(0)
    // The first turn has ended, though as much is due as ever.
    expect(clock.time).toBeLessThan(25)
    expect(load.begun.length).toBeLessThan(25)
    let turns = 0
    clock.soon(() => turns++)
    clock.run(clock.time + 200)
    expect(turns).toBe(1)
  })

  it('is finished at once if nothing is to begin', () => {
    const clock = new FakeClock()
    const load = starter(clock, 0)
    const loop = new OpenLoop(constantRate(100), clock, load)
    loop.start(0)
    expect({ finished: loop.isFinished, begun: load.begun }).toEqual({ finished: true, begun: [] })
  })
})

describe('a closed loop', () => {
  it('has as many under way as it has clients, and one more for each that is over', () => {
    const clock = new FakeClock()
    const load = starter(clock, 1000)
    const loop = new ClosedLoop(3, clock, load)
    loop.start()
    expect(load.begun).toHaveLength(3)
    loop.onOver(true)
    expect(load.begun).toHaveLength(4)
  })

  it('waits a moment after a connect that failed, so that a server that is gone is not hammered', () => {
    const clock = new FakeClock()
    const load = starter(clock, 1000)
    const loop = new ClosedLoop(1, clock, load)
    loop.start()
    loop.onOver(false)
    expect(load.begun).toHaveLength(1)
    clock.run(9)
    expect(load.begun).toHaveLength(1)
    clock.run(10)
    expect(load.begun).toHaveLength(2)
  })

  it('is finished when its time is over', () => {
    const clock = new FakeClock()
    const loop = new ClosedLoop(1, clock, starter(clock, 1000))
    expect(loop.isFinished).toBe(false)
    clock.time = 1000
    expect(loop.isFinished).toBe(true)
  })
})

describe('stages', () => {
  const due = (stages: [number, number][], number: number) =>
    stagedRate(stages.map(([durationMs, perSecond]) => ({ durationMs, perSecond }))).dueMs(number)

  it('go from 0 to their rate, and from there to the next', () => {
    const stages: [number, number][] = [
      [10_000, 100],
      [10_000, 100],
      [10_000, 0],
    ]
    // The areas below the rate are 500, 1000 and 500.
    expect(due(stages, 0)).toBe(0)
    expect(due(stages, 125)).toBeCloseTo(5_000, 6)
    expect(due(stages, 500)).toBeCloseTo(10_000, 6)
    expect(due(stages, 1_000)).toBeCloseTo(15_000, 6)
    expect(due(stages, 1_500)).toBeCloseTo(20_000, 6)
    expect(due(stages, 1_875)).toBeCloseTo(25_000, 6)
    expect(due(stages, 2_000)).toBe(Number.POSITIVE_INFINITY)
  })

  it('jump where they have no length', () => {
    expect(
      due(
        [
          [0, 50],
          [2_000, 50],
        ],
        50,
      ),
    ).toBeCloseTo(1_000, 6)
  })

  it('may pause', () => {
    const stages: [number, number][] = [
      [0, 10],
      [1_000, 10],
      [0, 0],
      [5_000, 0],
      [0, 10],
      [1_000, 10],
    ]
    expect(due(stages, 9)).toBeCloseTo(900, 6)
    expect(due(stages, 10)).toBeCloseTo(6_000, 6)
  })

  it('begin no attempt more because of how a computer rounds', () => {
    // 4.4 s on the way to 165 per second, which are 363.
    expect(due([[4_400, 165]], 362)).toBeLessThan(4_400)
    expect(due([[4_400, 165]], 363)).toBe(Number.POSITIVE_INFINITY)
  })

  it('of any kind begin in order, as many as the area below their rate', () => {
    const stage = fc.tuple(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 200 }))
    fc.assert(
      fc.property(fc.array(stage, { minLength: 1, maxLength: 5 }), (stages) => {
        const schedule = stagedRate(stages.map(([durationMs, perSecond]) => ({ durationMs, perSecond })))
        let [area, from] = [0, 0]
        for (const [durationMs, to] of stages) {
          area += (((from + to) / 2) * durationMs) / 1000
          from = to
        }
        let [count, last] = [0, 0]
        // An `expect` for each of them would take most of the time.
        const misplaced: number[] = []
        for (; schedule.dueMs(count) < Number.POSITIVE_INFINITY; count++) {
          const at = schedule.dueMs(count)
          if (!(at >= last - 1e-6 && at <= schedule.lengthMs + 1e-6)) misplaced.push(at)
          last = at
        }
        expect(misplaced).toEqual([])
        expect(count).toBe(Math.max(0, Math.ceil(area - 1e-9)))
      }),
      { numRuns: 200 },
    )
  })
})
