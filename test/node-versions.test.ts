/** What was built, on the oldest Node that the packages promise, on one between it and ours, and on a newer one. */
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { outputOf, Program } from '../packages/command-line/test/program.js'
import { nodeOf } from './nodes/nodes.js'
import { ROOT } from './programs.js'

const CLIENT = 'apps/cli-client/dist/tcpclient.cjs'
const SERVER = 'apps/cli-server/dist/tcpserver.js'
const TRANSPORTS = process.platform === 'linux' ? ['node', 'linux'] : ['node']

const EVERYTHING = `
import { handshake } from '@hs/client'
import { serve } from '@hs/server-core'
const server = await serve({ port: 0, transport: 'node' })
const { x, y, z } = await handshake({ ...server.address, sequence: 5 })
console.log(x, y, z)
await server.close()
`

/** How threads share a listener of node:net. */
const SHARING = { 20: 'neither way', 22: 'reuse-port', 26: 'transfer' }

for (const version of [20, 22, 26] as const) {
  // Brought along as an optional dependency for the system on which this is developed; others have one Node.
  const node = nodeOf(version)

  describe.skipIf(!existsSync(node))(`on Node ${version}`, () => {
    const start = (...args: (string | number)[]) => new Program(node, args.map(String), { cwd: ROOT })

    /** Starts a server, lets a client meet it, and returns how it served. */
    async function meet(...options: string[]): Promise<string> {
      const server = start(SERVER, 0, ...options)
      const [, port, how] = await server.until('stderr', /listening on 127\.0\.0\.1:(\d+) \((.*)\)/)
      expect(await outputOf(start(CLIENT, '127.0.0.1', port!, 5))).toEqual({
        status: 0,
        stdout: 'HELLO 6\n',
        stderr: '',
      })
      const verbose = await outputOf(start(CLIENT, '127.0.0.1', port!, 5, '--json', '--verbose'))
      expect(JSON.parse(verbose.stdout)).toMatchObject({ x: 5, y: 6, z: 7 })
      server.signal('SIGTERM')
      expect(await outputOf(server)).toMatchObject({ status: 0, stdout: 'HELLO 5\nHELLO 7\n'.repeat(2) })
      return how!
    }

    it('is that version', async () => {
      const { stdout } = await outputOf(start('--version'))
      expect(stdout).toMatch(new RegExp(`^v${version}\\.`))
    })

    for (const transport of TRANSPORTS) {
      it.each(['sequential', 'events'])(`the programs shake hands: %s on ${transport}`, async (strategy) => {
        const how = await meet('--strategy', strategy, '--transport', transport)
        expect(how).toBe(`strategy ${strategy}, 1 thread, transport ${transport}`)
      })
    }

    it(`threads on node share a listener: ${SHARING[version]}`, async () => {
      const threads = ['--strategy', 'threads', '--threads', '2', '--transport', 'node']
      if (version < 22) {
        const { status, stdout, stderr } = await outputOf(start(SERVER, 0, ...threads))
        expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
        expect(stderr).toMatch(
          /^tcpserver: Node 20\.\S+ can share a listener with threads in neither way: use Node >= 24/,
        )
        expect(stderr).toContain('or another strategy')
      } else {
        expect(await meet(...threads)).toBe(`strategy threads, 2 threads, transport node, ${SHARING[version]}`)
      }
    })

    if (TRANSPORTS.includes('linux')) {
      it('threads on linux share one descriptor', async () => {
        const how = await meet('--strategy', 'threads', '--threads', '2', '--transport', 'linux')
        expect(how).toBe('strategy threads, 2 threads, transport linux, shared-descriptor')
      })
    }

    it('the libraries can be imported, and do their job', async () => {
      expect(await outputOf(start('--input-type=module', '--eval', EVERYTHING))).toEqual({
        status: 0,
        stdout: '5 6 7\n',
        stderr: '',
      })
    })

    it('they can be required, too', async () => {
      const script = `const { failureCodes } = require('@hs/protocol'); console.log(failureCodes.length > 0, typeof require('@hs/client').handshake)`
      expect(await outputOf(start('--eval', script))).toMatchObject({ status: 0, stdout: 'true function\n' })
    })
  })
}
