/** How the server is deployed, as far as it can be checked where no container and no systemd runs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_GRACE_MS, DEFAULT_MAX_CONNECTIONS } from '@hs/server-core'
import { validate } from 'dockerfile-utils'
import { describe, expect, test } from 'vitest'
import { readText } from './markdown.js'
import { ROOT, run } from './programs.js'

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

  test('names each image with a version', () => {
    for (const { rest } of instructions.filter(({ name }) => name === 'FROM')) {
      expect(rest).toMatch(/^\S+\d\S*:\S+|^\S+:\d/)
      expect(rest).not.toContain(':latest')
    }
  })

  test('runs without privileges, and gives signals to the server itself', () => {
    expect(only('USER')).toEqual(['nonroot'])
    expect(JSON.parse(only('ENTRYPOINT')[0]!)).toEqual(['/nodejs/bin/node', '/app/dist/tcpserver.js'])
    const [port, ...rest] = JSON.parse(only('CMD')[0]!) as string[]
    expect([port]).toEqual(only('EXPOSE'))
    expect(rest).toEqual(['--host', '0.0.0.0'])
  })

  test('takes nothing from the machine that builds it but what is in the repository', () => {
    const ignored = readText('.dockerignore').trim().split('\n')
    expect(ignored).toEqual(expect.arrayContaining(['**/node_modules', '**/dist', '**/.git']))
  })
})

describe('the unit of systemd', () => {
  const text = readText('deploy/tcpserver.service')
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1]

  test('grants what the server needs by default', () => {
    expect(Number(value('LimitNOFILE'))).toBeGreaterThan(DEFAULT_MAX_CONNECTIONS)
    expect(Number(value('TimeoutStopSec')) * 1000).toBeGreaterThan(DEFAULT_GRACE_MS)
  })

  test('starts the server with a command line that it understands', async () => {
    const [program, ...words] = value('ExecStart')!.split(' ')
    expect(program).toBe('/usr/local/bin/tcpserver')
    // Help comes only after everything else was understood.
    expect(await run(`npx tcpserver ${words.join(' ')} --help`)).toMatchObject({ status: 0, stderr: '' })
  })

  // Only Debian and its like have it; .ci/run installs it.
  test.skipIf(!hasSystemd)('is verified by systemd, and exposes little', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hs-unit-'))
    try {
      const verify = async (unit: string) => {
        const file = join(folder, 'tcpserver.service')
        // What it starts has to exist.
        writeFileSync(
          file,
          unit.replaceAll('/usr/local/bin/tcpserver', join(ROOT, 'apps/cli-server/dist/tcpserver.js')),
        )
        return {
          verified: await run(`systemd-analyze verify --man=no '${file}'`),
          exposed: await run(`systemd-analyze security --offline=true --no-pager --threshold=20 '${file}'`),
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
