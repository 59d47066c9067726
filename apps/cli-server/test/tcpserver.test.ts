import { spawnSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { operations } from '@hs/operations/tcpserver'
import { main } from '@hs/server-core/cli'
import { describe, expect, it, onTestFinished } from 'vitest'
import { printedBy } from '../../../packages/command-line/test/in-process.js'
import { outputOf, Program } from '../../../packages/command-line/test/program.js'
import { freePort, hasIPv6, SocketPeer, SocketPeerServer } from '../../../packages/transport/src/testing/peers.js'
import { NODES } from '../../../test/nodes/nodes.js'

const PROGRAM = fileURLToPath(new URL('../dist/tcpserver.js', import.meta.url))
const STRATEGIES = { sequential: [], events: [], threads: ['--threads', '2'] }
const TRANSPORTS = process.platform === 'linux' ? ['node', 'linux'] : ['node']
const MODELS = Object.entries(STRATEGIES).flatMap(([strategy, crew]) =>
  TRANSPORTS.map((transport) => ({ strategy, transport, crew })),
)

const LISTENING = /listening on (?:\[(.+)\]|([^:\s]+)):(\d+) \((.*)\)/

/** A running server and where it listens. */
async function listening(program: Program) {
  const found = await program.until('stderr', LISTENING)
  const address = { host: (found[1] ?? found[2])!, port: Number(found[3]) }
  return { program, address, how: found[4]!, connect: () => SocketPeer.connect(address) }
}

const start = (...args: string[]) => listening(new Program(process.execPath, [PROGRAM, '0', ...args]))
const run = (...args: string[]) => outputOf(new Program(process.execPath, [PROGRAM, ...args]))

/** A connection to a server that says nothing when it is there. */
async function untilThere(to: { host: string; port: number }): Promise<SocketPeer> {
  for (;;) {
    const peer = await SocketPeer.connect(to).catch(() => undefined)
    if (peer) return peer
    await turn()
  }
}

type Server = Awaited<ReturnType<typeof start>>

// Between programs of Node there are sockets, and from a shell there are pipes.
describe.runIf(process.platform === 'linux')('with a pipe for stderr', () => {
  it.each(NODES)('finds the Linux transport on %s', async (node) => {
    const { read, write } = pipe()
    // pnpm gives its programs a list of folders to find packages in; a shell does not.
    const { NODE_PATH, ...env } = process.env
    const program = new Program(node, [PROGRAM, '0', '--json'], { stdio: ['ignore', 'pipe', write], env })
    closeSync(write)
    expect((await program.until('stdout', /"transport":"(\w+)"/))[1]).toBe('linux')
    program.signal('SIGTERM')
    expect(await program.ended()).toBe(0)
    closeSync(read)
  })
})

describe.each(MODELS.flatMap((model) => ['plain', 'json'].map((format) => ({ ...model, format }))))(
  'a peer that breaks the connection, over $transport, served by $strategy, in the $format format',
  ({ strategy, transport, crew, format }) => {
    it('is named by its address', async () => {
      const json = format === 'json' ? ['--json'] : []
      const server = new Program(process.execPath, [
        PROGRAM,
        '0',
        ...['--strategy', strategy, ...crew, '--transport', transport, ...json],
      ])
      const where = /"port":(\d+)|listening on 127\.0\.0\.1:(\d+)/
      const found = await server.until(format === 'json' ? 'stdout' : 'stderr', where)
      const peer = await SocketPeer.connect({ host: '127.0.0.1', port: Number(found[1] ?? found[2]) })
      const { localPort } = peer.socket
      await peer.send('HELLO 5')
      await peer.until('HELLO 6')
      peer.reset()
      if (format === 'json') {
        const [line] = await server.until('stdout', /.*"type":"failed".*\n/)
        expect(JSON.parse(line)).toMatchObject({
          remote: { host: '127.0.0.1', port: localPort },
          failure: { code: 'ERR_HS_RESET' },
        })
      } else {
        const [line] = await server.until('stderr', /.*ERR_HS_RESET.*\n/)
        expect(line).toContain(`127.0.0.1:${localPort}: The connection broke`)
      }
    })
  },
)

/** A peer that says these one after the other, each when the one before was answered, and waits for the close. */
async function talk({ connect }: Pick<Server, 'connect'>, ...messages: string[]): Promise<SocketPeer> {
  const peer = await connect()
  for (const [at, message] of messages.entries()) {
    if (at > 0) await peer.until('HELLO ')
    await peer.send(message)
  }
  await peer.untilGone()
  return peer
}

const shake = (server: Pick<Server, 'connect'>, x = 5) => talk(server, `HELLO ${x}`, `HELLO ${x + 2}`)

/** Resolves when the server no longer accepts connections: it has received the signal. */
async function untilRefusing({ connect }: Server): Promise<void> {
  for (let refuses = false; !refuses; ) {
    const attempt = connect().then(
      ({ socket }) => socket.destroy(),
      () => {
        refuses = true
      },
    )
    // What comes as the listener closes is left without an answer, and the kernel tries again only after a second.
    await Promise.race([attempt, sleep(10)])
  }
}

/** Stops it as a person does, and returns all that it printed. */
async function stop({ program }: Server) {
  program.signal('SIGTERM')
  return outputOf(program)
}

describe('the contract', () => {
  it('prints HELLO X and HELLO Z on stdout and nothing else, and serves the next client', async () => {
    const server = await start()
    expect(server.program.stdout).toBe('')
    expect((await shake(server)).received).toBe('HELLO 6')
    await server.program.until('stdout', /HELLO 7/)
    expect(server.program.stdout).toBe('HELLO 5\nHELLO 7\n')
    await shake(server, 10)
    expect(await stop(server)).toMatchObject({ status: 0, stdout: 'HELLO 5\nHELLO 7\nHELLO 10\nHELLO 12\n' })
  })

  it('prints HELLO Z and ERROR where Z is wrong, the reason on stderr', async () => {
    const server = await start()
    await talk(server, 'HELLO 5', 'HELLO 9')
    const { stdout, stderr } = await stop(server)
    expect(stdout).toBe('HELLO 5\nHELLO 9\nERROR\n')
    expect(stderr).toMatch(
      /tcpserver: 127\.0\.0\.1:\d+: The client sent HELLO 9 instead of HELLO 7.*\(ERR_HS_WRONG_NUMBER, HS-2\.3\)\n/,
    )
  })

  it('prints ERROR on stderr with --errors stderr', async () => {
    const server = await start('--errors', 'stderr')
    await talk(server, 'HELLO 5', 'HELLO 9')
    const { stdout, stderr } = await stop(server)
    expect(stdout).toBe('HELLO 5\nHELLO 9\n')
    expect(stderr).toMatch(/^ERROR$/m)
  })

  it('prints what is not a message, escaped and truncated, and then ERROR', async () => {
    const server = await start()
    await talk(server, `\x1b]0;evil\x07\xff\n${'A'.repeat(100)}`)
    const { stdout, stderr } = await stop(server)
    expect(stdout).toMatch(/^\\x1b\]0;evil\\x07\\xff\\nA+\.\.\.\nERROR\n$/)
    expect(stdout + stderr).toMatch(/^[\n\x20-\x7e]+$/)
  })

  it('prints no ERROR for a client that goes, and nothing at all for one that says nothing', async () => {
    const server = await start()
    ;(await server.connect()).socket.destroy()
    const peer = await server.connect()
    await peer.send('HELLO 5')
    await peer.until('HELLO 6')
    peer.reset()
    await server.program.until('stderr', /ERR_HS_RESET/)
    const { stdout, stderr } = await stop(server)
    expect(stdout).toBe('HELLO 5\n')
    expect(stderr).toContain('2 accepted, 0 established, 1 closed without a word, 1 ERR_HS_RESET')
  })

  it('says of the deadline on stderr only', async () => {
    const server = await start('--timeout', '50ms')
    await talk(server)
    const { stdout, stderr } = await stop(server)
    expect(stdout).toBe('')
    expect(stderr).toContain('The deadline of 50 ms passed before HELLO X arrived. (ERR_HS_TIMEOUT, HS-6.2)')
  })

  it('names address, strategy, threads and transport when it listens', async () => {
    expect((await start('--transport', 'node')).how).toBe('strategy events, 1 thread, transport node')
    for (const { strategy, transport, crew } of MODELS) {
      const { how } = await start('--strategy', strategy, '--transport', transport, ...crew)
      const threads = strategy === 'threads' ? '2 threads' : '1 thread'
      expect(how.split(', ').slice(0, 3)).toEqual([`strategy ${strategy}`, threads, `transport ${transport}`])
      expect(how.split(', ')[3] ?? 'one thread').toMatch(
        strategy === 'threads' ? /^(transfer|reuse-port|shared-descriptor)$/ : /^one thread$/,
      )
    }
  })

  if (hasIPv6()) {
    it('listens on IPv6 addresses, with brackets or without', async () => {
      for (const host of ['::1', '[::1]']) {
        const server = await start('--host', host)
        expect(server.address.host).toBe('::1')
        await shake(server)
        expect((await stop(server)).stdout).toBe('HELLO 5\nHELLO 7\n')
      }
    })
  }
})

