/** Supervisors: sd_notify, socket activation, and a handover by SO_REUSEPORT. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fullSocket } from '../../packages/operations/test/full-socket.js'
import { freePorts, HS_LOAD, handshake, start, startServer, TCPSERVER, temporaryFolder } from './instances.js'

const LISTENER = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(4096).decode().replace("\\n", " "), flush=True)
`

test('the server reports to systemd that it is ready, alive, and stopping', async () => {
  const socket = join(temporaryFolder(), 'notify')
  const supervisor = start('python3', ['-c', LISTENER, socket])
  await expect.poll(() => existsSync(socket), { timeout: 30_000 }).toBe(true)
  const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '400000' }
  const server = await startServer(['0', '--lame-duck', '500ms'], env)
  const told = () => supervisor.output.stdout
  await expect.poll(told, { timeout: 30_000 }).toMatch(/^READY=1 STATUS=listening on 127\.0\.0\.1:\d+/m)
  await expect.poll(() => told().match(/^WATCHDOG=1/gm)?.length ?? 0, { timeout: 30_000 }).toBeGreaterThan(2)
  server.child.kill('SIGTERM')
  // Still serving: the lame duck.
  await expect.poll(told, { timeout: 30_000 }).toMatch(/^STOPPING=1 STATUS=about to stop/m)
  expect(await server.ended).toBe(0)
  expect(server.output.stderr).not.toContain('NOTIFY_SOCKET')
})

test('a supervisor that cannot be notified causes a line on stderr, and does not stop the server', async () => {
  const server = await startServer(['0'], { NOTIFY_SOCKET: '/no/such/socket' })
  await expect
    .poll(() => server.output.stderr, { timeout: 30_000 })
    .toContain('NOTIFY_SOCKET cannot be notified of READY=1')
  expect(await handshake(server.port)).toBe(0)
})

/** A process of its own view of /proc, as `ProcSubset=pid` of the unit gives it. Only root may have one. */
const WITH_PART_OF_PROC = ['--mount', 'sh', '-c', 'mount -t proc -o subset=pid proc /proc && exec "$@"', 'sh']
const canHideProc = spawnSync('unshare', [...WITH_PART_OF_PROC, 'true']).status === 0

test.runIf(canHideProc)('the server has all its metrics with the part of /proc that the unit leaves it', async () => {
  const words = [process.execPath, TCPSERVER, '0', '--metrics', '0']
  const server = start('unshare', [...WITH_PART_OF_PROC, ...words])
  await expect.poll(() => server.output.stderr, { timeout: 30_000 }).toContain('metrics on')
  const [, url] = /metrics on (\S+)/.exec(server.output.stderr)!
  const text = await (await fetch(url!)).text()
  for (const name of ['hs_connections_waiting', 'process_open_fds', 'process_resident_memory_bytes']) {
    expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'))
  }
})

test('stops, and says so, although its supervisor takes no notice', async () => {
  const server = await startServer(['0'], { NOTIFY_SOCKET: await fullSocket() })
  server.child.kill('SIGTERM')
  expect(await server.ended).toBe(0)
  expect(server.output.stderr).toContain('stopped: 0 accepted')
})

describe('socket activation', () => {
  test.each([
    ['node', 'events'],
    ['node', 'threads'],
    ['linux', 'sequential'],
    ['linux', 'events'],
    ['linux', 'threads'],
  ])('serves the socket of the supervisor: transport %s, strategy %s', async (transport, strategy) => {
    const [port] = (await freePorts(1)) as [number]
    const words = [process.execPath, TCPSERVER, '9000', '--transport', transport, '--strategy', strategy]
    const server = start('systemd-socket-activate', ['-E', 'PATH', '-l', `127.0.0.1:${port}`, ...words])
    await expect.poll(() => server.output.stderr, { timeout: 30_000 }).toContain('Listening on')
    // The first connection starts the server, and is served by it.
    expect(await handshake(port, '--timeout', '30s')).toBe(0)
    expect(await handshake(port)).toBe(0)
    expect(server.output.stderr).toContain(`listening on 127.0.0.1:${port}`)
  })
})

