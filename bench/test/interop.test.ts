import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { handshake } from '@hs/client'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { compilePeers } from '../compile.ts'
import { type CommandLine, type ServerProcess, startServer } from '../server-process.ts'

const C_SERVERS = ['server-single', 'server-epoll', 'server-select', 'server-pthread']
const STRATEGIES = ['sequential', 'threads', 'events']

const program = (path: string) => fileURLToPath(new URL(`../../apps/${path}`, import.meta.url))
const TCPCLIENT = program('cli-client/dist/tcpclient.cjs')
const TCPSERVER = program('cli-server/dist/tcpserver.js')

/** How long a server may take to print what it has received; only a server that prints too little needs it. */
const PATIENCE_MS = 3_000

let peers: Readonly<Record<string, string>>

beforeAll(async () => {
  peers = await compilePeers()
}, 60_000)

/** A server that ends with the test, however that ends. */
async function serverOf(...commandLine: CommandLine): Promise<ServerProcess> {
  const server = await startServer(commandLine, 'pipe')
  onTestFinished(() => server.stop())
  return server
}

const cServer = (name: string, ...options: string[]) => serverOf(peers[name]!, '0', '--print', ...options)
const ourServer = (...options: string[]) => serverOf(process.execPath, TCPSERVER, '0', ...options)

/** Everything that a server prints until its end, which is asked for as soon as enough has come. */
async function printedBy(server: ServerProcess, enough: string): Promise<string> {
  let printed = ''
  const impatience = setTimeout(server.stop, PATIENCE_MS)
  for await (const chunk of server.stdout!.setEncoding('utf8')) {
    printed += chunk
    if (printed.length >= enough.length) void server.stop()
  }
  clearTimeout(impatience)
  return printed
}

/** The lines of several connections: the client is done before the server has read Z, so the next X may come first. */
const sorted = (printed: string) => printed.split('\n').sort()

/** Runs a client to its end. */
function run(file: string, ...words: string[]): Promise<{ status: number; stdout: string }> {
  return new Promise((resolve) => {
    const child = execFile(file, words, (_error, stdout) => resolve({ status: child.exitCode ?? -1, stdout }))
  })
}

const tcpclient = (server: ServerProcess, ...words: string[]) =>
  run(process.execPath, TCPCLIENT, '127.0.0.1', String(server.port), ...words)
const cClient = (server: ServerProcess, ...words: string[]) =>
  run(peers.client!, '127.0.0.1', String(server.port), ...words)

describe.each(C_SERVERS)('our client and the C program %s', (name) => {
  describe.each([
    ['without a NUL', []],
    ['with a NUL', ['--nul']],
  ])('%s', (_how, options) => {
    test('the library establishes handshakes from both ends of the range', async () => {
      const server = await cServer(name, ...options)
      const terminator = options.length > 0 ? 'nul' : 'none'
      let lines = ''
      for (const x of [0, 5, -1, -12345, 2147483647, Number.MAX_SAFE_INTEGER - 2, Number.MIN_SAFE_INTEGER]) {
        expect(await handshake({ port: server.port, sequence: x, terminator })).toMatchObject({ x, y: x + 1, z: x + 2 })
        lines += `HELLO ${x}\nHELLO ${x + 2}\n`
      }
      expect(sorted(await printedBy(server, lines))).toEqual(sorted(lines))
    })

    test('the program prints the answer and nothing else', async () => {
      const server = await cServer(name, ...options)
      expect(await tcpclient(server, '41')).toEqual({ status: 0, stdout: 'HELLO 42\n' })
      expect(await printedBy(server, 'HELLO 41\nHELLO 43\n')).toBe('HELLO 41\nHELLO 43\n')
    })
  })

  test('thirty clients at once are all served', async () => {
    const server = await cServer(name)
    const sequences = Array.from({ length: 30 }, (_, at) => 100 + 10 * at)
    await Promise.all(sequences.map((sequence) => handshake({ port: server.port, sequence })))
    const lines = sequences.map((x) => `HELLO ${x}\nHELLO ${x + 2}\n`).join('')
    expect(sorted(await printedBy(server, lines))).toEqual(sorted(lines))
  })

  test('both count with 32 bits', async () => {
    const server = await cServer(name, '--int32')
    const { stdout } = await tcpclient(server, '2147483647', '--arithmetic', 'int32')
    expect(stdout).toBe('HELLO -2147483648\n')
    expect(await printedBy(server, 'HELLO 2147483647\nHELLO -2147483647\n')).toBe(
      'HELLO 2147483647\nHELLO -2147483647\n',
    )
  })

  test('a server that counts otherwise is found out, and prints no ERROR of its own', async () => {
    const server = await cServer(name, '--int32')
    expect(await tcpclient(server, '2147483647')).toEqual({ status: 1, stdout: 'HELLO -2147483648\nERROR\n' })
    expect(await printedBy(server, 'HELLO 2147483647\n')).toBe('HELLO 2147483647\n')
  })
})