describe('--json', () => {
  it('prints one object per event, from listening to stopped, and nothing on stderr', async () => {
    const program = new Program(process.execPath, [PROGRAM, '0', '--json'])
    const [, address] = await program.until('stdout', /"address":(\{.*?\})/)
    const server = { connect: () => SocketPeer.connect(JSON.parse(address!)) }
    await shake(server)
    await talk(server, 'HELLO 5', 'nonsense')
    program.signal('SIGINT')
    const { status, stdout, stderr } = await outputOf(program)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events.map(({ type, text: said }) => (said ? `${type} ${said}` : type))).toEqual([
      'listening',
      'connection',
      'received HELLO 5',
      'sent HELLO 6',
      'received HELLO 7',
      'established',
      'closed',
      'connection',
      'received HELLO 5',
      'sent HELLO 6',
      'received nonsense',
      'failed',
      'closed',
      'stopped',
    ])
    expect(events[0]).toEqual({
      type: 'listening',
      address: { host: '127.0.0.1', port: expect.any(Number) },
      strategy: 'events',
      threads: 1,
      transport: expect.stringMatching(/^(node|linux)$/),
      pid: program.child.pid,
      at: expect.any(Number),
    })
    for (const { at } of events) expect(Math.abs(at - Date.now())).toBeLessThan(60_000)
    expect(events[5]).toMatchObject({ x: 5, y: 6, z: 7, strategy: 'events', thread: 0, remote: { host: '127.0.0.1' } })
    expect(events[11]).toMatchObject({ failure: { code: 'ERR_HS_MALFORMED', received: 'nonsense' } })
    expect(events.at(-1)).toEqual({
      type: 'stopped',
      completed: 0,
      cut: 0,
      counters: {
        accepted: 2,
        established: 1,
        probes: 0,
        failed: { ERR_HS_MALFORMED: 1 },
        active: 0,
        dropped: 0,
        linesLost: 0,
        reasonsLost: 0,
      },
      pid: program.child.pid,
      at: expect.any(Number),
    })
  })
})

