import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { main } from '@hs/client/cli'
import { describe, expect, it, onTestFinished } from 'vitest'
import { printedBy } from '../../../packages/command-line/test/in-process.js'
import { outputOf, Program } from '../../../packages/command-line/test/program.js'
import { Pipes } from '../../../packages/supervise/src/pipes.js'
import { freePort, hasIPv6, type SocketPeer, SocketPeerServer } from '../../../packages/transport/src/testing/peers.js'

const PROGRAM = fileURLToPath(new URL('../dist/tcpclient.cjs', import.meta.url))

const start = (...args: (string | number)[]) => new Program(process.execPath, [PROGRAM, ...args.map(String)])
const run = (...args: (string | number)[]) => outputOf(start(...args))

/** A server that sends each client the next of these, or the last of them; null: it closes instead. */
async function answering(...answers: (string | null | ((x: number) => string))[]) {
  const server = await SocketPeerServer.listen()
  const peers: SocketPeer[] = []
  const serve = async () => {
    for (;;) {
      const peer = await server.accept()
      peers.push(peer)
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!
      await peer.until('HELLO')
      if (answer === null) peer.socket.destroy()
      else await peer.send(typeof answer === 'string' ? answer : answer(Number.parseInt(peer.received.slice(6), 10)))
    }
  }
  // It ends with the test, as its sockets do.
  serve().catch(() => {})
  return { ...server.address, peers }
}

const next = (x: number) => `HELLO ${x + 1}`

describe('the contract', () => {
  it('prints HELLO Y and nothing else, and exits with 0', async () => {
    const { host, port, peers } = await answering('HELLO 6')
    expect(await run(host, port, 5)).toEqual({ status: 0, stdout: 'HELLO 6\n', stderr: '' })
    expect(peers[0]!.received).toBe('HELLO 5HELLO 7')
  })

  it('prints HELLO Y and ERROR where Y is wrong, the reason on stderr, and exits with 1', async () => {
    const { host, port, peers } = await answering('HELLO 5')
    const { status, stdout, stderr } = await run(host, port, 5)
    expect({ status, stdout }).toEqual({ status: 1, stdout: 'HELLO 5\nERROR\n' })
    expect(stderr).toMatch(
      /^tcpclient: The server sent HELLO 5 instead of HELLO 6.*\(ERR_HS_WRONG_NUMBER, HS-2\.2\)\n$/,
    )
    await peers[0]!.untilGone()
    expect(peers[0]!.received).toBe('HELLO 5')
  })

  it('prints ERROR alone where the server closes instead of answering', async () => {
    const { host, port } = await answering(null)
    const { status, stdout, stderr } = await run(host, port, 5)
    expect({ status, stdout }).toEqual({ status: 1, stdout: 'ERROR\n' })
    expect(stderr).toContain('ERR_HS_CLOSED_EARLY')
  })

  it('prints ERROR on stderr with --errors stderr', async () => {
    const { host, port } = await answering('HELLO 9')
    const { status, stdout, stderr } = await run(host, port, 5, '--errors', 'stderr')
    expect({ status, stdout }).toEqual({ status: 1, stdout: 'HELLO 9\n' })
    expect(stderr).toMatch(/^ERROR\ntcpclient: /)
  })

  it('escapes and truncates what is not a message, so that none of its bytes reach a terminal', async () => {
    const { host, port } = await answering(`\x1b[31m\x07evil\x9b\r\n\0\x7f${'A'.repeat(100)}`)
    for (const args of [[], ['--verbose'], ['--json']]) {
      const { status, stdout, stderr } = await run(host, port, 5, ...args)
      expect(status).toBe(1)
      expect(stdout + stderr).toMatch(/^[\n\x20-\x7e]+$/)
      expect(stdout).toContain(
        '\\x1b[31m\\x07evil\\x9b\\r\\n\\0\\x7f'.replaceAll('\\', args[0] === '--json' ? '\\\\' : '\\'),
      )
      expect(stdout).toContain('...')
    }
  })

  it('has printed Y before it sends Z, and loses it by no SIGKILL', async () => {
    const server = await SocketPeerServer.listen()
    const client = start(server.address.host, server.address.port, 5)
    const peer = await server.accept()
    await peer.send('HELLO 6')
    await peer.until('HELLO 7')
    client.signal('SIGKILL')
    await client.ended()
    expect(client.stdout).toBe('HELLO 6\n')
  })

  it('needs only its one file if it is called without options', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tcpclient-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const alone = join(folder, 'tcpclient.cjs')
    copyFileSync(PROGRAM, alone)
    const { host, port } = await answering(next)
    expect(await outputOf(new Program(process.execPath, [alone, host, String(port), '-5']))).toEqual({
      status: 0,
      stdout: 'HELLO -4\n',
      stderr: '',
    })
  })
})

