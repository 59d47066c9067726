/** Descriptors of something else than a TCP socket, passed on to a process that is to listen on them. */
import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { devNull, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'

/** The descriptor of something of Node's. */
const descriptorOf = (thing: object) => (thing as { _handle: { fd: number } })._handle.fd

async function listening(at: object): Promise<Server> {
  const server = createServer().listen(at)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return server
}

const others = {
  'a file': async () => openSync(import.meta.filename, 'r'),
  'a device': async () => openSync(devNull, 'r'),
  'a UDP socket': async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    onTestFinished(() => void socket.close())
    await once(socket, 'listening')
    return (socket as unknown as Record<symbol, { handle: { fd: number } }>)[
      Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'state symbol')!
    ]!.handle.fd
  },
  'a Unix socket': async () => descriptorOf(await listening({ path: join(tmpdir(), `hs-${process.pid}.socket`) })),
  'a connection': async () => {
    const server = await listening({ port: 0, host: '127.0.0.1' })
    const socket = connect(server.address() as { port: number })
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    return descriptorOf(socket)
  },
}

describe.runIf(process.platform === 'linux').each(['node', 'linux'])('on the transport %s', (transport) => {
  it.each(Object.keys(others) as (keyof typeof others)[])('%s is refused', async (what) => {
    const code = `
      import { serve } from '@hs/server-core'
      const error = await serve({ port: 0, transport: '${transport}', fd: 3 }).catch((error) => error)
      console.log(error.code, error.syscall, error.message)
    `
    const { stdout, status, signal } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit', await others[what]()],
      encoding: 'utf8',
    })
    expect({ status, signal }).toEqual({ status: 0, signal: null })
    expect(stdout).toMatch(/^EINVAL listen listen EINVAL: descriptor 3 must be of a TCP socket that is bound/)
  })

  // What Node happens to have there must not be closed: it ended with SIGABRT.
  it('a descriptor that was not passed on is refused', async () => {
    const code = `
      import { serve } from '@hs/server-core'
      for (let fd = 3; fd < 12; fd++) await serve({ port: 0, transport: '${transport}', fd }).catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, 20))
      console.log('alive')
      process.exit()
    `
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    })
    expect(stdout).toBe('alive\n')
  })
})
