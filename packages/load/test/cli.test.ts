/** The built program, as people run it. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serve } from '@hs/server-core'
import { HistogramLogReader } from 'hdr-histogram-js'
import { describe, expect, it, onTestFinished } from 'vitest'
import { printedBy } from '../../command-line/test/in-process.js'
import { main } from '../dist/cli.js'
import { run, startInTest } from './program.js'

const PROGRAM = fileURLToPath(new URL('../dist/bin.js', import.meta.url))
const load = (...args: string[]) => run(PROGRAM, args)

/** The address of a server of ours, as the program takes it. */
async function target(): Promise<string> {
  const server = await serve({ port: 0, transport: 'node' })
  onTestFinished(async () => {
    await server.close({ graceMs: 0 })
  })
  return `127.0.0.1:${server.address.port}`
}

/** A server of the user's, as a command. */
const theirs = `"${process.execPath}" "${fileURLToPath(new URL('./server.js', import.meta.url))}" {port}`

/** Whether a program with this text among its arguments runs. */
function runs(text: string): boolean {
  return spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .stdout.split('\n')
    .some((line) => line.includes(text) && !line.includes('compare'))
}

/** A number that is in no other command line. */
function unheardOf(): number {
  return 1_000_000 + Math.floor(Math.random() * 1_000_000_000)
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hs-load-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

describe('hs-load', () => {
  it('prints what opened first, then rates and times; progress goes to stderr, line by line', async () => {
    const { status, stdout, stderr } = await load(await target(), '--rate', '100', '--duration', '1.2s')
    expect(status).toBe(0)
    const lines = stdout.split('\n')
    expect(lines[0]).toBe('120 of 120 opened, 120 established')
    expect(lines[1]).toMatch(/^\d+ handshakes per second for 1\.\d+ s$/)
    expect(stdout).toMatch(/^connect .*\nfirst reply .*\ntotal /m)
    expect(stderr).toMatch(/^1 s {2}\d+\/s {2}p50 .* {2}p99 .* {2}0 errors {2}1 s left\n/)
    expect(stderr).not.toContain('\r')
  })

  it('prints one JSON object with --json, and with --ndjson one per second and the report', async () => {
    const where = await target()
    const whole = await load(where, '--count', '20', '--json', '--seed', '7')
    expect(JSON.parse(whole.stdout)).toMatchObject({ started: 20, established: 20, seed: 7, violations: [] })
    const lines = (await load(where, '--rate', '50', '--duration', '1.1s', '--ndjson', '-q')).stdout
      .trimEnd()
      .split('\n')
    const parsed = lines.map((line) => JSON.parse(line))
    expect(parsed[0]).toMatchObject({ type: 'interval', atMs: 0, lengthMs: 1000 })
    expect(parsed.at(-1)).toMatchObject({ type: 'report', established: 55 })
    expect(parsed.at(-1)).not.toHaveProperty('intervals')
  })

  it('ends with 1 when a condition of --fail-if holds, and says which', async () => {
    const where = await target()
    const few = [where, '--count', '20', '-q']
    const crossed = await load(...few, '--fail-if', 'p99>1us', '--fail-if', 'errors>0,rate<0.001')
    expect(crossed.status).toBe(1)
    expect(crossed.stderr).toMatch(/^hs-load: failed, since p99>1us: it is \d+us\n$/)
    expect((await load(...few, '--fail-if', 'errors>0,p99>1s')).status).toBe(0)
  })

  it('writes histograms that the tools of HdrHistogram read', async () => {
    const folder = temporaryFolder()
    const where = await target()
    const [log, table] = [join(folder, 'all.hlog'), join(folder, 'total.hgrm')]
    await load(where, '--count', '50', '-q', '--hdr', log)
    const reader = new HistogramLogReader(readFileSync(log, 'utf8'))
    const tags: string[] = []
    for (let next = reader.nextIntervalHistogram(); next; next = reader.nextIntervalHistogram()) {
      tags.push(next.tag)
      expect(next.totalCount).toBe(50)
    }
    expect(tags).toEqual(['connect', 'reply', 'total'])
    await load(where, '--count', '50', '-q', '--hdr', table)
    expect(readFileSync(table, 'utf8')).toMatch(/Value +Percentile +TotalCount[\s\S]*Total count *= *50/)
  })

  it('tells what was measured until Ctrl-C, and ends with 130', async () => {
    const { child, ended } = startInTest(PROGRAM, [await target(), '--rate', '50', '--duration', '1h'])
    child.stderr!.once('data', () => child.kill('SIGINT'))
    const { status, stdout } = await ended
    expect(status).toBe(130)
    expect(stdout).toMatch(/^\d+ of \d+ opened, \d+ established/)
    expect(stdout).toContain('(interrupted)')
  })

  it.runIf(process.platform === 'linux')('hears Ctrl-C also at a rate that no machine can do', async () => {
    const rate = ['--rate', '100000000', '--duration', '1h']
    // As few as it takes: without a free descriptor an attempt fails immediately, and this load does nothing else.
    const { child, ended } = startInTest(PROGRAM, [await target(), ...rate], 150)
    child.stderr!.once('data', () => child.kill('SIGINT'))
    const { status, stdout } = await ended
    expect(status).toBe(130)
    expect(stdout).toContain('(interrupted)')
  })

  it('ends with status 5 and says so when its lines have no reader any more', async () => {
    const { child, ended } = startInTest(PROGRAM, [
      await target(),
      '--rate',
      '50',
      '--duration',
      '1h',
      '--ndjson',
      '-q',
    ])
    child.stdout!.once('data', () => child.stdout!.destroy())
    expect(await ended).toMatchObject({
      status: 5,
      stderr: expect.stringMatching(/^hs-load: the output is lost: EPIPE/),
    })
  })

  it('continues when the reader of its progress has left', async () => {
    const { child, ended } = startInTest(PROGRAM, [await target(), '--rate', '50', '--duration', '2.2s'])
    child.stderr!.once('data', () => child.stderr!.destroy())
    expect(await ended).toMatchObject({ status: 0, stdout: expect.stringMatching(/^110 of 110 opened/) })
  })

  it.runIf(process.platform === 'linux')('ends with 5 when the report could not be written, and says why', async () => {
    for (const args of [`${await target()} -n 5 -q`, '--help']) {
      const command = `"${process.execPath}" "${PROGRAM}" ${args} > /dev/full`
      const { status, stderr } = await new Promise<{ status: number | null; stderr: string }>((resolve) => {
        execFile('sh', ['-c', command], (error, _stdout, stderr) =>
          resolve({ status: Number(error?.code ?? 0), stderr }),
        )
      })
      expect({ status, stderr }).toEqual({
        status: 5,
        stderr: expect.stringMatching(/^hs-load: the output is lost: ENOSPC/),
      })
    }
  })

  it('says that it is warming up, which may take long', async () => {
    const { stderr } = await load(await target(), '--warmup', '200ms', '-n', '5')
    expect(stderr).toMatch(/^warming up for 200 ms\n/)
  })

  it('has no times where no normal client was, and a condition on them does not pass', async () => {
    const slow = ['--mix', 'slow=1', '--slow-pause', '1ms', '-n', '5', '-q', '--fail-if', 'p99>9s,errors>0']
    const { status, stdout, stderr } = await load(await target(), ...slow)
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'hs-load: failed, since p99>9s: it is not known, since no handshake counts for it\n',
    })
    expect(stdout).toMatch(/^slow clients /m)
    expect(stdout).not.toMatch(/^total /m)
  })

  it('says which of several targets is wrong', async () => {
    const closing = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
    onTestFinished(() => {
      closing.close()
    })
    await expect.poll(() => closing.listening).toBe(true)
    const { port } = closing.address() as { port: number }
    const { status, stderr } = await load(`${await target()},127.0.0.1:${port}`)
    expect(status).toBe(3)
    expect(stderr).toMatch(new RegExp(`^hs-load: 127\\.0\\.0\\.1:${port}: The server closed the connection`))
  })

  it('ends with 3 if nothing listens, or not a HELLO server, and says so', async () => {
    const silent = createServer((socket) => socket.end('220 mail.example ESMTP\r\n')).listen(0, '127.0.0.1')
    onTestFinished(() => {
      silent.close()
    })
    await expect.poll(() => silent.listening).toBe(true)
    const { port } = silent.address() as { port: number }
    const other = await load(`127.0.0.1:${port}`)
    expect(other).toMatchObject({ status: 3, stdout: '' })
    expect(other.stderr).toMatch(/220 mail\.example.*is not a HELLO server.*ERR_HS_MALFORMED/)
    const nothing = await load('127.0.0.1:1')
    expect(nothing).toMatchObject({ status: 3, stdout: '' })
    expect(nothing.stderr).toMatch(/^hs-load: Nothing listens on 127\.0\.0\.1:1.*ERR_HS_CONNECT/)
  })

  it.runIf(process.platform === 'linux')('says which limit was reached when it is out of descriptors', async () => {
    const where = await target()
    // Enough for Node itself, which opens many files at once when it starts.
    const { stdout, stderr } = await run(PROGRAM, [where, '-c', '300', '-n', '300', '-q'], 150)
    expect(stdout, stderr).toMatch(/^\d+ of 300 opened, \d+ established; \d+ without a descriptor/)
    expect(stdout).toContain('ulimit -n')
  })

  it.each([
    [['127.0.0.1'], /targets must be host:port/],
    [['127.0.0.1:0'], /targets must be host:port, with a port from 1 to 65535/],
    [['::1:9000'], /brackets/],
    [['a:1', '--mix', 'polite=1'], /--mix must name kinds of normal, slow, silent, reset, got "polite"/],
    [['a:1', '--mix', 'normal'], /--mix must be shares/],
    [['a:1', '--mix', 'slow=1,slow=2'], /--mix must name each kind once/],
    [['a:1', '--rate', '0'], /--rate must be a number of more than 0/],
    [['a:1', '--rate', '5', '-c', '5'], /exclude each other/],
    [['a:1', '--fail-if', 'p98>1ms'], /--fail-if must be conditions/],
    [['a:1', '--duration', '5'], /--duration must be a duration/],
    [['a:1', '--duration', '0s'], /--duration must be a duration of more than 0, got "0s"/],
    [['a:1', '--timeout', '0ms'], /--timeout must be a duration of more than 0, got "0ms"/],
    [['http://127.0.0.1:1'], /targets must be host:port/],
    [['a:1', '--sources', 'localhost'], /sources must be addresses of this machine, got 'localhost'/],
    [['a:1', '--sources', '192.0.2.1'], /sources must be addresses of this machine, got '192\.0\.2\.1'/],
    [['a:1', '--hdr', '/no/such/folder/file'], /--hdr must be a file that can be written: ENOENT/],
    [['compare', '--html', '/no/such/folder/file'], /--html must be a file that can be written: ENOENT/],
    [['compare', '--duration', '0s'], /--duration must be a duration of more than 0, got "0s"/],
    [['compare', '--only', 'events/pigeon'], /--only has sequential\/node/],
    [['compare', '--only', 'none'], /--only none needs a --server/],
    [['compare', '--server', './tcpserver'], /--server must be name=command with \{port\}/],
    [['compare', '--baseline', 'nothing'], /--baseline must be one of/],
    [['compare', '--scenarios', 'steady,quiet'], /--scenarios must be some of steady/],
  ])('refuses %j with 2, and says what is wrong', async (args, message) => {
    const { status, stdout, stderr } = await printedBy(() => main(args))
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })

  it('refuses wrong usage with 2 as a program, too', async () => {
    const stderr = expect.stringMatching(/^hs-load: targets must be host:port/)
    expect(await load('127.0.0.1')).toEqual({ status: 2, stdout: '', stderr })
  })
})

