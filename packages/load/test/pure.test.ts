import { describe, expect, it } from 'vitest'
import { scenarios } from '../src/compare/scenarios.js'
import { type Measurement, reportOf } from '../src/compare/server-report.js'
import { type LoadReport, REPORT_SCHEMA, REPORT_VERSION } from '../src/measure/report.js'
import { latencyOf, Results } from '../src/measure/results.js'
import { median, ratioOf } from '../src/measure/statistics.js'
import { parseThresholds } from '../src/measure/thresholds.js'
import { COLOURS, PHASES, SURFACES } from '../src/page/colours.js'
import { formatLeft, formatMs } from '../src/report/format.js'
import { Progress } from '../src/report/progress.js'
import { reportText } from '../src/report/text.js'
import { chooser } from '../src/run/mix.js'
import { random } from '../src/run/random.js'

const latency = { count: 990, min: 0.1, mean: 0.3, p50: 0.25, p90: 1, p99: 20, p999: 30, max: 1234 }
const report: LoadReport = {
  schema: REPORT_SCHEMA,
  version: REPORT_VERSION,
  targets: [
    {
      target: '127.0.0.1:9000',
      started: 1000,
      opened: 998,
      established: 990,
      played: 0,
      unfinished: 0,
      failed: { refused: 2, timedOut: 8 },
    },
  ],
  transport: 'node',
  concurrency: 64,
  seed: 1,
  warmupMs: 0,
  durationMs: 2000,
  interrupted: false,
  perSecond: 495,
  started: 1000,
  opened: 998,
  established: 990,
  played: 0,
  unfinished: 0,
  failed: { refused: 2, timedOut: 8 },
  latency: { connect: latency, reply: latency, total: latency },
  slowLatency: { ...latency, count: 0 },
  latestStartMs: 0,
  examples: { refused: 'connect ECONNREFUSED 127.0.0.1:9000', timedOut: 'The deadline of 5000 ms passed.' },
  intervals: [],
}

describe('chance', () => {
  it('is the same for the same seed, another for another, and even', () => {
    const draw = (seed: number) => Array.from({ length: 1000 }, random(seed))
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
    const drawn = draw(7)
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...drawn)).toBeLessThan(1)
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = drawn.filter((number) => Math.floor(number * 10) === tenth).length
      expect(share).toBeGreaterThan(60)
      expect(share).toBeLessThan(140)
    }
  })

  it('chooses kinds of clients by their shares, whatever these add up to', () => {
    const choose = chooser({ normal: 3, slow: 1 })
    expect([0, 0.5, 0.7499, 0.75, 0.9999].map(choose)).toEqual(['normal', 'normal', 'normal', 'slow', 'slow'])
    expect(chooser({ silent: 5 })(0.3)).toBe('silent')
    expect(chooser({ normal: 0, reset: 1 })(0)).toBe('reset')
  })
})

describe('results', () => {
  it('keep percentiles to three digits, and slow clients apart', () => {
    const results = new Results(1)
    for (let ms = 1; ms <= 1000; ms++) results.established(0, 'normal', { reply: ms / 2, total: ms })
    results.established(0, 'slow', { reply: 1, total: 5000 })
    results.cut(0, 1000)
    const { total, reply } = results.histograms
    expect(latencyOf(total).p50).toBeCloseTo(500, -1)
    expect(latencyOf(total).p99).toBeCloseTo(990, -1)
    expect(latencyOf(reply).p50).toBeCloseTo(250, -1)
    expect(latencyOf(total)).toMatchObject({ count: 1000, min: expect.closeTo(1, 1), max: expect.closeTo(1000, -1) })
    expect(latencyOf(results.slow).count).toBe(1)
  })

  it('of nothing are zeros', () => {
    expect(Object.values(latencyOf(new Results(1).histograms.total)).every((value) => value === 0)).toBe(true)
  })

  it('have no percentile above the largest value', () => {
    const results = new Results(1)
    results.established(0, 'normal', { reply: 1, total: 7.8723 })
    results.cut(0, 1000)
    const { p50, p999, max } = latencyOf(results.histograms.total)
    expect([p50, p999]).toEqual([max, max])
  })

  it('of an interval leave out what was before it', () => {
    const results = new Results(1)
    results.established(0, 'normal', { reply: 1, total: 100 })
    expect(results.cut(0, 10)).toMatchObject({ established: 1, failed: 0, p50: expect.closeTo(100, 0) })
    results.failed(0, 'reset', 'why')
    expect(results.cut(10, 10)).toMatchObject({ established: 0, failed: 1, p50: 0 })
    expect(results.hasRecent).toBe(false)
    expect(latencyOf(results.histograms.total).count).toBe(1)
  })
})

