/** The gates of the built program. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serve } from '@hs/server-core'
import { nodeTransport, type Transport } from '@hs/transport'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { printedBy } from '../../command-line/test/in-process.js'
import { main } from '../dist/cli.js'
import type { ReportJson } from '../src/report/json.js'
import { load } from '../src/run/load.js'
import { run } from './program.js'

const PROGRAM = fileURLToPath(new URL('../dist/bin.js', import.meta.url))
const hsLoad = (...args: string[]) => run(PROGRAM, args)

let folder: string
let target: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hs-gates-'))
  const server = await serve({ port: 0, transport: 'node' })
  target = `127.0.0.1:${server.address.port}`
  return () => server.close({ graceMs: 0 })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string) => join(folder, name)
const report = (stdout: string) => JSON.parse(stdout) as ReportJson

describe('hs-load', () => {
  it('begins as many handshakes as the area below its stages', async () => {
    const { status, stdout } = await hsLoad(target, '--stages', '500ms:200,500ms:200,0ms:0', '--json', '-q')
    expect(status).toBe(0)
    expect(report(stdout)).toMatchObject({ started: 150, established: 150, stages: [{ durationMs: 500 }, {}, {}] })
  })

  it('counts for each of several targets', async () => {
    const other = await serve({ port: 0, transport: 'node' })
    try {
      const both = `${target},127.0.0.1:${other.address.port}`
      const json = report((await hsLoad(both, '-n', '20', '--json', '-q')).stdout)
      expect(json.targets).toMatchObject([
        { target, established: 10 },
        { started: 10, established: 10 },
      ])
      expect((await hsLoad(both, '-n', '20', '-q')).stdout).toMatch(new RegExp(`^${target} +10 +10 +10 +0$`, 'm'))
    } finally {
      await other.close()
    }
  })

  it('passes its own report as a baseline, and fails one that was much better, with status 1', async () => {
    // Many short intervals are not to be had by the program, but a report is only a file.
    const earlier = report((await hsLoad(target, '--rate', '100', '--duration', '6s', '--json', '-q')).stdout)
    writeFileSync(file('earlier.json'), JSON.stringify(earlier))
    const better = earlier.intervals.map((interval) => ({ ...interval, established: 2 * interval.established }))
    writeFileSync(file('better.json'), JSON.stringify({ ...earlier, intervals: better }))
    const again = ['--rate', '100', '--duration', '6s', '-q', '--tolerance', '90%', '--baseline']
    const [same, worse] = await Promise.all([
      hsLoad(target, ...again, file('earlier.json'), '--json'),
      hsLoad(target, '--rate', '100', '--duration', '6s', '-q', '--baseline', file('better.json')),
    ])
    expect(report(same.stdout).baseline?.map(({ figure }) => figure)).toEqual(['rate', 'p50', 'p99'])
    expect(report(same.stdout).baseline![0]!.isRegression).toBe(false)
    expect(worse.status).toBe(1)
    expect(worse.stderr).toMatch(
      /^hs-load: failed, since rate is 0\.\d+ \(95 % interval .*\) times that of the earlier/m,
    )
    // Two loads of six seconds, since five whole intervals are needed.
  }, 90_000)

  it.each([
    ['no-such-file.json', /^hs-load: --baseline .*no-such-file\.json ENOENT/],
    ['package.json', /is not a report/],
  ])('refuses the baseline %s with status 2, before anything is measured', async (name, message) => {
    const { status, stdout, stderr } = await printedBy(() => main([target, '--baseline', name]))
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })

  it('writes OpenMetrics to a file, and a summary where GitHub wants it', async () => {
    const summary = file('summary.md')
    writeFileSync(summary, 'Before.\n\n')
    const words = [target, '-n', '5', '-q', '--openmetrics', file('load.prom')]
    const { status } = await run(PROGRAM, words, undefined, { GITHUB_STEP_SUMMARY: summary })
    expect(status).toBe(0)
    expect(readFileSync(file('load.prom'), 'utf8')).toContain(`{target="${target}",outcome="established"} 5`)
    expect(readFileSync(summary, 'utf8')).toMatch(/^Before\.\n\n### hs-load: [\d,]+ handshakes per second, passed$/m)
  })

  it('never ends with 0 where every handshake failed, whatever silent clients did', async () => {
    // Right once, for the look before the load, and wrong ever after.
    let connections = 0
    const fickle = createServer((socket) => {
      const first = connections++ === 0
      socket.on('error', () => {})
      socket.on('data', (data) => {
        const x = Number(/^HELLO (\d+)/.exec(String(data))?.[1])
        if (first) socket.write(`HELLO ${x + 1}`)
        else socket.end('HELLO 0')
      })
    }).listen(0, '127.0.0.1')
    await expect.poll(() => fickle.listening).toBe(true)
    try {
      const { port } = fickle.address() as { port: number }
      const mix = ['--mix', 'normal=1,silent=1', '--silent-time', '1ms']
      const { status, stdout } = await hsLoad(`127.0.0.1:${port}`, ...mix, '-n', '20', '-q')
      expect(stdout).toMatch(/0 established; \d+ answered wrong, \d+ silent/)
      expect(status).toBe(1)
    } finally {
      fickle.close()
    }
  })

  it.each([
    [['--stages', '30s'], /--stages must be stages such as 30s:100,1m:500, got "30s"/],
    [['--stages', '30:5'], /--stages must be a duration/],
    [['--stages', '1s:5', '--rate', '5'], /--rate and --stages exclude each other/],
    [['--stages', '1s:5', '--duration', '5s'], /--stages and --duration exclude each other/],
    [['--stages', '1s:0'], /stages must be such that at least one handshake begins/],
    [['--tolerance', '200%'], /--tolerance must be a percentage/],
    [['--openmetrics', '/no/such/folder/file'], /--openmetrics must be a file that can be written/],
  ])('refuses %j with 2', async (words, message) => {
    const { status, stderr } = await printedBy(() => main([target, ...words]))
    expect(status).toBe(2)
    expect(stderr).toMatch(message)
  })
})

describe('hs-load merge', () => {
  it('joins reports: their counts are added up, and conditions are asked of the sum', async () => {
    for (const name of ['a', 'b']) {
      const { stdout } = await hsLoad(target, '-n', '30', '--json', '-q', '--hdr', file(`${name}.hlog`))
      writeFileSync(file(`${name}.json`), stdout)
    }
    const both = [file('a.json'), file('b.json')]
    const merged = await hsLoad('merge', ...both, '--json', '--openmetrics', file('all.prom'))
    expect(merged.status, merged.stderr).toBe(0)
    expect(report(merged.stdout)).toMatchObject({ started: 60, established: 60, latency: { total: { count: 60 } } })
    expect(readFileSync(file('all.prom'), 'utf8')).toContain('outcome="established"} 60')
    const failed = await hsLoad('merge', ...both, '--fail-if', 'p99>1us')
    expect(failed.status).toBe(1)
    expect(failed.stdout).toMatch(/^60 of 60 opened, 60 established\n/)
    expect(failed.stderr).toMatch(/failed, since p99>1us/)
  })

  it('joins histogram logs', async () => {
    const { status, stdout } = await hsLoad('merge', file('a.hlog'), file('b.hlog'), '--hdr', file('all.hlog'))
    expect(status).toBe(0)
    expect(stdout).toMatch(/^connect .*\nfirst reply .*\ntotal /m)
    expect(existsSync(file('all.hlog'))).toBe(true)
    expect((await hsLoad('merge', file('all.hlog'), file('a.hlog'))).status).toBe(0)
  })

  it.each([
    [[], /no file is given/],
    [['no-such.json'], /no-such\.json ENOENT/],
    [['package.json'], /package\.json is not a report/],
    [['a.hlog', '--fail-if', 'errors>0'], /need reports/],
  ])('refuses %j with 2', async (words, message) => {
    const { status, stdout, stderr } = await printedBy(() => main(['merge', ...words]))
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })
})

it.runIf(process.platform === 'linux')(
  'a load begins although the address of the system has no port left',
  async () => {
    const node = nodeTransport()
    const sources = new Set<string | undefined>()
    const transport: Transport = {
      name: 'node',
      clock: node.clock,
      listen: (at, options) => node.listen(at, options),
      async connect(to, options) {
        sources.add(options?.localAddress)
        if (options?.localAddress !== '127.1.0.2') throw Object.assign(new Error('no port'), { code: 'EADDRNOTAVAIL' })
        return node.connect(to, options)
      },
    }
    const [host, port] = target.split(':')
    const { report } = await load({
      targets: [{ host: host!, port: Number(port) }],
      transport,
      count: 10,
      concurrency: 1,
    })
    expect(report.established).toBe(10)
    expect([...sources]).toEqual([undefined, '127.1.0.1', '127.1.0.2'])
  },
)
