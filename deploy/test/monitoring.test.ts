/** Prometheus and the blackbox exporter, the real ones. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePorts, handshake, start, startServer, temporaryFolder } from './instances.js'

test('prometheus scrapes a server, in OpenMetrics, with every series that the alerts are about', async () => {
  const [metrics, port] = (await freePorts(2)) as [number, number]
  const server = await startServer(['0', '--metrics', String(metrics), '--strategy', 'threads', '--threads', '2'])
  for (let count = 0; count < 3; count++) expect(await handshake(server.port)).toBe(0)
  const folder = temporaryFolder()
  const file = join(folder, 'prometheus.yml')
  writeFileSync(
    file,
    `global: { scrape_interval: 1s }\nscrape_configs: [{ job_name: tcpserver, static_configs: [{ targets: ['127.0.0.1:${metrics}'] }] }]\n`,
  )
  start('prometheus', [
    `--config.file=${file}`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
  ])
  const query = async (expression: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`).catch(
      () => undefined,
    )
    const json = (await answer?.json()) as { data?: { result: { value: [number, string] }[] } } | undefined
    return json?.data?.result[0]?.value[1]
  }
  const soon = { timeout: 60_000, interval: 300 }
  await expect
    .poll(() => query('sum(hs_handshakes_total{job="tcpserver",strategy="threads",outcome="established"})'), soon)
    .toBe('3')
  expect(await query('up{job="tcpserver"}')).toBe('1')
  expect(await query('hs_ready')).toBe('1')
  expect(await query('sum(hs_handshake_duration_seconds_count{phase="total"})')).toBe('3')
  for (const name of [
    'hs_connections_active',
    'hs_connections_limit',
    'hs_connections_dropped_total',
    'hs_threads_alive',
    'hs_threads_wanted',
    'process_cpu_seconds_total',
    'nodejs_eventloop_lag_seconds',
  ]) {
    expect(await query(`sum(${name})`), name).toBeDefined()
  }
})

test('the blackbox exporter does a handshake', async () => {
  const [port] = (await freePorts(1)) as [number]
  const server = await startServer(['0'])
  start('prometheus-blackbox-exporter', [
    '--config.file=deploy/prometheus/blackbox.yml',
    `--web.listen-address=127.0.0.1:${port}`,
  ])
  const probe = async (target: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}/probe?module=hello&target=${target}`).catch(() => undefined)
    return /^probe_success (\d)$/m.exec((await answer?.text()) ?? '')?.[1]
  }
  await expect.poll(() => probe(`127.0.0.1:${server.port}`), { timeout: 30_000 }).toBe('1')
  server.child.kill('SIGTERM')
  await server.ended
  expect(await probe(`127.0.0.1:${server.port}`)).toBe('0')
  expect(server.output.stdout).toContain('HELLO 5')
})