describe('conditions', () => {
  it.each([
    ['p99>19ms', '20ms'],
    ['p99>20ms', undefined],
    ['p99>=20ms', '20ms'],
    ['p99 < 21ms', '20ms'],
    ['max>1s', '1.234s'],
    ['connect.p50>200us', '250us'],
    ['reply.p90>2ms', undefined],
    ['rate<500', '495'],
    ['rate<495', undefined],
    ['errors>0', '10'],
    ['errors>1%', undefined],
    ['errors>=1%', '1%'],
  ])('%s', (text, found) => {
    expect(parseThresholds(text).map((threshold) => threshold.violation(report))).toEqual([found])
  })

  it('come several at once, with commas or lines between', () => {
    expect(parseThresholds('p99>1ms, errors>1%\nrate<1').map(({ text }) => text)).toEqual([
      'p99>1ms',
      'errors>1%',
      'rate<1',
    ])
  })

  it.each(['', 'p99', 'p99>20', 'p98>20ms', 'rate<5ms', 'connect.rate<5', 'errors>1ms', 'p99=20ms', 'slow.p99>1ms'])(
    'refuses "%s", and says what would be one',
    (text) => {
      expect(() => parseThresholds(text)).toThrow(/such as 'p99>20ms'.*got/)
    },
  )
})

describe('the report for people', () => {
  it('begins with how many opened, and names each way to fail with an example', () => {
    const lines = reportText(report).split('\n')
    expect(lines[0]).toBe('998 of 1,000 opened, 990 established; 2 refused, 8 timed out')
    expect(lines[1]).toBe('495 handshakes per second for 2.00 s')
    expect(lines).toContain('refused: connect ECONNREFUSED 127.0.0.1:9000')
    expect(lines).toContainEqual(
      expect.stringMatching(/^first reply +100 us +250 us +1.00 ms +20.0 ms +30.0 ms +1.23 s$/),
    )
  })

  it('says which limit was reached, and how to raise it', () => {
    const of = (failed: LoadReport['failed']) => reportText({ ...report, failed })
    expect(of({ noDescriptors: 3 })).toContain('ulimit -n')
    expect(of({ noPorts: 3 })).toContain('ip_local_port_range')
    expect(of({ noPorts: 3 })).toContain('--sources')
  })

  it('admits that the load itself was late', () => {
    expect(reportText({ ...report, rate: 100, latestStartMs: 50 })).toContain('late by up to 50.0 ms')
    expect(reportText({ ...report, latestStartMs: 50 })).not.toContain('late by')
  })

  it.each([
    [0, '0 us'],
    [0.0123, '12 us'],
    [1.234, '1.23 ms'],
    [12.34, '12.3 ms'],
    [123.4, '123 ms'],
    [1234, '1.23 s'],
    [12345, '12.3 s'],
  ])('writes %d ms as %s', (ms, text) => expect(formatMs(ms)).toBe(text))

  it.each([
    [1, '1 s left'],
    [119_000, '119 s left'],
    [200_000, '3 min left'],
    [360_000_000, '100 h left'],
  ])('writes the rest of %d ms as %s', (ms, text) => expect(formatLeft(ms)).toBe(text))
})

