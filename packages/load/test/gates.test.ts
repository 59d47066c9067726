/** What gates are made of: comparison with an earlier load, merging, and the ways out of the program. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { compareWithBaseline, incomparable } from '../src/measure/baseline.js'
import { mergeResults } from '../src/measure/merge.js'
import {
  isFruitless,
  type LoadReport,
  type LoadResult,
  latenciesOf,
  REPORT_SCHEMA,
  REPORT_VERSION,
} from '../src/measure/report.js'
import { Results } from '../src/measure/results.js'
import { readHistograms } from '../src/report/hdr.js'
import { parseReport, reportJson } from '../src/report/json.js'
import { openMetrics } from '../src/report/openmetrics.js'
import { jobSummary, verdictLines } from '../src/report/verdict.js'
import { random } from '../src/run/random.js'

const NO_VERDICT = { violations: [], baseline: undefined }

/** A load of ten seconds with `perSecond` handshakes in each, whose latencies are about `ms`. */
function result(perSecond: number, ms: number, seed = 1, rest: Partial<LoadReport> = {}): LoadResult {
  const results = new Results(2)
  const chance = random(seed)
  for (let second = 0; second < 10; second++) {
    for (let at = 0; at < perSecond * (0.98 + 0.04 * chance()); at++) {
      results.started(at % 2, 0)
      results.connected(at % 2, 'normal', 0.1)
      results.established(at % 2, 'normal', { reply: ms / 2, total: ms * (0.9 + 0.2 * chance()) })
    }
    results.failed(1, 'reset', 'read ECONNRESET')
    results.cut(second * 1000, 1000)
  }
  const { counts, byTarget, histograms, intervals, examples } = results
  const report: LoadReport = {
    schema: REPORT_SCHEMA,
    version: REPORT_VERSION,
    ...counts,
    targets: byTarget.map((target, at) => ({ target: `127.0.0.1:900${at}`, ...target })),
    transport: 'node',
    rate: perSecond,
    seed,
    warmupMs: 0,
    durationMs: 10_000,
    interrupted: false,
    perSecond: counts.established / 10,
    latency: latenciesOf(histograms),
    slowLatency: latenciesOf(new Results(1).histograms).total,
    latestStartMs: 0,
    examples,
    intervals,
    ...rest,
  }
  return { report, histograms }
}

describe('a baseline', () => {
  const earlier = result(200, 5).report

  it('passes what is the same, also with other noise', () => {
    for (let seed = 2; seed < 6; seed++) {
      const found = compareWithBaseline(result(200, 5, seed).report, earlier, 0.05)
      expect(found.map(({ isRegression }) => isRegression)).toEqual([false, false, false])
      for (const { ratio } of found) expect(ratio!.low!).toBeLessThan(ratio!.high!)
    }
  })

  it('passes what got better', () => {
    const found = compareWithBaseline(result(400, 2).report, earlier, 0.05)
    expect(found.map(({ isRegression }) => isRegression)).toEqual([false, false, false])
  })

  it.each([
    ['a lower rate', result(150, 5, 7).report, ['rate']],
    ['longer times', result(200, 7, 7).report, ['p50', 'p99']],
  ])('fails for %s', (_what, now, figures) => {
    const found = compareWithBaseline(now, earlier, 0.05)
    expect(found.filter(({ isRegression }) => isRegression).map(({ figure }) => figure)).toEqual(figures)
    expect(verdictLines({ violations: [], baseline: found }, 0.05)).toHaveLength(figures.length)
  })

  it('tolerates a change up to the given tolerance', () => {
    const now = result(150, 5, 7).report
    const found = compareWithBaseline(now, earlier, 0.4)
    expect(found.map(({ isRegression }) => isRegression)).toEqual([false, false, false])
  })

  it('fails where it knows too little', () => {
    const short = { ...earlier, intervals: earlier.intervals.slice(0, 3) }
    const found = compareWithBaseline(short, earlier, 0.05)
    expect(found.map(({ isRegression }) => isRegression)).toEqual([true, true, true])
    expect(incomparable({ rate: 200 }, short)).toBe('the earlier load has 3 whole intervals, and 5 are needed')
  })

  it('is refused for another kind of load', () => {
    expect(incomparable({ rate: 200 }, earlier)).toBeUndefined()
    expect(incomparable({ rate: 100 }, earlier)).toBe('the earlier load has rate 200, this one 100')
    expect(incomparable({ concurrency: 64 }, earlier)).toContain('the earlier load has concurrency none, this one 64')
  })
})

