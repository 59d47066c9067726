/** Names whose name server is silent, in a network of the test's own. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { outputOf, Program } from '../../command-line/test/program.js'

const CLIENT = fileURLToPath(new URL('../dist/bin.cjs', import.meta.url))
const LIBRARY = new URL('../dist/index.js', import.meta.url).href
const LINUX = new URL('../../transport-linux/dist/index.js', import.meta.url).href

/** A network, mounts and processes of its own, and the rights to set them up; all of it ends with its first process. */
const UNSHARE = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--map-root-user']
const canUnshare = process.platform === 'linux' && spawnSync('unshare', [...UNSHARE, 'true']).status === 0

/** What is sent to the name server goes round the loopback and is dropped: no such machine, and no word about it. */
const SETUP = `
set -e
ip link set lo up
ip route add 192.0.2.1/32 dev lo
mount --bind "$1/resolv.conf" /etc/resolv.conf
mount --bind "$1/hosts" /etc/hosts
shift
exec "$@"
`

/** The system waits for a silent name server for longer than that, at least two times five seconds. */
const FAR_TOO_LONG_MS = 8_000

/** Runs a program of Node there. */
function startThere(...args: string[]): Program {
  const folder = mkdtempSync(join(tmpdir(), 'hs-lookup-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'resolv.conf'), 'nameserver 192.0.2.1\n')
  writeFileSync(join(folder, 'hosts'), '127.0.0.1 localhost near.example # far.example\n')
  const all = [...UNSHARE, 'sh', '-c', SETUP, 'sh', folder, process.execPath, ...args]
  return new Program('unshare', all)
}

async function timed(program: Program) {
  const started = performance.now()
  const output = await outputOf(program)
  return { ...output, elapsedMs: performance.now() - started }
}

describe.runIf(canUnshare)('a name whose name server is silent', () => {
  it.each([
    ['--timeout', '500ms'],
    ['--wait', '1s'],
    ['-6', '--timeout', '500ms'],
  ])(
    'keeps no program longer than it was asked for: %s %s',
    async (...options) => {
      const { status, stderr, elapsedMs } = await timed(startThere(CLIENT, ...options, 'far.example', '9'))
      expect(stderr).toMatch(/The deadline of \d+ ms passed while connecting to far\.example:9\. \(ERR_HS_TIMEOUT/)
      expect(status).toBe(4)
      expect(elapsedMs).toBeLessThan(FAR_TOO_LONG_MS)
    },
    30_000,
  )

  it('keeps no program that is interrupted', async () => {
    const script = `
      const child = require('node:child_process').spawn(process.execPath, [${JSON.stringify(CLIENT)}, 'far.example', '9', '--wait', '1h', '-v'])
      child.stderr.once('data', () => child.kill('SIGINT'))
      child.on('close', (status) => console.log('status', status))`
    const { stdout, elapsedMs } = await timed(startThere('-e', script))
    expect(stdout).toBe('status 130\n')
    expect(elapsedMs).toBeLessThan(FAR_TOO_LONG_MS)
  }, 30_000)

  it.each([
    ['near.example', []],
    ['localhost', []],
    ['NEAR.example', ['-4']],
  ] as const)(
    'does not matter for what the hosts file knows: %s',
    async (host, options) => {
      const { status, stderr } = await timed(startThere(CLIENT, ...options, host, '9'))
      expect(stderr).toContain(`Nothing listens on ${host}:9`)
      expect(status).toBe(3)
    },
    30_000,
  )

  it.each([
    ['node:net', 'undefined'],
    ['the Linux transport', `(await import(${JSON.stringify(LINUX)})).linuxTransport()`],
  ])(
    'keeps no handshake longer than it was asked for, over %s',
    async (_, transport) => {
      const script = `
      import { handshake } from ${JSON.stringify(LIBRARY)}
      const transport = ${transport}
      const started = performance.now()
      const error = await handshake({ host: 'far.example', port: 9, timeoutMs: 400, transport }).catch((error) => error)
      console.log(error.code, performance.now() - started)`
      const program = startThere('--input-type=module', '-e', script)
      // Its process ends when the system has given up; that is not ours to change.
      const [, code, elapsedMs] = await program.until('stdout', /(\w+) (\S+)\n/)
      expect(code).toBe('ERR_HS_TIMEOUT')
      expect(Number(elapsedMs)).toBeLessThan(FAR_TOO_LONG_MS / 2)
    },
    30_000,
  )
})

describe('the process that looks names up', () => {
  it('answers with addresses, or with the error of the system', async () => {
    const ask = (...args: string[]) => outputOf(new Program(process.execPath, [CLIENT, '--look-up', ...args]))
    const { status, stdout } = await ask('localhost', '4')
    expect(JSON.parse(stdout)).toEqual({ addresses: [{ address: '127.0.0.1', family: 4 }] })
    expect(status).toBe(0)
    const unknown = JSON.parse((await ask('no-such-host.invalid', '0')).stdout)
    expect(unknown.error).toMatchObject({ syscall: 'getaddrinfo', hostname: 'no-such-host.invalid' })
    expect(unknown.error.code).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/)
  })

  it('is what a name costs that the hosts file does not know, and its error is that of the system', async () => {
    const { status, stderr } = await outputOf(new Program(process.execPath, [CLIENT, 'no-such-host.invalid', '9']))
    expect(stderr).toMatch(/The name "no-such-host\.invalid" could not be resolved \((ENOTFOUND|EAI_AGAIN)\)/)
    expect(status).toBe(3)
  })
})