describe('--quiet', () => {
  it('prints nothing at all', async () => {
    const port = await freePort()
    const program = new Program(process.execPath, [PROGRAM, String(port), '--quiet'])
    const connect = async () => {
      for (;;) {
        const peer = await SocketPeer.connect({ host: '127.0.0.1', port }).catch(() => undefined)
        if (peer) return peer
        await turn()
      }
    }
    await shake({ connect })
    await talk({ connect }, 'nonsense')
    program.signal('SIGTERM')
    expect(await outputOf(program)).toEqual({ status: 0, stdout: '', stderr: '' })
  })
})

it.runIf(process.platform === 'linux')('says in a line that its help could not be written', async () => {
  const command = `"${process.execPath}" "${PROGRAM}" --help > /dev/full`
  const { status, stderr } = await outputOf(new Program('bash', ['-c', command]))
  expect({ status, stderr }).toEqual({
    status: 5,
    stderr: expect.stringMatching(/^tcpserver: the output is lost: ENOSPC: .*\n$/),
  })
})

describe('signals of its life', () => {
  it('SIGUSR1 opens no port for debuggers', async () => {
    const server = await start()
    server.program.signal('SIGUSR1')
    await shake(server)
    expect(await stop(server)).toMatchObject({ status: 0, stderr: expect.not.stringContaining('Debugger') })
  })

  it.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
    'SIGTERM ends it as the first process of a container, whenever it comes after Node has started',
    async () => {
      const program = new Program('unshare', ['--pid', '--fork', '--kill-child', process.execPath, PROGRAM, '0'])
      const { pid } = program.child
      // From before there is a process until it has gone. That Node itself does not listen is beyond us.
      const again = setInterval(() => {
        try {
          const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
          if (child) process.kill(Number(child), 'SIGTERM')
        } catch {
          // It has gone meanwhile.
        }
      }, 5)
      onTestFinished(() => clearInterval(again))
      program.child.once('exit', () => clearInterval(again))
      const { status, stderr } = await outputOf(program)
      expect({ status, stderr }).toEqual({ status: 143, stderr: '' })
    },
  )

  it('--grace says how long what is in flight may take', async () => {
    const server = await start('--grace', '50ms')
    const peer = await server.connect()
    await peer.send('HELLO 5')
    await peer.until('HELLO 6')
    const { status, stderr } = await stop(server)
    expect(status).toBe(0)
    expect(stderr).toMatch(/0 completed and 1 cut/)
  })
})