describe('as it is installed', () => {
  const STARTER = fileURLToPath(new URL('../dist/start.cjs', import.meta.url))
  const folders = () => {
    const folder = mkdtempSync(join(tmpdir(), 'tcpclient-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    return folder
  }
  const startedIn = async (env: NodeJS.ProcessEnv) => {
    const { host, port } = await answering(next)
    const { NODE_DISABLE_COMPILE_CACHE: _, XDG_CACHE_HOME: __, ...rest } = process.env
    const client = new Program(process.execPath, [STARTER, host, String(port), '5'], { env: { ...rest, ...env } })
    return outputOf(client)
  }
  const DONE = { status: 0, stdout: 'HELLO 6\n', stderr: '' }

  it('is kept compiled, in the folder of the user', async () => {
    const [home, cache] = [folders(), folders()]
    expect(await startedIn({ HOME: home })).toEqual(DONE)
    expect(readdirSync(join(home, '.cache/hs'))).toHaveLength(1)
    expect(await startedIn({ HOME: home, XDG_CACHE_HOME: cache })).toEqual(DONE)
    expect(readdirSync(cache)).toEqual(['hs'])
  })

  it.each([
    ['without a home', { HOME: '' }],
    ['where the home is a file', { HOME: STARTER }],
    ['where nothing is to be kept', { HOME: '/proc', NODE_DISABLE_COMPILE_CACHE: '1' }],
  ])('works %s', async (_, env) => {
    expect(await startedIn(env)).toEqual(DONE)
  })
})

describe('wrong usage', () => {
  it.each([
    [[], /missing host/],
    [['127.0.0.1'], /missing port/],
    [['127.0.0.1', '9000'], /missing sequence/],
    [['127.0.0.1', '9000', '5', '6'], /unexpected "6"/],
    [['127.0.0.1', '0', '5'], /port must be an integer from 1 to 65535, got "0"/],
    [['127.0.0.1', 'http', '5'], /port must be/],
    [['127.0.0.1', '9000', 'five'], /sequence must be an integer/],
    [['127.0.0.1', '9000', '9007199254740990'], /sequence must be an integer from .* to 9007199254740989/],
    [['127.0.0.1', '9000', '2147483648', '--arithmetic', 'int32'], /sequence must fit 32 bits, got 2147483648/],
    [['127.0.0.1', '9000', '5', '--jsno'], /jsno/],
    [['127.0.0.1', '9000', '5', '--timeout', '5'], /--timeout must be a duration/],
    [['-4', '-6', 'localhost', '9000', '5'], /-4 and -6 exclude each other/],
    [['127.0.0.1', '9000', '5', '--interval', '1s'], /--interval needs --count/],
  ])('%j prints the reason and the way to the help on stderr, and exits with 2', async (args, reason) => {
    const { status, stdout, stderr } = await printedBy(() => main(args, 'tcpclient', 'required'))
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(reason)
    expect(stderr).toMatch(/^tcpclient: /)
    expect(stderr).toContain('tcpclient --help')
  })

  it('is the status of the program, too', async () => {
    const stderr = expect.stringMatching(/^tcpclient: missing host[\s\S]*tcpclient --help/)
    expect(await run()).toEqual({ status: 2, stdout: '', stderr })
  })
})

describe('what ends it otherwise', () => {
  it('nothing listens: the reason on stderr, nothing on stdout, 3', async () => {
    const port = await freePort()
    const { status, stdout, stderr } = await run('127.0.0.1', port, 5)
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
    expect(stderr).toContain(`Nothing listens on 127.0.0.1:${port}`)
  })

  it('a name that does not resolve: 3', async () => {
    const { status, stderr } = await run('no-such-host.invalid', 9000, 5)
    expect(status).toBe(3)
    expect(stderr).toContain('The name "no-such-host.invalid" could not be resolved')
  })

  it('the deadline: the reason on stderr, nothing on stdout, 4', async () => {
    const { address } = await SocketPeerServer.listen()
    const { status, stdout, stderr } = await run(address.host, address.port, 5, '--timeout', '500ms')
    expect({ status, stdout }).toEqual({ status: 4, stdout: '' })
    expect(stderr).toBe('tcpclient: The deadline of 500 ms passed before HELLO Y arrived. (ERR_HS_TIMEOUT, HS-6.2)\n')
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s: %i, and the connection is closed', async (signal, expected) => {
    const server = await SocketPeerServer.listen()
    const client = start(server.address.host, server.address.port, 5)
    const peer = await server.accept()
    await peer.until('HELLO 5')
    client.signal(signal)
    expect(await client.ended()).toBe(expected)
    expect(client.stdout).toBe('')
    await peer.untilGone()
  })

  it('SIGINT between two attempts: 130', async () => {
    const client = start('127.0.0.1', await freePort(), 5, '--wait', '1h', '--verbose')
    await client.until('stderr', /Trying again/)
    client.signal('SIGINT')
    expect(await client.ended()).toBe(130)
  })

  it('SIGINT between two handshakes: 130, and the summary of those that were', async () => {
    const { host, port } = await answering(next)
    const client = start(host, port, 5, '--count', 2, '--interval', '1h')
    await client.until('stdout', /HELLO 6/)
    client.signal('SIGINT')
    expect(await client.ended()).toBe(130)
    expect(client.stderr).toMatch(/1 of 1 established/)
  })
})

describe('--json', () => {
  it('prints one object for an established handshake, and nothing else', async () => {
    const { host, port } = await answering('HELLO 6')
    const { status, stdout, stderr } = await run(host, port, 5, '--json')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^\{.*\}\n$/)
    expect(JSON.parse(stdout)).toEqual({
      x: 5,
      y: 6,
      z: 7,
      local: { host: '127.0.0.1', port: expect.any(Number) },
      remote: { host, port },
      connectMs: expect.any(Number),
      replyMs: expect.any(Number),
      totalMs: expect.any(Number),
    })
  })

  it('prints one object for a failed one, which says what, where, and what came instead', async () => {
    const { host, port } = await answering('HELLO 9')
    const { status, stdout } = await run(host, port, 5, '--json')
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toEqual({
      failure: {
        code: 'ERR_HS_WRONG_NUMBER',
        side: 'client',
        state: 'awaiting-y',
        clause: 'HS-2.2',
        sent: 'HELLO 5',
        expected: 'HELLO 6',
        received: 'HELLO 9',
        message: expect.any(String),
      },
    })
  })

  it('prints one for a connection that failed, too', async () => {
    const { status, stdout } = await run('127.0.0.1', await freePort(), 5, '--json')
    expect(status).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({ failure: { code: 'ERR_HS_CONNECT', state: 'idle' } })
  })
})

describe('--quiet', () => {
  it.each([
    ['a handshake', 'HELLO 6', 0],
    ['a failure', 'HELLO 9', 1],
    ['garbage', 'x', 1],
  ])('prints nothing at all of %s', async (_, answer, status) => {
    const { host, port } = await answering(answer)
    expect(await run(host, port, 5, '--quiet')).toEqual({ status, stdout: '', stderr: '' })
  })
})

describe('--verbose', () => {
  it('draws the exchange on stderr, and leaves stdout as it is', async () => {
    const { host, port } = await answering('HELLO 6')
    const { status, stdout, stderr } = await run(host, port, 5, '--verbose')
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'HELLO 6\n' })
    const lines = stderr.trimEnd().split('\n')
    expect(lines[0]).toMatch(new RegExp(`^client +${host}:${port}$`))
    expect(lines.slice(2).map((line) => line.replaceAll(/ *-+ */g, '-').trim())).toEqual([
      '|-HELLO 5->|',
      '|<-HELLO 6-|',
      '|-HELLO 7->|',
      '|-close->|',
    ])
    expect(new Set(lines.slice(1).map((line) => line.length)).size).toBe(1)
  })

  it('draws where it went wrong', async () => {
    const { host, port } = await answering('x'.repeat(60))
    const { status, stdout, stderr } = await run(host, port, 5, '--verbose')
    expect({ status, stdout }).toEqual({ status: 1, stdout: `${'x'.repeat(60)}\nERROR\n` })
    expect(stderr).toMatch(/\|<-* x+ -*\|\n {2}\| +ERR_HS_MALFORMED +\|\n {2}\|-* close -*>\|\n/)
    const drawn = stderr.split('\n').filter((line) => line.startsWith('  |'))
    expect(new Set(drawn.map((line) => line.length)).size).toBe(1)
  })
})

