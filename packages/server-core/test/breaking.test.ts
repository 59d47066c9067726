/** Servers that break, as programs of their own: what their users get to know. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { outputOf, Program } from '../../command-line/test/program.js'
import { SocketPeer } from '../../transport/src/testing/peers.js'

const TRANSPORTS = process.platform === 'linux' ? ['node', 'linux'] : ['node']

/** Runs JavaScript in a process of its own. */
const script = (code: string) =>
  new Program(process.execPath, ['--input-type=module', '--eval', code], { cwd: import.meta.dirname })

/** A server that breaks as soon as it has served `HELLO 5`. */
const BREAKING = (transport: string) => `
  import { serve } from '@hs/server-core'
  const server = await serve({
    port: 0,
    transport: '${transport}',
    strategy: {
      name: 'breaking',
      async run({ listener, serveOne }) {
        for await (const connection of listener) {
          await serveOne(connection)
          throw new Error('out of patience')
        }
      },
    },
  })
  console.log(server.address.port + ';')
`

/** Does half a handshake with it, which breaks it. */
async function breakIt(program: Program): Promise<void> {
  const [, port] = await program.until('stdout', /(\d+);/)
  const peer = await SocketPeer.connect({ host: '127.0.0.1', port: Number(port) })
  peer.socket.destroy()
}

describe.each(TRANSPORTS)('a server that breaks, on the transport %s,', (transport) => {
  it('ends its process with status 1 and the error, if nothing handles it', async () => {
    const program = script(`${BREAKING(transport)}; setInterval(() => {}, 1000)`)
    await breakIt(program)
    const { status, stderr } = await outputOf(program)
    expect(status).toBe(1)
    expect(stderr).toContain('Error: out of patience')
  })

  it.each([['server.stopped.catch(report)'], ['process.on("unhandledRejection", report)']])(
    'is left to a program that handles it by %s',
    async (handling) => {
      const program = script(`${BREAKING(transport)}
      const report = (error) => console.log('handled: ' + error.message)
      ${handling}
    `)
      await breakIt(program)
      const { status, stdout } = await outputOf(program)
      expect(status).toBe(0)
      expect(stdout).toContain('handled: out of patience')
    },
  )
})

it('threads without the file that they run say that a bundler left it out, and how to keep it', async () => {
  const folder = mkdtempSync(join(import.meta.dirname, 'bundled-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  cpSync(join(import.meta.dirname, '../dist'), folder, {
    recursive: true,
    filter: (source) => !source.endsWith('thread.js'),
  })
  const program = script(`
    import { serve } from ${JSON.stringify(join(folder, 'index.js'))}
    const { code, message } = await serve({ port: 0, strategy: 'threads' }).catch((error) => error)
    console.log(code, message)
  `)
  const { status, stdout } = await outputOf(program)
  expect(status).toBe(0)
  expect(stdout).toMatch(/^ERR_HS_THREADS_UNSUPPORTED .*thread\.js, which is not there: .*--external:@hs/)
})