describe('what keeps it from listening', () => {
  it('a port in use: a sentence that names the likely owner, and 1', async () => {
    const { address } = await SocketPeerServer.listen()
    const { status, stdout, stderr } = await run(String(address.port))
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(
      new RegExp(`^tcpserver: port ${address.port} is already in use on 127\\.0\\.0\\.1: another server .*\n$`),
    )
  })

  it('no permission: a sentence that says which ports need one, and 1', async () => {
    // The superuser has the permission, unless it is taken away.
    const without = process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-net_bind_service'] : []
    const [file, ...args] = [...without, process.execPath, PROGRAM, '1']
    const { status, stderr } = await outputOf(new Program(file!, args))
    expect(stderr).toMatch(/^tcpserver: no permission to listen on 127\.0\.0\.1:1: ports below 1024 .*\n$/)
    expect(status).toBe(1)
  })

  it('an address of another machine, or a name that does not resolve: a sentence, and 1', async () => {
    expect(await run('0', '--host', '192.0.2.1')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('this machine has no such address'),
    })
    expect(await run('0', '--host', 'no-such-host.invalid')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('could not be resolved'),
    })
  })

  it.each([
    [[], /missing port/],
    [['65536'], /port must be an integer from 0 to 65535/],
    [['9000', '9001'], /unexpected "9001"/],
    [['9000', '--strategy', 'fibers'], /strategy/],
    [['9000', '--threads', '2'], /--threads and --at-once need --strategy threads/],
    [['9000', '--at-once', '1'], /need --strategy threads/],
    [['9000', '--strategy', 'threads', '--threads', '0'], /--threads must be an integer/],
    [['9000', '--max-connections', '0'], /--max-connections must be/],
    [['9000', '--timeout', '5'], /--timeout must be a duration/],
    [['9000', '--prot'], /prot/],
  ])('wrong usage %j: the reason and the way to the help on stderr, and 2', async (args, reason) => {
    const { status, stdout, stderr } = await printedBy(() => main(args, operations))
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(reason)
    expect(stderr).toContain('tcpserver --help')
  })

  it('wrong usage is the status of the program, too', async () => {
    const stderr = expect.stringMatching(/^tcpserver: missing port[\s\S]*tcpserver --help/)
    expect(await run()).toEqual({ status: 2, stdout: '', stderr })
  })

  it('--help, --version and --completion are not meant to listen, and exit with 0', async () => {
    const help = await run('--help')
    expect(help).toMatchObject({ status: 0, stderr: '' })
    for (const part of ['tcpserver <port>', '--strategy', 'sequential,', '(default: 10s)', '10000']) {
      expect(help.stdout).toContain(part)
    }
    expect(await run('--version')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
    expect((await run('--completion', 'zsh')).stdout).toContain('complete -F')
  })
})