describe('--count', () => {
  it('does that many handshakes, prints one line for each, and a summary on stderr', async () => {
    const { host, port, peers } = await answering(next)
    const { status, stdout, stderr } = await run(host, port, 5, '--count', 3, '--interval', '1ms')
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'HELLO 6\n'.repeat(3) })
    expect(stderr).toMatch(/^tcpclient: 3 of 3 established; min [\d.]+ ms, median [\d.]+ ms, p99 [\d.]+ ms\n$/)
    expect(peers).toHaveLength(3)
  })

  it('continues after a failure, and exits with the status of the first one', async () => {
    const { host, port } = await answering('HELLO 6', 'HELLO 9', null, 'HELLO 6')
    const { status, stdout, stderr } = await run(host, port, 5, '--count', 4)
    expect({ status, stdout }).toEqual({ status: 1, stdout: 'HELLO 6\nHELLO 9\nERROR\nERROR\nHELLO 6\n' })
    expect(stderr).toContain('2 of 4 established (1 ERR_HS_WRONG_NUMBER, 1 ERR_HS_CLOSED_EARLY)')
  })

  it('with --json ends with the summary as an object', async () => {
    const { host, port } = await answering(next)
    const { stdout } = await run(host, port, 5, '--count', 2, '--json')
    const objects = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(objects).toHaveLength(3)
    expect(objects[2]).toEqual({
      summary: {
        handshakes: 2,
        established: 2,
        failed: {},
        minMs: expect.any(Number),
        medianMs: expect.any(Number),
        p99Ms: expect.any(Number),
      },
    })
  })

  it('ends with 5 and a line when its output is not read any more', async () => {
    const { host, port } = await answering(next)
    const command = `"${process.execPath}" "${PROGRAM}" ${host} ${port} 5 --count 100000 | head -1; echo "\${PIPESTATUS[0]}"`
    expect(await outputOf(new Program('bash', ['-c', command]))).toEqual({
      status: 0,
      stdout: 'HELLO 6\n5\n',
      stderr: 'tcpclient: the output is lost: EPIPE: broken pipe, write\n',
    })
  })

  it.runIf(process.platform === 'linux')('says in a line that its output could not be written', async () => {
    const { host, port } = await answering(next)
    for (const words of [`${host} ${port} 5`, '--help']) {
      const command = `"${process.execPath}" "${PROGRAM}" ${words} > /dev/full`
      const { status, stderr } = await outputOf(new Program('bash', ['-c', command]))
      expect({ status, stderr }).toEqual({
        status: 5,
        stderr: expect.stringMatching(/^tcpclient: the output is lost: ENOSPC: .*\n$/),
      })
    }
  })
})

