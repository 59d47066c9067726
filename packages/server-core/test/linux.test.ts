import { spawn } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { handshake } from '@hs/client'
import { linuxTransport } from '@hs/transport-linux'
import { describe, expect, it, onTestFinished } from 'vitest'
// Threads do not see the test runner's TypeScript.
import { serve, threads } from '../dist/index.js'

/** Sixteen threads that sleep in `epoll_wait`, four times as many as Node's own pool has. */
async function idleServer(options: Partial<Parameters<typeof serve>[0]> = {}) {
  const server = await serve({ port: 0, transport: linuxTransport(), strategy: threads({ threads: 16 }), ...options })
  onTestFinished(async () => {
    await server.close({ graceMs: 0 }).catch(() => {})
  })
  // One handshake after the other, until all threads have started and had their turn to go back to sleep.
  for (let at = 0; at < 50; at++) await handshake({ port: server.address.port, sequence: at })
  return server
}

/** The same, for a process of its own. */
const SIXTEEN_THREADS = `
  import { handshake } from '@hs/client'
  import { serve, threads } from '@hs/server-core'
  import { linuxTransport } from '@hs/transport-linux'
  const server = await serve({ port: 0, transport: linuxTransport(), strategy: threads({ threads: 16 }) })
  for (let at = 0; at < 50; at++) await handshake({ port: server.address.port, sequence: at })
`

/** Runs JavaScript in a process of its own, to its end. */
async function runScript(script: string): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { cwd: import.meta.dirname })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk
  })
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, stdout, stderr }
}

const descriptors = () => readdirSync('/proc/self/fd').length

// Starting that many threads takes a while on a busy machine.
describe('sixteen idle threads', { timeout: 60_000 }, () => {
  it('hold no thread of the pool that files and names are looked up with', async () => {
    await idleServer()
    // Twice as many at once as the pool has threads: one that is held for good would let none of these through.
    const files = Array.from({ length: 8 }, () => readFile(import.meta.filename, 'utf8'))
    const names = Array.from({ length: 8 }, () => lookup('localhost'))
    for (const text of await Promise.all(files)) expect(text).toContain('sixteen idle threads')
    for (const { address } of await Promise.all(names)) expect(address).toMatch(/^(127\.|::1)/)
  })

  // Node itself needs about 10 ms of the processor to end a thread; asleep for good, one would never answer.
  it('answer a close', async () => {
    await (await idleServer()).close()
  })

  it('drop what they serve', async () => {
    const server = await idleServer()
    const silent = createConnection(server.address.port)
    await once(silent, 'connect')
    silent.write('HELLO 1')
    await once(silent, 'data')
    const gone = once(silent, 'close')
    expect(await server.close({ graceMs: 0 })).toEqual({ completed: 0, cut: 1 })
    await gone
  })

  it('start and stop without a warning of Node, one listener per thread or not', async () => {
    const { status, stderr } = await runScript(`${SIXTEEN_THREADS}; await server.close()`)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  it('leave no descriptor open', async () => {
    await (await idleServer()).close()
    const before = descriptors()
    for (let again = 0; again < 3; again++) await (await idleServer()).close()
    expect(descriptors()).toBe(before)
  })

  it('use no processor time', async () => {
    // In a process of its own: the test runner's has other things to do.
    const { stdout } = await runScript(`
      ${SIXTEEN_THREADS}
      // The threads take a moment until they have nothing left to compile and to collect.
      let least = Infinity
      for (let windows = 0; windows < 50 && least > 5; windows++) {
        const before = process.cpuUsage()
        await new Promise((resolve) => setTimeout(resolve, 100))
        const { user, system } = process.cpuUsage(before)
        least = Math.min(least, (user + system) / 1000)
      }
      console.log(least)
      process.exit()
    `)
    // In milliseconds of a window of 100: a single reactor that polled would take 100 of each.
    expect(Number(stdout)).toBeLessThan(10)
  })

  it('do not keep a process that exits', async () => {
    expect((await runScript(`${SIXTEEN_THREADS}; process.exit(7)`)).status).toBe(7)
  })
})

describe('out of descriptors', () => {
  it('newcomers wait, leave some to the rest of the process, and are served when there are more again', async () => {
    const script = `
      import { serve } from '@hs/server-core'
      import { linuxTransport } from '@hs/transport-linux'
      import { closeSync, openSync, readdirSync } from 'node:fs'
      const server = await serve({ port: 0, transport: linuxTransport(), timeoutMs: 30_000 })
      console.log(server.address.port)
      process.on('SIGUSR2', () => {
        const spare = []
        try { while (spare.length < 20) spare.push(openSync('/dev/null')) } catch {}
        spare.forEach((fd) => closeSync(fd))
        console.log(JSON.stringify({ ...server.counters, spare: spare.length }))
      })
    `
    const limited = `ulimit -n 64; exec "$0" --input-type=module --eval "$1"`
    const child = spawn('bash', ['-c', limited, process.execPath, script], { cwd: import.meta.dirname })
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    const [port] = (await once(child.stdout, 'data')) as [Buffer]
    const sockets = Array.from({ length: 100 }, () => createConnection(Number(port)))
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    const look = async () => {
      child.kill('SIGUSR2')
      const [counters] = (await once(child.stdout, 'data')) as [Buffer]
      return JSON.parse(String(counters)) as { accepted: number; dropped: number; active: number; spare: number }
    }
    let before = -1
    for (let now = await look(); now.active === 0 || now.active > before; now = await look()) before = now.active
    expect((await look()).spare).toBeGreaterThan(10)
    for (const socket of sockets) {
      socket.on('error', () => {})
      socket.write('HELLO 1')
    }
    // Those that were accepted are answered; when each says goodbye, the next one's turn comes.
    await Promise.all(
      sockets.map(async (socket) => {
        const [answer] = (await once(socket, 'data')) as [Buffer]
        expect(String(answer)).toBe('HELLO 2')
        socket.end('HELLO 3')
      }),
    )
    const { accepted, dropped } = await look()
    expect(accepted).toBe(100)
    expect(dropped).toBe(0)
  })
})

describe('where it cannot work', () => {
  it('says why, with a code', async () => {
    const script = `
      Object.defineProperty(process, 'platform', { value: 'plan9' })
      const { linuxTransport } = await import('@hs/transport-linux')
      try { linuxTransport() } catch ({ code, message }) { console.log(code, message) }
    `
    const { stdout } = await runScript(script)
    expect(stdout).toBe(
      'ERR_HS_TRANSPORT_UNAVAILABLE The Linux transport cannot be used here: it needs Linux, and this is plan9\n',
    )
  })
})