for (const { strategy, transport, crew } of MODELS) {
  const options = ['--strategy', strategy, '--transport', transport, ...crew]
  const model = `${strategy} on ${transport}`

  describe(`${model}: signals`, () => {
    it.each(['SIGINT', 'SIGTERM'] as const)('%s lets what is in flight finish, and exits with 0', async (signal) => {
      const server = await start(...options)
      const peer = await server.connect()
      await peer.send('HELLO 5')
      await peer.until('HELLO 6')
      server.program.signal(signal)
      await untilRefusing(server)
      await peer.send('HELLO 7')
      const { status, stdout, stderr } = await outputOf(server.program)
      expect({ status, stdout }).toEqual({ status: 0, stdout: 'HELLO 5\nHELLO 7\n' })
      expect(stderr).toMatch(/at the end [1-9]\d* completed and 0 cut/)
    })

    it('a second one stops at once', async () => {
      const server = await start(...options)
      const peer = await server.connect()
      await peer.send('HELLO 5')
      await peer.until('HELLO 6')
      server.program.signal('SIGINT')
      await untilRefusing(server)
      server.program.signal('SIGINT')
      const { status, stderr } = await outputOf(server.program)
      expect(status).toBe(0)
      expect(stderr).toMatch(/at the end \d+ completed and [1-9]\d* cut/)
      await peer.untilGone()
    })
  })

  describe(`${model}: output that is never lost`, () => {
    /** Ways to give a program its stdout, and to read what came out of it when it is dead. */
    const outputs: Record<string, () => Promise<{ server: Server; kill: () => void; printed: () => Promise<string> }>> =
      {
        async 'a pipe'() {
          const { read, write } = pipe()
          const program = new Program(process.execPath, [PROGRAM, '0', ...options], {
            stdio: ['ignore', write, 'pipe'],
          })
          closeSync(write)
          const printed = readAll(read)
          return { server: await listening(program), kill: () => program.signal('SIGKILL'), printed: () => printed }
        },
        async 'a socket'() {
          const server = await start(...options)
          return {
            server,
            kill: () => server.program.signal('SIGKILL'),
            printed: async () => (await outputOf(server.program)).stdout,
          }
        },
        async 'a file'() {
          const file = join(temporaryFolder(), 'stdout')
          const write = openSync(file, 'w')
          const program = new Program(process.execPath, [PROGRAM, '0', ...options], {
            stdio: ['ignore', write, 'pipe'],
          })
          closeSync(write)
          return {
            server: await listening(program),
            kill: () => program.signal('SIGKILL'),
            async printed() {
              await program.ended()
              return readFileSync(file, 'utf8')
            },
          }
        },
        async 'a terminal'() {
          const program = new Program('python3', ['-c', TERMINAL, process.execPath, PROGRAM, '0', ...options])
          const [, pid] = await program.until('stderr', /pid (\d+)/)
          onTestFinished(() => {
            try {
              process.kill(Number(pid), 'SIGKILL')
            } catch {
              // It is gone already.
            }
          })
          const found = await program.until('stdout', LISTENING)
          const address = { host: found[2]!, port: Number(found[3]) }
          return {
            server: { program, address, how: found[4]!, connect: () => SocketPeer.connect(address) },
            kill: () => process.kill(Number(pid), 'SIGKILL'),
            async printed() {
              const { stdout } = await outputOf(program)
              return stdout
                .replaceAll('\r\n', '\n')
                .split('\n')
                .filter((line) => !line.startsWith('tcpserver:'))
                .join('\n')
            },
          }
        },
      }
    // How a line gets out does not depend on how bytes come in.
    for (const [output, make] of Object.entries(outputs).slice(0, transport === 'node' ? undefined : 1)) {
      it(`X is out before Y is sent, also if SIGKILL is next, on ${output}`, async () => {
        const { server, kill, printed } = await make()
        const peer = await server.connect()
        await peer.send('HELLO 5')
        await peer.until('HELLO 6')
        kill()
        expect(await printed()).toBe('HELLO 5\n')
      })
    }

    it('Z and ERROR are out before the connection is closed, also if SIGKILL is next', async () => {
      const server = await start(...options)
      await talk(server, 'HELLO 5', 'HELLO 9')
      server.program.signal('SIGKILL')
      expect(await outputOf(server.program)).toMatchObject({ status: 'SIGKILL', stdout: 'HELLO 5\nHELLO 9\nERROR\n' })
    })

    it('a slow reader of the pipe loses nothing', { timeout: 60_000 }, async () => {
      const { read, write } = pipe()
      const program = new Program(process.execPath, [PROGRAM, '0', ...options], { stdio: ['ignore', write, 'pipe'] })
      closeSync(write)
      const server = await listening(program)
      // 134 kB that are not read: more than the 64 kB that a pipe holds.
      const count = 2000
      let done = 0
      const sent = Array.from({ length: count }, async (_, at) => {
        const peer = await server.connect()
        await peer.send(`${String(at).padStart(60, '.')}\n`)
        await peer.untilGone()
        done++
      })
      // Until nothing moves any more.
      for (let still = 0, before = -1; still < 5; before = done) {
        await sleep(10)
        still = done === before ? still + 1 : 0
      }
      expect(done).toBeLessThan(count)
      const printed = readAll(read)
      await Promise.all(sent)
      program.signal('SIGTERM')
      expect(await program.ended()).toBe(0)
      const lines = (await printed).trimEnd().split('\n')
      expect(lines.filter((line) => line === 'ERROR')).toHaveLength(count)
      const numbers = lines.filter((line) => line !== 'ERROR').map((line) => Number(/^\.+(\d+)$/.exec(line)?.[1]))
      expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, at) => at))
    })

    it('a pipe that is closed ends it with a line that says so, and a status of its own', async () => {
      const { read, write } = pipe()
      const program = new Program(process.execPath, [PROGRAM, '0', ...options], { stdio: ['ignore', write, 'pipe'] })
      closeSync(write)
      const server = await listening(program)
      await shake(server)
      closeSync(read)
      const peer = await talk(server, 'HELLO 5').catch(() => undefined)
      expect(await program.ended()).toBe(5)
      expect(peer?.received ?? '').toBe('')
      expect(program.stderr).toContain('tcpserver: the output is lost: EPIPE: broken pipe, write\n')
      expect(program.stderr).toMatch(/broke: 2 accepted, 1 established.*, 1 lines lost\n/)
    })

    if (process.platform === 'linux') {
      it('stdout on a full disk ends it the same way', async () => {
        const full = openSync('/dev/full', 'w')
        const program = new Program(process.execPath, [PROGRAM, '0', ...options], { stdio: ['ignore', full, 'pipe'] })
        closeSync(full)
        const server = await listening(program)
        const peer = await talk(server, 'HELLO 5').catch(() => undefined)
        expect(await program.ended()).toBe(5)
        expect(peer?.received ?? '').toBe('')
        expect(program.stderr).toMatch(/the output is lost: ENOSPC: .*\n.*broke: .* lines lost/)
      })

      it('with --json it ends before the first connection, since not even its beginning gets out', async () => {
        const full = openSync('/dev/full', 'w')
        const args = [PROGRAM, '0', ...options, '--json']
        const program = new Program(process.execPath, args, { stdio: ['ignore', full, 'pipe'] })
        closeSync(full)
        expect(await program.ended()).toBe(5)
        expect(program.stderr).toMatch(/^tcpserver: the output is lost: ENOSPC: .*\n$/)
      })

      it('a full disk or a closed pipe as stderr alone does not stop it', async () => {
        const { read, write } = pipe()
        const full = openSync('/dev/full', 'w')
        for (const [stderr, reader] of [[write, read] as const, [full, undefined] as const]) {
          const port = await freePort()
          const program = new Program(process.execPath, [PROGRAM, String(port), ...options], {
            stdio: ['ignore', 'pipe', stderr],
          })
          closeSync(stderr)
          if (reader !== undefined) closeSync(reader)
          const server = { connect: () => untilThere({ host: '127.0.0.1', port }) }
          await talk(server, 'nonsense')
          await shake(server)
          program.signal('SIGTERM')
          expect(await outputOf(program)).toEqual({
            // Without stderr, nothing says when all threads are there: the first serves long before.
            status: options.includes('threads') ? expect.toBeOneOf([0, 143]) : 0,
            stdout: 'nonsense\nERROR\nHELLO 5\nHELLO 7\n',
            stderr: '',
          })
        }
      })
    }

    describe.runIf(process.platform === 'linux')('a pipe that is not read', () => {
      /** A server whose stdout is full: a peer waits for its answer. */
      async function blocked(...more: string[]) {
        const { read, write } = pipe()
        const args = [PROGRAM, '0', ...options, '--timeout', '1s', '--grace', '100ms', ...more]
        const program = new Program(process.execPath, args, { stdio: ['ignore', write, 'pipe'] })
        fill(write)
        closeSync(write)
        const server = await listening(program)
        const peer = await server.connect()
        await peer.send('HELLO 5')
        return { server, program, peer, read }
      }

      it('holds the answer, and neither the deadline nor newcomers', async () => {
        const { server, program, peer, read } = await blocked()
        const silent = await server.connect()
        await Promise.all([peer.untilGone(), silent.untilGone()])
        expect(peer.received).toBe('')
        // Once its reader resumes, all lines arrive and clients are served again.
        const printed = readAll(read)
        await shake(server, 70)
        program.signal('SIGTERM')
        expect(await program.ended()).toBe(0)
        // Lines of several connections come in any order.
        const lines = (await printed).replace(/^x+/, '').split('\n')
        expect(lines.toSorted()).toEqual(['', 'HELLO 5', 'HELLO 70', 'HELLO 72'])
        expect(lines.indexOf('HELLO 70')).toBeLessThan(lines.indexOf('HELLO 72'))
      })

      it('does not keep it from stopping within its grace period, and the line that is lost is counted', async () => {
        const { program, peer, read } = await blocked('--timeout', '1m')
        program.signal('SIGTERM')
        await peer.untilGone()
        expect(await program.ended()).toBe(5)
        expect(program.stderr).toMatch(/stopped: .*, 1 lines lost; at the end 0 completed and 1 cut/)
        expect(peer.received).toBe('')
        closeSync(read)
      })

      it('with --on-output-blocked drop, loses lines, counts them, and continues', async () => {
        const { server, program, peer, read } = await blocked('--on-output-blocked', 'drop')
        await peer.until('HELLO 6')
        await peer.send('HELLO 7')
        await peer.untilGone()
        await shake(server)
        program.signal('SIGTERM')
        expect(await program.ended()).toBe(0)
        expect(program.stderr).toMatch(/2 established, .*, 4 lines lost/)
        closeSync(read)
      })

      it('stops with --on-output-blocked stop', async () => {
        const { program, peer, read } = await blocked('--on-output-blocked', 'stop', '--timeout', '200ms')
        await peer.untilGone()
        expect(await program.ended()).toBe(5)
        expect(program.stderr).toContain('the output is lost: nothing was read from stdout for 200 ms')
        closeSync(read)
      })
    })

    it('lines of concurrent connections are whole, and in order within a connection', async () => {
      for (const kind of ['a pipe', 'a file'] as const) {
        const { server, printed } = await outputs[kind]!()
        const count = 200
        await Promise.all(Array.from({ length: count }, (_, at) => shake(server, 1_000_000 + 10 * at)))
        server.program.signal('SIGTERM')
        expect(await server.program.ended()).toBe(0)
        const lines = (await printed()).trimEnd().split('\n')
        expect(lines).toHaveLength(2 * count)
        for (let at = 0; at < count; at++) {
          const x = lines.indexOf(`HELLO ${1_000_000 + 10 * at}`)
          const z = lines.indexOf(`HELLO ${1_000_002 + 10 * at}`)
          expect(x).toBeGreaterThanOrEqual(0)
          expect(z).toBeGreaterThan(x)
        }
      }
    })
  })

  describe(`${model}: out of descriptors`, () => {
    const scarce = async (...more: string[]) => {
      const one = strategy === 'threads' ? ['--threads', '1'] : []
      const limited = [
        '-c',
        'ulimit -n 64; exec "$@"',
        'bash',
        process.execPath,
        PROGRAM,
        '0',
        ...options,
        ...one,
        ...more,
      ]
      const server = await listening(new Program('bash', limited))
      // Threads need some descriptors before they serve.
      await shake(server)
      return server
    }

    it('every client is served or refused', async () => {
      const server = await scarce()
      const ends = await Promise.allSettled(Array.from({ length: 200 }, () => shake(server)))
      expect(ends.some(({ status }) => status === 'fulfilled')).toBe(true)
      expect((await stop(server)).status).toBe(0)
    })

    // On the Linux transport they wait in the kernel.
    if (transport === 'node') {
      it('each connection is counted: as accepted, or as dropped', async () => {
        const server = await scarce()
        const flood = await Promise.all(Array.from({ length: 150 }, () => server.connect()))
        for (const peer of flood) await peer.send('HELLO 5').catch(() => {})
        await Promise.any(flood.map((peer) => peer.until('HELLO 6')))
        for (const { socket } of flood) socket.destroy()
        const { status, stderr } = await stop(server)
        const [, accepted, dropped] = /stopped: (\d+) accepted, .*?, (\d+) dropped/.exec(stderr)!
        expect(status).toBe(0)
        // With the one that was served before.
        expect(Number(accepted) + Number(dropped)).toBe(151)
      })
    }

    // A sequential server on the Linux transport opens one connection, and leaves the others to the kernel.
    if (strategy !== 'sequential' || transport === 'node') {
      it('/readyz says so, and says no more once there are some again', async () => {
        const server = await scarce('--metrics', '0')
        const [, url] = await server.program.until('stderr', /metrics on (http:\S+)\/metrics/)
        const ready = async () => (await fetch(`${url}/readyz`)).text()
        expect(await ready()).toBe('ok\n')
        const flood = await Promise.all(Array.from({ length: 100 }, () => server.connect()))
        await expect.poll(ready, { timeout: 8_000 }).toBe('the server has no descriptors left\n')
        // Of these there are some: for health checks, and for all that is not a connection.
        const scraped = await fetch(`${url}/metrics`)
        expect(await scraped.text()).toMatch(/^hs_ready 0$/m)
        for (const { socket } of flood) socket.destroy()
        await expect.poll(ready, { timeout: 8_000 }).toBe('ok\n')
      })
    }

    it('the server continues when there are some again', async () => {
      const server = await scarce()
      const flood = await Promise.all(Array.from({ length: 200 }, () => server.connect().catch(() => undefined)))
      for (const peer of flood) peer?.socket.destroy()
      // It may still be busy with those that have gone.
      let served = false
      while (!served) {
        const peer = await server.connect()
        await peer.send('HELLO 5').catch(() => {})
        served = await peer.until('HELLO 6').then(
          () => true,
          () => false,
        )
        if (served) await peer.send('HELLO 7')
      }
      await server.program.until('stdout', /HELLO 7\n(.*\n)*HELLO 7\n/)
      const { status, stderr } = await stop(server)
      expect(status).toBe(0)
      expect(stderr).toContain('stopped:')
      expect(stderr).not.toMatch(/EMFILE|Error/)
    })
  })
}

/** Runs a program in a terminal of its own, tells its process id, and copies what it prints. */
const TERMINAL = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
print("pid", pid, file=sys.stderr, flush=True)
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
os.waitpid(pid, 0)
`

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tcpserver-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** Both ends of a pipe as a shell makes it; what Node calls one is a pair of sockets. */
function pipe(): { read: number; write: number } {
  const name = join(temporaryFolder(), 'pipe')
  spawnSync('mkfifo', [name])
  const read = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK)
  return { read, write: openSync(name, 'w') }
}

/** Fills a pipe to the brim. */
function fill(pipe: number): void {
  const fd = openSync(`/proc/self/fd/${pipe}`, constants.O_WRONLY | constants.O_NONBLOCK)
  try {
    for (;;) writeSync(fd, 'x'.repeat(4096))
  } catch (error) {
    expect(error).toMatchObject({ code: 'EAGAIN' })
  } finally {
    closeSync(fd)
  }
}

/** All that comes out of a pipe. */
function readAll(fd: number): Promise<string> {
  const reader = new Socket({ fd, readable: true, writable: false })
  onTestFinished(() => {
    reader.destroy()
  })
  return text(reader)
}