describe.runIf(process.platform === 'linux')('an output that takes no more', () => {
  /** A pipe that is full, and is not read. */
  function full(): number {
    const pipe = new Pipes().take()!
    pipe.fill()
    onTestFinished(() => pipe.discard())
    return pipe.writeEnd
  }

  it.each(['SIGTERM', 'SIGINT'] as const)('is waited for, until %s', async (signal) => {
    const { host, port } = await answering(next)
    for (const stdio of [
      ['ignore', full(), 'pipe'],
      ['ignore', 'pipe', full()],
    ] as const) {
      const words = [PROGRAM, host, String(port), '5', '--verbose']
      const client = new Program(process.execPath, words, { stdio: [...stdio] })
      // It has come to where it waits when it has nothing to do.
      await expect.poll(() => isAsleep(client.child.pid!), { timeout: 10_000 }).toBe(true)
      client.signal(signal)
      expect(await client.ended()).toBe(signal)
    }
  })

  it('as stderr alone does not change the exit status', async () => {
    const { host, port } = await answering(next)
    for (const [words, expected] of [
      [`${host} ${port} 5 --verbose --count 2`, 0],
      ['127.0.0.1 1 5', 3],
      ['127.0.0.1 1 5 --wait 300ms --verbose', 3],
      ['--nonsense', 2],
    ] as const) {
      const command = `exec "${process.execPath}" "${PROGRAM}" ${words} 2> /dev/full`
      expect(await new Program('bash', ['-c', command]).ended()).toBe(expected)
    }
  })
})

