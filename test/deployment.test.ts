/** How the server is deployed, as far as it can be checked where no container and no systemd runs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_GRACE_MS, DEFAULT_MAX_CONNECTIONS } from '@hs/server-core'
import { validate } from 'dockerfile-utils'
import { describe, expect, test } from 'vitest'
import { readText } from './markdown.js'
import { ROOT, run, startServer } from './programs.js'

const hasSystemd = (await run('command -v systemd-analyze')).status === 0

describe('the Dockerfile', () => {
  const text = readText('deploy/Dockerfile')
  const instructions = [...text.matchAll(/^([A-Z]+) (.*)$/gm)].map(([, name, rest]) => ({ name: name!, rest: rest! }))
  const lastStage = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'))
  const only = (name: string) => lastStage.filter((one) => one.name === name).map(({ rest }) => rest)

  test('is valid, for a check that finds what is not', () => {
    expect(validate(text)).toEqual([])
    expect(validate(text.replace('EXPOSE 9000', 'EXPOSE port'))).not.toEqual([])
  })

  test('builds in one stage and runs in another, which gets only what is copied', () => {
    expect(instructions.filter(({ name }) => name === 'FROM').length).toBe(2)
    for (const copied of only('COPY')) expect(copied).toMatch(/^--from=build \/app\//)
    expect(only('RUN').concat(only('ADD'))).toEqual([])
  })

  test('names each image with a version, and lets a release name its digest instead', () => {
    const images = instructions.filter(({ name }) => name === 'ARG').map(({ rest }) => rest)
    expect(images.map((image) => image.split('=')[0])).toEqual(['BUILD_IMAGE', 'RUNTIME_IMAGE'])
    for (const image of images) {
      expect(image).toMatch(/=\S+\d\S*:\S+|=\S+:\d/)
      expect(image).not.toContain(':latest')
    }
    const froms = instructions.filter(({ name }) => name === 'FROM').map(({ rest }) => rest)
    expect(froms.map((from) => from.replace('$', ''))).toEqual(['{BUILD_IMAGE} AS build', '{RUNTIME_IMAGE}'])
  })

  test('fetches dependencies before it copies the sources, so that their layer outlives a change', () => {
    const order = instructions.map(({ name, rest }) => `${name} ${rest}`)
    const fetched = order.findIndex((line) => / fetch$/.test(line))
    expect(fetched).toBeGreaterThan(0)
    expect(fetched).toBeLessThan(order.indexOf('COPY . .'))
    expect(order[fetched - 1]).toBe('COPY pnpm-lock.yaml pnpm-workspace.yaml ./')
    expect(only('COPY').map((copied) => copied.split(' ').at(-1))).toEqual([
      '/app/node_modules',
      '/app/package.json',
      '/app/dist',
    ])
  })

  test('has a health check that passes while a server of its command line serves, and labels', async () => {
    const check = JSON.parse(/CMD (\[.*\])$/.exec(only('HEALTHCHECK')[0]!)![1]!) as string[]
    expect(check.slice(0, 2)).toEqual(['/nodejs/bin/node', '-e'])
    const words = (JSON.parse(only('CMD')[0]!) as string[]).map((word) =>
      word.replace(/^9000$/, '0').replace('9464', '0'),
    )
    const server = await startServer(`exec tcpserver ${words.map((word) => `'${word}'`).join(' ')}`)
    const [, port] = /metrics on http:\S+:(\d+)\//.exec(server.output.stderr) ?? (await metricsOf(server))
    const command = `'${process.execPath}' -e "${check[2]!.replace('9464', port!)}"`
    expect(await run(command)).toMatchObject({ status: 0 })
    await server.stop()
    expect(await run(command)).toMatchObject({ status: 1 })
    expect(text).toContain('org.opencontainers.image.source="https://github.com/hs-handshake/hs"')
  })

  test('runs without privileges, and gives signals to the server itself', () => {
    expect(only('USER')).toEqual(['nonroot'])
    expect(JSON.parse(only('ENTRYPOINT')[0]!)).toEqual(['/nodejs/bin/node', '/app/dist/tcpserver.js'])
    const [port, ...rest] = JSON.parse(only('CMD')[0]!) as string[]
    expect(only('EXPOSE')).toEqual([`${port} 9464`])
    expect(rest).toEqual(['--host', '::', '--metrics', '[::]:9464'])
  })

  test('takes nothing from the machine that builds it but what is in the repository', () => {
    const ignored = readText('.dockerignore').trim().split('\n')
    expect(ignored).toEqual(expect.arrayContaining(['**/node_modules', '**/dist', '**/.git']))
  })
})

describe('the unit of systemd', () => {
  const text = readText('deploy/systemd/tcpserver.service')
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1]

  test('grants what the server needs by default', () => {
    expect(Number(value('LimitNOFILE'))).toBeGreaterThan(DEFAULT_MAX_CONNECTIONS)
    expect(Number(value('TimeoutStopSec')) * 1000).toBeGreaterThan(DEFAULT_GRACE_MS)
  })

  test('starts the server with a command line that it understands', async () => {
    const [program, ...words] = value('ExecStart')!.split(' ')
    expect(program).toBe('/usr/local/bin/tcpserver')
    const given = words.map((word) => word.replace(/^(9000|9464)$/, '0'))
    const server = await startServer(`exec '${process.execPath}' apps/cli-server/dist/tcpserver.js ${given.join(' ')}`)
    expect(await server.stop()).toMatchObject({ status: 0 })
  })

  test('waits for the server to report that it listens, and has a socket unit of the same name and port', () => {
    expect([value('Type'), value('NotifyAccess')]).toEqual(['notify', 'all'])
    expect(Number(value('WatchdogSec'))).toBeGreaterThan(0)
    expect(readText('deploy/systemd/tcpserver.socket')).toContain(`ListenStream=${value('ExecStart')!.split(' ')[1]}\n`)
  })

  // Only Debian and its like have it; .ci/run installs it.
  test.skipIf(!hasSystemd)('is verified by systemd, and exposes little', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hs-unit-'))
    try {
      writeFileSync(join(folder, 'tcpserver.socket'), readText('deploy/systemd/tcpserver.socket'))
      const verify = async (unit: string) => {
        const file = join(folder, 'tcpserver.service')
        // What it starts has to exist.
        writeFileSync(
          file,
          unit.replaceAll('/usr/local/bin/tcpserver', join(ROOT, 'apps/cli-server/dist/tcpserver.js')),
        )
        return {
          verified: await run(`systemd-analyze verify --man=no '${file}' '${folder}/tcpserver.socket'`),
          exposed: await run(`systemd-analyze security --offline=true --no-pager --threshold=14 '${file}'`),
        }
      }
      const good = await verify(text)
      expect(good.verified).toEqual({ status: 0, stdout: '', stderr: '' })
      expect(good.exposed).toMatchObject({ status: 0 })
      const bad = await verify(
        text.replace('DynamicUser=', 'DynamicLoser=').replace(/^(Protect|Private|System|Capab).*\n/gm, ''),
      )
      expect(bad.verified.stderr).toContain('DynamicLoser')
      expect(bad.exposed.status).not.toBe(0)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

/** The port of the metrics, when it has been announced. */
async function metricsOf(server: { readonly output: { readonly stderr: string } }): Promise<RegExpExecArray> {
  await expect.poll(() => server.output.stderr, { timeout: 30_000 }).toMatch(/metrics on /)
  return /metrics on http:\S+:(\d+)\//.exec(server.output.stderr)!
}
