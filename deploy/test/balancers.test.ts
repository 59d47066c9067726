/** The recipes for balancers, with the real ones. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  freePorts,
  HS_LOAD,
  handshake,
  type Running,
  start,
  startServer,
  temporaryFolder,
  withPorts,
} from './instances.js'

/** Enough to show a gap, and few enough for every night. RESTARTS=100 RATE=300 is the long run, of 10 minutes. */
const RESTARTS = Number(process.env.RESTARTS ?? 10)
const RATE = Number(process.env.RATE ?? 100)

/** The address that a server saw, of its last handshake. */
const lastRemote = ({ output }: Running) => {
  const lines = output.stdout.split('\n').filter((line) => line.includes('"established"'))
  return lines.length === 0 ? undefined : (JSON.parse(lines.at(-1)!) as { remote: { host: string } }).remote.host
}

/** What haproxy knows of its servers: `one:UP two:DOWN`. */
async function statesOf(socket: string): Promise<string> {
  const client = connect(socket)
  client.end('show stat\n')
  let text = ''
  client.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  await once(client, 'close')
  const rows = text.split('\n').map((line) => line.split(','))
  return rows
    .filter(([backend, name]) => backend === 'servers' && name !== 'BACKEND')
    .map((row) => `${row[1]}:${row[17]}`)
    .join(' ')
}

describe('haproxy', () => {
  test('restarts two instances in turns under load, and no handshake breaks', async () => {
    const [front, one, two, oneMetrics, twoMetrics] = (await freePorts(5)) as [number, number, number, number, number]
    const socket = join(temporaryFolder(), 'haproxy.sock')
    const file = withPorts(
      'deploy/balancers/haproxy.cfg',
      { 9000: front, 9001: one, 9002: two, 9464: oneMetrics, 9465: twoMetrics },
      (text) => text.replace('global\n', `global\n  stats socket ${socket}\n`),
    )
    const instance = (port: number, metrics: number) =>
      startServer([String(port), '--metrics', String(metrics), '--proxy-protocol', '127.0.0.1', '--lame-duck', '3s'])
    const instances = [await instance(one, oneMetrics), await instance(two, twoMetrics)]
    const balancer = start('haproxy', ['-db', '-f', file])
    await expect.poll(() => statesOf(socket).catch(() => ''), { timeout: 30_000 }).toBe('one:UP two:UP')

    const load = start(process.execPath, [
      HS_LOAD,
      `127.0.0.1:${front}`,
      '--rate',
      String(RATE),
      '--duration',
      '1h',
      '--json',
      '--quiet',
    ])
    for (let restart = 0; restart < RESTARTS; restart++) {
      const which = restart % 2
      instances[which]!.child.kill('SIGTERM')
      // While it still serves, it gets nothing new.
      await expect.poll(() => statesOf(socket), { timeout: 30_000 }).toContain(`${['one', 'two'][which]}:DOWN`)
      const { ended, output } = instances[which]!
      expect(await ended, `${output.stderr}${output.stdout.slice(-1_000)}`).toBe(0)
      instances[which] = await instance([one, two][which]!, [oneMetrics, twoMetrics][which]!)
      await expect.poll(() => statesOf(socket), { timeout: 30_000 }).toBe('one:UP two:UP')
    }
    load.child.kill('SIGINT')
    expect(await load.ended).toBe(130)
    const { started, established, unfinished, failed } = JSON.parse(load.output.stdout)
    console.log(
      `${RESTARTS} restarts, ${started} handshakes, ${established} established, failed ${JSON.stringify(failed)}`,
    )
    expect(failed, balancer.output.stderr).toEqual({})
    expect(established + unfinished).toBe(started)
  })

  test('passes on the address of the client, in both versions of the PROXY protocol', async () => {
    const [front, one, two, oneMetrics, twoMetrics] = (await freePorts(5)) as [number, number, number, number, number]
    const server = await startServer([
      String(one),
      '--json',
      '--metrics',
      String(oneMetrics),
      '--proxy-protocol',
      '127.0.0.1',
    ])
    for (const version of ['send-proxy-v2', 'send-proxy', 'send-proxy-v2 proxy-v2-options crc32c,unique-id']) {
      const ports = { 9000: front, 9001: one, 9002: two, 9464: oneMetrics, 9465: twoMetrics }
      const file = withPorts('deploy/balancers/haproxy.cfg', ports, (text) => text.replace('send-proxy-v2', version))
      const balancer = start('haproxy', ['-db', '-f', file])
      const client = () =>
        start(process.execPath, [
          HS_LOAD,
          `127.0.0.1:${front}`,
          '-n',
          '1',
          '--quiet',
          '--sources',
          '127.0.0.7',
          '-c',
          '1',
        ]).ended
      await expect.poll(client, { timeout: 60_000, interval: 200 }).toBe(0)
      await expect.poll(() => lastRemote(server)).toBe('127.0.0.7')
      balancer.child.kill('SIGTERM')
      await balancer.ended
    }
  })

  test('checks by connecting make no noise, and count as probes', async () => {
    const [front, one] = (await freePorts(2)) as [number, number]
    const server = await startServer([String(one)])
    const before = server.output.stderr
    start('haproxy', ['-db', '-f', withPorts('deploy/balancers/haproxy-tcp-check.cfg', { 9000: front, 9001: one })])
    await expect.poll(() => handshake(front), { timeout: 30_000 }).toBe(0)
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    server.child.kill('SIGTERM')
    expect(await server.ended).toBe(0)
    const [, probes] = /(\d+) closed without a word|(\d+) probes/.exec(server.output.stderr)!
    expect(Number(probes)).toBeGreaterThan(3)
    expect(server.output.stderr.slice(before.length).trimEnd().split('\n')).toHaveLength(1)
    expect(server.output.stdout).not.toContain('ERROR')
  })
})

test('nginx passes on the address of the client', async () => {
  const [front, one, two] = (await freePorts(3)) as [number, number, number]
  const server = await startServer([String(one), '--json', '--proxy-protocol', '127.0.0.1'])
  const file = withPorts('deploy/balancers/nginx.conf', { 9000: front, 9001: one, 9002: two })
  const folder = temporaryFolder()
  const nginx = start('nginx', ['-e', 'stderr', '-g', `daemon off; pid ${folder}/pid;`, '-c', file])
  await expect.poll(() => handshake(front), { timeout: 30_000 }).toBe(0)
  await start(process.execPath, [HS_LOAD, `127.0.0.1:${front}`, '-n', '4', '--quiet', '--sources', '127.0.0.7']).ended
  await expect.poll(() => lastRemote(server), { timeout: 10_000 }).toBe('127.0.0.7')
  expect(nginx.output.stderr).not.toContain('[emerg]')
})