/** Whether a process has computed nothing for a while. */
async function isAsleep(pid: number): Promise<boolean> {
  const used = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ').slice(13, 15).join()
  const before = used()
  await new Promise((resolve) => setTimeout(resolve, 300))
  return before !== '0,0' && used() === before
}

describe('--wait', () => {
  it('waits for a port that opens later, and prints one handshake', async () => {
    const port = await freePort()
    const client = start('127.0.0.1', port, 5, '--wait', '1m', '--verbose')
    await client.until('stderr', /attempt 1: Nothing listens/)
    const server = await SocketPeerServer.listen('127.0.0.1', port)
    const peer = await server.accept()
    await peer.until('HELLO 5')
    await peer.send('HELLO 6')
    expect(await client.ended()).toBe(0)
    expect(client.stdout).toBe('HELLO 6\n')
  })

  it('waits for a server that is there and does not speak HELLO yet', async () => {
    const server = await SocketPeerServer.listen()
    const client = start('127.0.0.1', server.address.port, 5, '--wait', '1m', '--timeout', '50ms', '--json')
    // Silent, then garbage, then itself.
    await (await server.accept()).untilGone()
    const second = await server.accept()
    await second.send('HTTP/1.1 503 Service Unavailable\r\n\r\n')
    await second.untilGone()
    const third = await server.accept()
    await third.send('HELLO 6')
    expect(await client.ended()).toBe(0)
    expect(JSON.parse(client.stdout)).toMatchObject({ x: 5, y: 6, z: 7 })
  })

  it('prints nothing of attempts that were not the last', async () => {
    const { host, port } = await answering('HELLO 9', 'nonsense', 'HELLO 6')
    expect(await run(host, port, 5, '--wait', '1m')).toEqual({ status: 0, stdout: 'HELLO 6\n', stderr: '' })
  })

  it('gives up when the time is over, with the status of the last attempt', async () => {
    const refused = await run('127.0.0.1', await freePort(), 5, '--wait', '500ms')
    expect(refused).toMatchObject({ status: 3, stdout: '' })
    const { address } = await SocketPeerServer.listen()
    const silent = await run('127.0.0.1', address.port, 5, '--wait', '50ms')
    expect(silent).toMatchObject({ status: 4, stdout: '', stderr: expect.stringContaining('ERR_HS_TIMEOUT') })
  })

  it('tells of the attempt before, if the last one had not even time to connect', async () => {
    const server = new Program('python3', ['-c', ANSWERS_ONE])
    const [, port] = await server.until('stdout', /(\d+)/)
    const { status, stdout } = await run('127.0.0.1', port!, 5, '--wait', '1s')
    expect({ status, stdout }).toEqual({ status: 1, stdout: 'HELLO 9\nERROR\n' })
  })
})

/** Answers the first client wrongly; those after it wait for a connection in vain, since its queue is full. */
const ANSWERS_ONE = `
import socket, time
server = socket.create_server(('127.0.0.1', 0), backlog=0)
print(server.getsockname()[1], flush=True)
client, _ = server.accept()
full = [socket.create_connection(server.getsockname()) for _ in range(1)]
client.recv(64)
client.sendall(b'HELLO 9')
time.sleep(60)
`