describe('results of several machines', () => {
  it('are added up: counts, rates, targets and times', () => {
    const [one, other] = [result(100, 2), result(50, 40, 2)]
    const { report, histograms } = mergeResults([one, other])
    expect(report.started).toBe(one.report.started + other.report.started)
    expect(report.failed).toEqual({ reset: 20 })
    expect(report.rate).toBe(150)
    expect(report.perSecond).toBeCloseTo(one.report.perSecond + other.report.perSecond, 6)
    expect(report.targets.map(({ target, failed }) => [target, failed.reset ?? 0])).toEqual([
      ['127.0.0.1:9000', 0],
      ['127.0.0.1:9001', 20],
    ])
    expect(histograms.total.totalCount).toBe(report.established)
    expect(report.latency.total.p50).toBeLessThan(3)
    expect(report.latency.total.p90).toBeGreaterThan(35)
  })

  it('survive being written and read', () => {
    const written = JSON.stringify(reportJson(result(100, 2), NO_VERDICT))
    const read = parseReport(written)
    expect(JSON.stringify(reportJson(read, NO_VERDICT))).toBe(written)
    expect(read.histograms.total.getValueAtPercentile(99)).toBe(
      result(100, 2).histograms.total.getValueAtPercentile(99),
    )
  })

  it.each([
    ['{', 'is not JSON'],
    ['{}', 'is not a report'],
    ['null', 'is not a report'],
    [JSON.stringify({ schema: REPORT_SCHEMA, version: 2 }), 'has version 2, and this program reads version 1'],
  ])('are refused if they are not reports: %s', (text, message) => {
    expect(() => parseReport(text)).toThrow(message)
  })

  it('are refused if they are broken, whichever number or text of theirs it is, or add up all the same', () => {
    const whole = reportJson(result(100, 2), NO_VERDICT)
    const both = 2 * whole.established
    let refused = 0
    const breakIn = (part: object, path: string) => {
      for (const [name, value] of Object.entries(part)) {
        if (typeof value === 'object') breakIn(value, `${path}.${name}`)
        for (const wrong of [null, 'x', -1, [], undefined]) {
          Object.assign(part, { [name]: wrong })
          try {
            const { report } = mergeResults([parseReport(JSON.stringify(whole)), result(100, 2)])
            expect(report.established, `${path}.${name}: ${wrong}`).toBe(both)
            for (const sum of [report.started, report.perSecond, report.durationMs, report.slowLatency.count]) {
              expect(sum).toBeGreaterThanOrEqual(0)
            }
          } catch (error) {
            expect((error as Error).message).toMatch(/^(is broken: |is not a report|has version)/)
            refused++
          }
        }
        Object.assign(part, { [name]: value })
      }
    }
    breakIn(whole, '')
    expect(refused).toBeGreaterThan(100)
  })

  it.each(['x', '\0\u00ff\u1234', 'Tag=connect,1,2,3,HISTFAAAA'])('are refused if a log is broken: %j', (text) => {
    expect(() => readHistograms(text)).toThrow(/^(has no histogram|cannot be read as a log)/)
  })

  it('are refused if a log lacks a part', () => {
    expect(() => readHistograms('#[Histogram log format version 1.3]\n')).toThrow(
      'has no histogram connect, reply, total',
    )
  })
})

describe('the JSON', () => {
  it('is what its schema says', () => {
    const schema = JSON.parse(readFileSync(new URL('../schema/report.schema.json', import.meta.url), 'utf8'))
    const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema)
    const now = result(150, 5, 7)
    const verdict = {
      violations: [{ condition: 'p99>1ms', found: '5ms' }],
      baseline: compareWithBaseline(now.report, now.report, 0.05),
    }
    const json = JSON.parse(JSON.stringify(reportJson(now, verdict)))
    validate(json)
    expect(validate.errors).toBeNull()
    for (const wrong of [{ started: -1 }, { version: 2 }, { targets: ['127.0.0.1:9000'] }, { unheardOf: 1 }]) {
      expect(validate({ ...json, ...wrong }), JSON.stringify(wrong)).toBe(false)
    }
  })
})

describe('OpenMetrics', () => {
  const text = openMetrics(result(100, 2).report)

  it('count by target and outcome, and end as they must', () => {
    expect(text).toMatch(/^hs_load_handshakes_total\{target="127\.0\.0\.1:9001",outcome="reset"\} 10$/m)
    expect(text).toMatch(/^hs_load_latency_seconds\{phase="total",quantile="0\.99"\} 0\.002/m)
    expect(text.endsWith('\n# EOF\n')).toBe(true)
  })

  it.skipIf(!existsSync('/usr/bin/promtool'))(
    'are clean for promtool, which finds what is wrong (skipped without prometheus)',
    () => {
      // It reads the older text format, in which a counter has its whole name everywhere.
      const check = (openMetrics: string) => {
        const input = openMetrics.replaceAll(/^(# \w+ hs_load_handshakes) /gm, '$1_total ')
        return execFileSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8', stdio: 'pipe' })
      }
      expect(check(text)).toBe('')
      expect(() => check(text.replace('} 10', '} ten'))).toThrow()
    },
  )
})

describe('the summary of a job', () => {
  it('has the counts of each target, the times, and what failed', () => {
    const { report } = result(100, 2)
    const text = jobSummary(report, { violations: [{ condition: 'p99>1ms', found: '2ms' }], baseline: undefined }, 0.05)
    expect(text).toMatch(/^### hs-load: \d+ handshakes per second, failed\n/)
    expect(text).toMatch(/^\| `127\.0\.0\.1:9001` \|.*\| 10 reset \|$/m)
    expect(text).toMatch(/^\| total \| .* ms \|$/m)
    expect(text).toContain('- failed, since p99>1ms: it is 2ms')
  })
})

it.each([
  [{ established: 1, played: 0, failed: {} }, false],
  [{ established: 1, played: 0, failed: { reset: 9 } }, false],
  [{ established: 0, played: 0, failed: {} }, true],
  [{ established: 0, played: 0, failed: { wrong: 1 } }, true],
  // Silent clients succeed against anything that listens.
  [{ established: 0, played: 5, failed: { wrong: 5 } }, true],
  [{ established: 0, played: 5, failed: {} }, false],
])('a load of %j is fruitless: %s', (counts, fruitless) => expect(isFruitless(counts)).toBe(fruitless))
