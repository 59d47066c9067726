/** The engine in the real Artillery, which is too large for the workspace of the packages. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT, type RunningServer, run, startServer } from '../test/programs.js'

const ARTILLERY = join(ROOT, 'release/node_modules/artillery/bin/run')

let folder: string
let server: RunningServer
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hs-artillery-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(join(ROOT, 'packages/artillery-engine-hs'), join(folder, 'node_modules/artillery-engine-hs'))
  server = await startServer('exec npx @hs/cli-server 0')
})
afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs a script of Artillery's, and gives its status and what it counted. */
async function artillery(script: string, target: string) {
  const report = join(folder, 'report.json')
  rmSync(report, { force: true })
  const words = [`'${process.execPath}' '${ARTILLERY}' run`, `--target '${target}' --output '${report}' '${script}'`]
  const ended = await run(words.join(' '), {
    // As `npm install artillery artillery-engine-hs` puts them: beside each other.
    env: { NODE_PATH: join(folder, 'node_modules'), ARTILLERY_DISABLE_TELEMETRY: 'true', HOME: folder },
  })
  const { aggregate } = JSON.parse(readFileSync(report, 'utf8')) as {
    aggregate: { counters: Record<string, number>; summaries: Record<string, { count: number; p99: number }> }
  }
  return { ...ended, ...aggregate }
}

test('the example does handshakes in phases, with counters and histograms for each step, and passes its thresholds', async () => {
  const { status, stdout, counters, summaries } = await artillery(
    'examples/artillery.yml',
    `tcp://127.0.0.1:${server.port}`,
  )
  expect(status, stdout).toBe(0)
  expect(counters['vusers.created']).toBeGreaterThan(500)
  expect(counters['vusers.completed']).toBe(counters['vusers.created'])
  expect(counters['hs.established']).toBe(counters['hs.handshakes'])
  expect(counters['hs.established.first']).toBe(counters['vusers.created_by_name.twice'])
  expect(counters['hs.established.second']).toBe(counters['hs.established.first'])
  expect(summaries['hs.total.first']!.count).toBe(counters['hs.established.first'])
})

test('a thousand users per second do ten thousand handshakes', async () => {
  const script = join(folder, 'thousand.json')
  const config = {
    engines: { hs: { timeoutMs: 30_000 } },
    phases: [{ duration: 10, arrivalRate: 1_000 }],
  }
  writeFileSync(script, JSON.stringify({ config, scenarios: [{ engine: 'hs', flow: [{ handshake: {} }] }] }))
  const { status, stdout, counters } = await artillery(script, `tcp://127.0.0.1:${server.port}`)
  expect(status, stdout).toBe(0)
  expect(counters).toMatchObject({ 'vusers.created': 10_000, 'hs.established': 10_000 })
  expect(counters['vusers.failed']).toBe(0)
})

test('a server that is gone fails each user with a code, and the thresholds', async () => {
  const gone = await startServer('exec npx @hs/cli-server 0')
  await gone.stop()
  const { status, counters } = await artillery('examples/artillery.yml', `tcp://127.0.0.1:${gone.port}`)
  expect(status).not.toBe(0)
  expect(counters['vusers.failed']).toBe(counters['vusers.created'])
  expect(counters['hs.failed.ERR_HS_CONNECT']).toBe(counters['vusers.created'])
  expect(counters['errors.ERR_HS_CONNECT']).toBe(counters['vusers.created'])
})