describe('--retry', () => {
  it('tries again up to that many times, and prints the last attempt', async () => {
    const { host, port, peers } = await answering('HELLO 9', null, 'HELLO 8')
    const { status, stdout } = await run(host, port, 5, '--retry', 2)
    expect({ status, stdout }).toEqual({ status: 1, stdout: 'HELLO 8\nERROR\n' })
    expect(peers).toHaveLength(3)
  })

  it('stops at the first that succeeds', async () => {
    const { host, port, peers } = await answering('HELLO 9', 'HELLO 6')
    expect(await run(host, port, 5, '--retry', 5)).toMatchObject({ status: 0, stdout: 'HELLO 6\n' })
    expect(peers).toHaveLength(2)
  })
})

describe('addresses', () => {
  it('-4 before the host chooses IPv4; after the port, it is the sequence number', async () => {
    const { port, peers } = await answering(next)
    expect(await run('-4', 'localhost', port, 5)).toMatchObject({ status: 0, stdout: 'HELLO 6\n' })
    expect(await run('localhost', port, -4)).toMatchObject({ status: 0, stdout: 'HELLO -3\n' })
    expect(await run('-4', 'localhost', port, -4, '--quiet')).toMatchObject({ status: 0 })
    expect(peers.map(({ received }) => received.slice(0, 8).trim())).toEqual(['HELLO 5H', 'HELLO -4', 'HELLO -4'])
  })

  if (hasIPv6()) {
    it('IPv6 addresses are written with brackets or without', async () => {
      const server = await SocketPeerServer.listen('::1')
      for (const host of ['::1', '[::1]']) {
        const client = start(host, server.address.port, 5)
        const peer = await server.accept()
        await peer.send('HELLO 6')
        expect(await client.ended()).toBe(0)
      }
    })
  }

  it('-6 does not reach a server that listens on IPv4 only', async () => {
    const { port, peers } = await answering(next)
    expect(await run('-6', 'localhost', port, 5)).toMatchObject({ status: 3, stdout: '' })
    expect(peers).toEqual([])
  })
})

describe('the protocol', () => {
  it('--arithmetic int32 counts as C does', async () => {
    const { host, port } = await answering('HELLO -2147483648')
    expect(await run(host, port, 2147483647, '--arithmetic', 'int32')).toMatchObject({ status: 0 })
    expect(await run(host, port, 2147483647)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('int32 arithmetic'),
    })
  })

  it('--terminator is appended to both messages', async () => {
    const { host, port, peers } = await answering('HELLO 6')
    await run(host, port, 5, '--terminator', 'nul')
    expect(peers[0]!.received).toBe('HELLO 5\0HELLO 7\0')
  })

  it('--strict forgives nothing', async () => {
    const { host, port } = await answering('Hello 6')
    expect(await run(host, port, 5)).toMatchObject({ status: 0, stdout: 'Hello 6\n' })
    expect(await run(host, port, 5, '--strict')).toMatchObject({ status: 1, stdout: 'Hello 6\nERROR\n' })
  })

  it('--prefix-time and --quiet-time say how long a pause may be', async () => {
    const { host, port } = await answering('HELLO ')
    expect(await run(host, port, 5, '--prefix-time', '1ms')).toMatchObject({ status: 1, stdout: 'HELLO \nERROR\n' })
    expect(await run(host, port, 5, '--quiet-time', '1h', '--timeout', '50ms')).toMatchObject({ status: 4, stdout: '' })
  })
})

describe('help', () => {
  it('--help, --version and --completion print on stdout and exit with 0', async () => {
    const help = await run('--help')
    expect(help).toMatchObject({ status: 0, stderr: '' })
    for (const part of [
      'tcpclient <host> <port> <sequence>',
      '--wait',
      '--arithmetic',
      '(default: 250ms)',
      '130 interrupted, 143',
    ]) {
      expect(help.stdout).toContain(part)
    }
    expect(await run('--version')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
    expect((await run('--completion', 'bash')).stdout).toContain('complete -F')
  })
})