describe.each(STRATEGIES)('the C client and our server, strategy %s', (strategy) => {
  test.each([
    ['without a NUL', [], []],
    ['with a NUL', ['--terminator', 'nul'], ['--nul']],
  ])('one handshake %s', async (_how, ofServer, ofClient) => {
    const server = await ourServer('--strategy', strategy, ...ofServer)
    expect(await cClient(server, '-2', ...ofClient)).toEqual({ status: 0, stdout: 'HELLO -1\n' })
    expect(await printedBy(server, 'HELLO -2\nHELLO 0\n')).toBe('HELLO -2\nHELLO 0\n')
  })

  test('both count with 32 bits', async () => {
    const server = await ourServer('--strategy', strategy, '--arithmetic', 'int32')
    const lines = 'HELLO 2147483647\nHELLO -2147483647\n'
    expect(await cClient(server, '2147483647', '--int32')).toEqual({ status: 0, stdout: 'HELLO -2147483648\n' })
    expect(await printedBy(server, lines)).toBe(lines)
  })

  test('a server that counts otherwise is found out by the C client', async () => {
    const server = await ourServer('--strategy', strategy, '--arithmetic', 'int32')
    expect(await cClient(server, '2147483647')).toEqual({ status: 1, stdout: 'HELLO -2147483648\nERROR\n' })
    expect(await printedBy(server, 'HELLO 2147483647\n')).toBe('HELLO 2147483647\n')
  })

  test('500 handshakes, 20 at a time, are all answered and all printed', async () => {
    const server = await ourServer('--strategy', strategy)
    const { stdout } = await run(peers.load!, '127.0.0.1', String(server.port), '20', '500')
    const { handshakes, errors } = JSON.parse(stdout)
    expect(handshakes).toBe(500)
    expect(Object.values(errors)).toEqual([0, 0, 0, 0, 0, 0])
    // The numbers that the load counts with, so that the printed text is known in full.
    const sequences = Array.from({ length: 500 }, (_, at) => (at * 7919) % 1000000007)
    const lines = sequences.map((x) => `HELLO ${x}\nHELLO ${x + 2}\n`).join('')
    expect(sorted(await printedBy(server, lines))).toEqual(sorted(lines))
  })
})

// The peers are what we measure ourselves against, so they must do the whole of the work.
describe.each(C_SERVERS)('the C program %s', (name) => {
  test.each([
    ['HELLO 5', 'HELLO 8', 'HELLO 5\nHELLO 8\nERROR\n'],
    ['HELLO 5', 'HELLO 7\0\0', 'HELLO 5\nHELLO 7\n'],
    ['HELLO 5\r\n', 'bye\x1b', 'HELLO 5\nbye\\x1b\nERROR\n'],
    ['HELLO 5\0HELLO 7\0', '', 'HELLO 5\nHELLO 7\n'],
  ])('judges %j and then %j', async (x, z, lines) => {
    const server = await cServer(name)
    const socket = connect({ port: server.port, host: '127.0.0.1' })
    onTestFinished(() => void socket.destroy())
    socket.write(x)
    const [y] = await once(socket, 'data')
    expect(String(y)).toBe('HELLO 6')
    if (z) socket.write(z)
    // Without an end from our side: the server must close by itself (HS-2.7).
    await once(socket, 'close')
    expect(await printedBy(server, lines)).toBe(lines)
  })
})
