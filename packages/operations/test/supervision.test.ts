import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs, { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { waitingInKernel } from '../src/metrics/backlog.js'
import { activatedSocket } from '../src/supervision/activation.js'
import { Supervisor } from '../src/supervision/notify.js'
import { fullSocket } from './full-socket.js'

describe('socket activation', () => {
  it.each([
    ['nothing is passed on', {}, undefined],
    ['a socket is', { LISTEN_PID: '7', LISTEN_FDS: '1', LISTEN_FDNAMES: 'x' }, 3],
    ['it is for another process', { LISTEN_PID: '8', LISTEN_FDS: '1' }, undefined],
    ['none is', { LISTEN_PID: '7', LISTEN_FDS: '0' }, undefined],
    ['the variables are nonsense', { LISTEN_PID: 'x', LISTEN_FDS: '-1' }, undefined],
  ])('%s', (_what, given, fd) => {
    const env: NodeJS.ProcessEnv = { ...given, PATH: '/bin' }
    expect(activatedSocket(env, 7)).toBe(fd)
    // No child may take them for its own.
    expect(env).toEqual({ PATH: '/bin' })
  })

  it('of several sockets is refused', () => {
    expect(() => activatedSocket({ LISTEN_PID: '7', LISTEN_FDS: '2' }, 7)).toThrow('passes on 2 sockets')
  })
})

it('without a supervisor, nothing is sent', async () => {
  const told: string[] = []
  const supervisor = new Supervisor({ PATH: '/nowhere' }, (reason) => told.push(reason))
  await supervisor.ready('listening')
  await supervisor.stopping('stopping')
  supervisor.close()
  expect(told).toEqual([])
})

it('a supervisor that cannot be notified is reported in a sentence', async () => {
  const told: string[] = []
  const supervisor = new Supervisor({ PATH: '/nowhere', NOTIFY_SOCKET: '/run/x' }, (reason) => told.push(reason))
  await supervisor.ready('listening')
  expect(told).toEqual([
    expect.stringMatching(/^the supervisor at NOTIFY_SOCKET cannot be notified of READY=1: .*ENOENT/),
  ])
})

describe.runIf(process.platform === 'linux')('a supervisor that takes no notice', () => {
  it('is given up, in a sentence, and watched by one process at a time', { timeout: 20_000 }, async () => {
    const told: string[] = []
    const env = { ...process.env, NOTIFY_SOCKET: await fullSocket(), WATCHDOG_USEC: '20000' }
    const supervisor = new Supervisor(env, (reason) => told.push(reason))
    await supervisor.ready('listening')
    expect(told).toEqual(['the supervisor at NOTIFY_SOCKET cannot be notified of READY=1: it takes no notice for 6 s'])
    await sleep(500)
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ')
    const notifying = children.filter((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('systemd-notify'))
    expect(notifying).toHaveLength(1)
    supervisor.close()
    for (const pid of notifying) process.kill(Number(pid), 'SIGKILL')
  })
})

describe.runIf(process.platform === 'linux')('the queue of the kernel', () => {
  it('of a port without a listener is empty', () => {
    expect(waitingInKernel(1)).toBe(0)
  })

  it('is that of all sockets that listen on the port, and nothing after them is read', () => {
    const line = (number: number, port: string, state: string, queue: string) =>
      `${String(number).padStart(4)}: 00000000:${port} 00000000:0000 ${state} 00000000:${queue} 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0`.padEnd(
        149,
      )
    const folder = mkdtempSync(join(tmpdir(), 'hs-net-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const listening = Array.from({ length: 300 }, (_, at) =>
      line(at, at % 100 === 0 ? '2328' : '2329', '0A', '0000000A'),
    )
    const others = Array.from({ length: 100_000 }, (_, at) => line(at, '2328', '06', '00000001'))
    writeFileSync(join(folder, 'tcp'), ['  sl  local_address'.padEnd(149), ...listening, ...others, ''].join('\n'))
    writeFileSync(join(folder, 'tcp6'), `${'  sl  local_address'.padEnd(149)}\n`)
    const reads = vi.spyOn(fs, 'readSync')
    syncBuiltinESMExports()
    expect(waitingInKernel(9000, folder)).toBe(30)
    expect(reads.mock.calls.length).toBeLessThan(20)
    vi.restoreAllMocks()
    syncBuiltinESMExports()
  })

  it('counts what a server has not accepted', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const code = `import socket; [socket.create_connection(('127.0.0.1', ${port})) for _ in range(7)]`
    // While this waits, nothing here accepts.
    spawnSync('python3', ['-c', code])
    expect(waitingInKernel(port)).toBe(7)
  })
})
