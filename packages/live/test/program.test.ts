/** The program and its web server, from outside. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { printedBy } from '../../command-line/test/in-process.js'
import { recordingOf } from '../src/record/read.js'
import { apply, emptyScene } from '../src/scene/scene.js'
import { startLive, until, Watcher } from './helpers.js'

// As built, it has yargs only where it travels along.
vi.mock('@hs/command-line', () => import('../../command-line/src/index.js'))

const PROGRAM = fileURLToPath(new URL('../dist/bin.js', import.meta.url))

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'hs-live-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

/** Starts the built program; ended with its test. */
function start(args: readonly string[], env: object = {}) {
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DISPLAY: undefined, WAYLAND_DISPLAY: undefined, ...env },
  })
  const output = { stdout: '', stderr: '' }
  for (const channel of ['stdout', 'stderr'] as const) {
    child[channel]!.setEncoding('utf8').on('data', (text: string) => {
      output[channel] += text
    })
  }
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, ...output }))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const url = () => until('its address', () => /^http\S+$/m.exec(output.stdout)?.[0])
  return { child, output, ended, url }
}

/** Processes that a process has started, and those that they have started. */
function descendants(pid: number): number[] {
  const children = (of: number) => {
    const file = `/proc/${of}/task/${of}/children`
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ').filter(Boolean).map(Number) : []
  }
  return children(pid).flatMap((child) => [child, ...descendants(child)])
}