describe('hs-load compare', () => {
  it('says what a server that does not start has said', async () => {
    const broken = `broken="${process.execPath}" -e "console.error('no such thing'); process.exit(7)" {port}`
    const { status, stderr } = await load('compare', '--only', 'none', '--server', broken, '-q')
    expect(status).toBe(1)
    expect(stderr).toContain('the server broken did not answer: it ended (7); it said: no such thing')
  })

  it('gives a server another port if another program has taken the first', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hs-load-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const fails = `mkdir "${folder}/first" 2>&- && { echo 'Address already in use' >&2; exit 1; }`
    const what = ['--only', 'none', '--scenarios', 'burst', '--rounds', '1', '-q']
    const { status, stderr } = await load('compare', '--server', `unlucky=${fails}; exec ${theirs}`, ...what)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  it('reports what was measured until Ctrl-C, and leaves no server running', async () => {
    const { child, ended } = startInTest(PROGRAM, [
      'compare',
      '--only',
      'events/node',
      '--scenarios',
      'steady',
      '--rounds',
      '9',
    ])
    child.stderr!.on('data', (text: string) => {
      if (/round \d+/.test(text)) child.kill('SIGINT')
    })
    const { status, stdout } = await ended
    expect(status).toBe(130)
    expect(stdout).toContain('Interrupted: not all rounds are in it.')
  })

  it('still reports what was measured when a server crashes, and says which one and when', async () => {
    // After the timeline.
    const servers = ['--server', `fine=${theirs}`, '--server', `crashes=${theirs} 150`]
    const what = ['--only', 'none', '--scenarios', 'stalled,steady', '--rounds', '2', '--duration', '200ms', '-q']
    const { status, stdout, stderr } = await load('compare', ...servers, ...what)
    expect(status, stderr).toBe(1)
    expect(stdout.match(/^fine /gm)).toHaveLength(2)
    expect(stdout).toMatch(/^round \d of 2, steady: the server crashes ended \(9\)$/m)
    expect(stderr.split('\n').filter((line) => line !== '')).toHaveLength(2)
  })

  it.runIf(process.platform === 'linux')('prints the tables also when a file could not be written', async () => {
    const what = ['--only', 'none', '--scenarios', 'burst', '--rounds', '1', '-q']
    const { status, stdout, stderr } = await load(
      'compare',
      ...what,
      '--server',
      `fine=${theirs}`,
      '--markdown',
      '/dev/full',
    )
    expect(status).toBe(5)
    expect(stdout).toMatch(/^fine /m)
    expect(stderr).toMatch(/^hs-load compare: the output is lost: ENOSPC/)
  })

  it('measures a server that puts itself into the background', async () => {
    const what = ['--only', 'none', '--scenarios', 'burst', '--rounds', '1', '-q']
    const { status, stdout } = await load('compare', '--server', `theirs=${theirs} &`, ...what)
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^theirs .* 1,000 of 1,000 +0 /m) })
  })

  it('gives a server time to end by itself, also one started by a shell', async () => {
    const file = join(temporaryFolder(), 'last-words')
    const what = ['--only', 'none', '--scenarios', 'burst', '--rounds', '1', '-q']
    await load('compare', '--server', `theirs=export LAST_WORDS='${file}'; ${theirs}; true`, ...what)
    expect(readFileSync(file, 'utf8')).toBe('ended')
  })

  it.runIf(process.platform === 'linux')('ends also what a server has put into a session of its own', async () => {
    const seconds = unheardOf()
    const server = `theirs=setsid sleep ${seconds} & exec ${theirs}`
    const what = ['--only', 'none', '--scenarios', 'burst', '--rounds', '1', '-q']
    expect(await load('compare', '--server', server, ...what)).toMatchObject({ status: 0 })
    expect(runs(`sleep ${seconds}`)).toBe(false)
  })

  it.runIf(process.platform === 'linux')('leaves no server running even when it is killed', async () => {
    const crashesAt = String(unheardOf())
    const { child, ended } = startInTest(PROGRAM, [
      'compare',
      '--only',
      'none',
      '--server',
      `theirs=${theirs} ${crashesAt}`,
    ])
    await expect.poll(() => runs(crashesAt), { timeout: 10_000 }).toBe(true)
    child.kill('SIGKILL')
    await ended
    await expect.poll(() => runs(crashesAt), { timeout: 5_000 }).toBe(false)
  })
})