describe('progress', () => {
  const interval = { atMs: 1000, lengthMs: 1000, established: 5000, failed: 0, p50: 0.2, p99: 3 }
  const counts = { started: 10_050, opened: 10_000, established: 9990, played: 0, unfinished: 0, failed: { reset: 1 } }

  function written(width: number | undefined, count?: number): string {
    let text = ''
    const progress = new Progress(
      (part) => (text += part),
      () => width,
      { durationMs: 10_000, count },
    )
    progress.interval(interval, counts)
    progress.end()
    return text
  }

  it('is a line of its own for each interval if it is not a terminal', () => {
    expect(written(undefined)).toBe('2 s  5,000/s  p50 200 us  p99 3.00 ms  1 error  8 s left\n')
  })

  it('is one line in a terminal, and gone at the end', () => {
    expect(written(80)).toBe('\r\x1b[K2 s  5,000/s  p50 200 us  p99 3.00 ms  1 error  8 s left\r\x1b[K')
  })

  it('is never wider than the terminal, where its rest would stay on the screen', () => {
    expect(written(20)).toBe('\r\x1b[K2 s  5,000/s  p50 2\r\x1b[K')
  })

  it('has no times for a second in which nothing was done', () => {
    let text = ''
    const progress = new Progress(
      (part) => (text += part),
      () => undefined,
      { durationMs: 10_000, count: undefined },
    )
    progress.interval({ ...interval, established: 0, p50: 0, p99: 0 }, counts)
    expect(text).toContain('  0/s  p50 -  p99 -  1 error')
  })

  it('says how many are waited for when the time is over', () => {
    let text = ''
    const progress = new Progress(
      (part) => (text += part),
      () => undefined,
      { durationMs: 1000, count: undefined },
    )
    progress.interval(interval, counts)
    expect(text).toContain('1 error  59 under way')
  })

  it('goes by the count where that is reached first', () => {
    expect(written(undefined, 15_075)).toContain('1 s left')
  })
})

describe('statistics', () => {
  it('have the ratio within its interval, which is narrow where rounds agree', () => {
    const estimate = ratioOf([
      [200, 100],
      [210, 100],
      [190, 100],
      [205, 100],
      [195, 100],
    ])!
    expect(estimate.value).toBeCloseTo(2, 5)
    expect(estimate.low).toBeGreaterThan(1.9)
    expect(estimate.low!).toBeLessThan(2)
    expect(estimate.high!).toBeGreaterThan(2)
    expect(estimate.high).toBeLessThan(2.1)
  })

  it('have a wide one where rounds differ, the same each time', () => {
    const pairs = [
      [50, 100],
      [400, 100],
      [150, 100],
    ] as const
    const estimate = ratioOf(pairs)!
    expect(estimate.low).toBeCloseTo(0.5, 5)
    expect(estimate.high).toBeCloseTo(4, 5)
    expect(ratioOf(pairs)).toEqual(estimate)
  })

  it('promise nothing from one round, and nothing relative to nothing', () => {
    expect(ratioOf([[3, 2]])).toEqual({ value: 1.5, low: undefined, high: undefined })
    expect(ratioOf([[3, 0]])).toBeUndefined()
    expect(
      ratioOf([
        [0, 3],
        [0, 4],
      ]),
    ).toEqual({ value: 0, low: 0, high: 0 })
  })

  it('know the median', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
  })
})

describe('a comparison', () => {
  const measured = (p99: number, perSecond: number) => {
    const report = { latency: { total: { p99 } }, perSecond, durationMs: 1000, failed: {}, intervals: [] }
    const result = { report, histograms: new Results(1).histograms }
    return [
      { steps: [{ clients: undefined, result }], before: undefined, after: undefined },
    ] as unknown as Measurement[]
  }

  it.each([
    ['stalled', 10],
    ['steady', 3],
  ])('of %s has more than 1 for the quicker server', (name, value) => {
    const scenario = scenarios.find((one) => one.name === name)!
    expect(reportOf('quick', scenario, measured(5, 300), measured(50, 100)).relative?.value).toBe(value)
  })
})

describe('colours', () => {
  const luminance = (colour: string) => {
    const [r, g, b] = [1, 3, 5]
      .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
  }
  const contrast = (one: string, other: string) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b)
    return (light! + 0.05) / (dark! + 0.05)
  }

  // WCAG 2.2: 1.4.11 asks for 3 of what is drawn, 1.4.3 for 4.5 of what is written.
  it.each(['light', 'dark'] as const)('are seen on the %s page', (theme) => {
    const { page, ink, faint } = SURFACES[theme]
    for (const colour of [...COLOURS[theme], ...Object.values(PHASES[theme])]) {
      expect(contrast(colour, page), colour).toBeGreaterThanOrEqual(3)
    }
    for (const colour of [ink, faint]) expect(contrast(colour, page), colour).toBeGreaterThanOrEqual(4.5)
  })
})