/** A process that has ended, and was not asked how yet, is none. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

describe('the program', () => {
  test('prints the address and nothing else on stdout, and says why it opened no browser', async () => {
    const { child, ended, url, output } = start(['--only', 'events'])
    expect(await url()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/$/)
    await until('the reason', () => output.stderr.includes('this machine has no display'))
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ status: 0, stdout: `${await url()}\n` })
  })

  test.runIf(process.platform === 'linux')(
    'opens the browser of the desktop, unless --no-open forbids it',
    async () => {
      const bin = folder()
      writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\necho "$1" > ${bin}/opened\n`)
      chmodSync(join(bin, 'xdg-open'), 0o755)
      const env = { DISPLAY: ':99', PATH: `${bin}:${process.env.PATH}` }
      const quiet = start(['--only', 'events', '--no-open'], env)
      await quiet.url()
      quiet.child.kill('SIGTERM')
      expect((await quiet.ended).status).toBe(0)
      expect(existsSync(join(bin, 'opened'))).toBe(false)
      const { url } = start(['--only', 'events'], env)
      await until(
        'it was opened',
        () => existsSync(join(bin, 'opened')) && readFileSync(join(bin, 'opened'), 'utf8') !== '',
      )
      expect(readFileSync(join(bin, 'opened'), 'utf8').trim()).toBe(await url())
    },
  )

  test('ends with status 1 and a sentence when its port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { status, stderr, stdout } = await start(['--no-open', '--port', String(port)]).ended
    other.close()
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toBe(
      `hs-live: port ${port} is already in use on 127.0.0.1: choose another with --port; 0 takes a free one\n`,
    )
  })

  test.each([
    [['--only', 'none'], '--only none needs a --server'],
    [['--only', 'evens'], 'must be some of sequential, threads, events, or none, got "evens"'],
    [['--server', 'mine=./tcpserver'], 'with {port} in the command'],
    [['--server', 'events=./tcpserver {port}'], 'each server needs a name of its own'],
    [['--threads', '9'], 'must be an integer from 1 to 8'],
    [['--think', '1h'], 'must be from 0ms to 5000ms'],
    [['replay'], 'missing file'],
    [['something'], 'unexpected "something"'],
  ])('ends with status 2 for %j', async (args, why) => {
    vi.stubGlobal('__VERSION__', '0.0.0')
    const { main } = await import('../src/cli.js')
    const { status, stderr } = await printedBy(() => main(args))
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(why) })
  })

  test.runIf(process.platform === 'linux').each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
    'takes everything that it started with it on %s',
    async (signal) => {
      const theirs = `mine=setsid "${process.execPath}" "${fileURLToPath(new URL('../../load/test/server.js', import.meta.url))}" {port}`
      const { child, url, ended } = start(['--no-open', '--server', theirs])
      const watcher = new Watcher(await url())
      await until('a server of each kind', () => watcher.scene.lanes.filter(({ state }) => state === 'up').length === 4)
      const started = descendants(child.pid!)
      expect(started.length).toBeGreaterThanOrEqual(4)
      watcher.close()
      child.kill(signal)
      await ended
      await until('all are gone', () => !started.some(isAlive))
    },
  )

  test('says that no page watches any more, and continues', async () => {
    const { url, output, child } = start(['--no-open', '--only', 'events'])
    const watcher = new Watcher(await url())
    await until('it watches', () => watcher.scene.lanes.length > 0)
    watcher.close()
    await until('it says so', () => output.stderr.includes('the page was closed'))
    const again = new Watcher(await url())
    await until('the page is there again', () => again.scene.lanes.length > 0)
    again.close()
    expect(child.exitCode).toBeNull()
  })
})

describe('a recording', () => {
  test('holds what the page saw, and replay makes one file of it', async () => {
    const made = folder()
    const file = join(made, 'run.hslive')
    const { url, child, ended } = start([
      '--no-open',
      '--only',
      'events',
      '--rate',
      '0',
      '--think',
      '30ms',
      '--record',
      file,
    ])
    const watcher = new Watcher(await url())
    await until('the server is up', () => watcher.scene.lanes[0]?.state === 'up')
    await watcher.send({ do: 'clients', kind: 'normal', count: 3 })
    await watcher.send({ do: 'clients', kind: 'wrong', count: 1 })
    await until(
      'all are done',
      () => watcher.lane('events').established === 3 && watcher.lane('events').failed.size === 1,
    )
    child.kill('SIGINT')
    expect((await ended).status).toBe(0)
    const scene = emptyScene()
    for (const event of recordingOf(readFileSync(file, 'utf8'), 'run').events) apply(scene, event)
    expect(scene.lanes[0]).toMatchObject({
      established: 3,
      connections: new Map(),
      failed: new Map([['ERR_HS_WRONG_NUMBER', 1]]),
    })
    const html = join(made, 'demo.html')
    expect(await start(['replay', file, '--html', html]).ended).toMatchObject({ status: 0, stdout: '', stderr: '' })
    expect(readFileSync(html, 'utf8')).toContain('<!doctype html>')
    expect(readFileSync(html, 'utf8')).toMatch(/preact@[\d.]+\n\n[\s\S]*?Copyright/)
  })

  test.runIf(process.platform === 'linux')('that cannot be written is reported, and ends with status 5', async () => {
    const { url, child, ended, output } = start(['--no-open', '--only', 'events', '--record', '/dev/full'])
    await url()
    await until('it says so', () => output.stderr.includes('the recording ends here: ENOSPC'))
    child.kill('SIGINT')
    expect((await ended).status).toBe(5)
  })

  test.each([
    ['missing.hslive', undefined, 'ENOENT'],
    ['text.hslive', 'HELLO 5\n', 'line 1 is not a JSON object'],
    ['empty.hslive', '', 'empty.hslive: expected a recording of hs-live'],
    ['.', undefined, '/.: EISDIR'],
    [
      'odd.hslive',
      '{"hslive":1}\n{"type":"lane","at":1,"lane":0,"name":"a","state":"up","threads":1,"past":{"connections":5}}\n',
      'odd.hslive: holds what cannot be played: {"type":"lane"',
    ],
  ])('%s cannot be played', async (name, text, why) => {
    const file = `${folder()}/${name}`
    if (text !== undefined) writeFileSync(file, text)
    const { status, stderr } = await start(['replay', file, '--no-open']).ended
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(why) })
  })
})

test('a server that never listens does not hold up the end', async () => {
  const { child, ended, output } = start(['--no-open', '--only', 'events', '--server', 'never=sleep 4711 {port}'])
  const started = await until('all is started', () => {
    const all = descendants(child.pid!)
    return all.length > 2 ? all : undefined
  })
  const began = performance.now()
  child.kill('SIGINT')
  expect((await ended).status).toBe(0)
  expect(performance.now() - began).toBeLessThan(8000)
  expect(output.stdout).toBe('')
  await until('nothing is left', () => !started.some(isAlive))
})

describe('the web server', () => {
  /** As a client that sets what a browser does not let anyone set. */
  async function ask(url: string, options: { method?: string; path?: string; host?: string; body?: string } = {}) {
    const { host, pathname, port } = new URL(url)
    const asked = request({
      port,
      host: '127.0.0.1',
      path: options.path ?? pathname,
      method: options.method ?? 'GET',
      headers: { Host: options.host ?? host },
    })
    asked.end(options.body)
    const [response] = await once(asked, 'response')
    let body = ''
    for await (const chunk of response.setEncoding('utf8')) body += chunk
    return { status: response.statusCode as number, headers: response.headers, body }
  }

  test('answers requests with the token, and no others', async () => {
    const { page } = await startLive({ strategies: ['events'] })
    const { pathname, port } = new URL(page.url)
    expect((await ask(page.url)).status).toBe(200)
    const wrong = [
      { path: '/' },
      { path: '/counters' },
      { path: `${pathname.slice(0, -2)}/` },
      { path: `/${'x'.repeat(22)}/events` },
      { path: '//' },
    ]
    for (const one of wrong) expect((await ask(page.url, one)).status, one.path).toBe(403)
    expect((await ask(page.url, { host: `evil.example:${port}` })).status).toBe(421)
    expect((await ask(page.url, { host: `127.0.0.1.evil.example:${port}` })).status).toBe(421)
    expect((await ask(page.url, { host: `localhost:${port}` })).status).toBe(200)
    expect((await ask(page.url, { path: `${pathname}../../package.json` })).status).toBe(404)
    expect((await ask(page.url, { method: 'DELETE' })).status).toBe(404)
  })

  test('lets the page run its own script, use its own style, and nothing else', async () => {
    const { page } = await startLive({ strategies: ['events'] })
    const { headers, body } = await ask(page.url)
    const policy = String(headers['content-security-policy'])
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; img-src data:/)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|\*|https?:/)
    expect(headers['referrer-policy']).toBe('no-referrer')
    expect(body).not.toMatch(/(src|href)="?https?:/)
  })

  test('refuses a command that is none, and does nothing', async () => {
    const { page, watcher } = await startLive({ strategies: ['events'] })
    const path = `${new URL(page.url).pathname}command`
    for (const body of ['', 'null', '{"do":"clients"}', `{"do":"${'x'.repeat(20_000)}"}`]) {
      const { status, body: answer } = await ask(page.url, { method: 'POST', path, body })
      expect(status).toBe(400)
      expect(JSON.parse(answer)).toEqual({ error: expect.any(String) })
    }
    expect(watcher.lane('events').connections.size).toBe(0)
  })
})