const MIGRATES = '/proc/sys/net/ipv4/tcp_migrate_req'

/** Connections of a port whose handshake of TCP lacks the last packet. */
function halfOpen(port: number): number {
  const SYN_RECV = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} \\S+ 03 `, 'g')
  return readFileSync('/proc/net/tcp', 'latin1').match(SYN_RECV)?.length ?? 0
}

/** What a client gets: an answer, or the code of an error. */
function answerOf(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('HELLO 5\n'))
    socket.setEncoding('utf8').once('data', (text) => {
      socket.destroy()
      resolve(text)
    })
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code!))
  })
}

/** Only in a network of its own, as `pnpm operate` makes it: what follows changes that of the whole machine. */
const hasOwnNetwork = Object.keys(networkInterfaces()).join() === 'lo'
const nft = (input: string) => spawnSync('nft', ['-f', '-'], { input })
const canFilter = hasOwnNetwork && nft('').status === 0

test.runIf(canFilter).each([
  [0, 'ECONNRESET'],
  [1, 'HELLO 6'],
])(
  'with tcp_migrate_req=%d, a client that is half open when the old server stops gets: %s',
  async (setting, expected) => {
    const before = readFileSync(MIGRATES, 'utf8')
    onTestFinished(() => writeFileSync(MIGRATES, before))
    writeFileSync(MIGRATES, String(setting))
    const [port] = (await freePorts(1)) as [number]
    const words = [String(port), '--reuse-port']
    const old = await startServer(words)
    // For a while, the server hears nothing of clients but that they want to connect.
    const rule = `tcp dport ${port} tcp flags & (syn|ack) == ack drop`
    nft(`table inet hs {\n chain out {\n type filter hook output priority 0\n ${rule}\n }\n }\n`)
    const heals = () => nft('delete table inet hs\n')
    onTestFinished(() => void heals())
    const clients = Array.from({ length: 20 }, () => answerOf(port))
    await expect.poll(() => halfOpen(port), { timeout: 30_000 }).toBe(20)
    await startServer(words)
    old.child.kill('SIGTERM')
    expect(await old.ended).toBe(0)
    heals()
    expect(new Set(await Promise.all(clients))).toEqual(new Set([expected]))
  },
)

describe.each(['node', 'linux'])('a handover on one port, transport %s', (transport) => {
  test('leaves no gap', async () => {
    const [port] = (await freePorts(1)) as [number]
    const words = [String(port), '--reuse-port', '--transport', transport, '--lame-duck', '200ms']
    let instance = await startServer(words)
    const load = start(process.execPath, [
      HS_LOAD,
      `127.0.0.1:${port}`,
      '--rate',
      '100',
      '--duration',
      '1h',
      '--json',
      '--quiet',
    ])
    for (let handover = 0; handover < 5; handover++) {
      const next = await startServer(words)
      instance.child.kill('SIGTERM')
      expect(await instance.ended).toBe(0)
      instance = next
    }
    load.child.kill('SIGINT')
    await load.ended
    const { started, failed } = JSON.parse(load.output.stdout)
    // When a socket is closed, the kernel hands its half-accepted connections to another one only with this setting.
    const migrates = readFileSync(MIGRATES, 'utf8').trim() === '1'
    console.log(
      `${transport}: 5 handovers, ${started} handshakes, failed ${JSON.stringify(failed)}, tcp_migrate_req ${migrates}`,
    )
    expect(started).toBeGreaterThan(50)
    if (migrates) expect(failed).toEqual({})
    else expect(failed.refused).toBeUndefined()
  })

  test('is refused without the option', async () => {
    const first = await startServer(['0', '--transport', transport])
    const second = start(process.execPath, [TCPSERVER, String(first.port), '--transport', transport])
    expect(await second.ended).toBe(1)
    expect(second.output.stderr).toContain('already in use')
  })
})
