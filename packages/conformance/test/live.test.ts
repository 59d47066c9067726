/**
 * What replay cannot show: that programs are observed as they are. One mutant for each case, judged for that case alone,
 * and right programs in a whole run. Each night, `npx pnpm mutants` makes whole runs of all mutants and right programs,
 * and HS_LIVE=all tries our own server in all of its ways.
 */
import { createServer } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { type CheckServerOptions, checkClient, checkServer, type Report } from '../src/index.js'
import { compiler } from './compile.js'
import { sample, type TestProgram } from './programs.js'

const compiled = compiler()
afterAll(compiled.remove)

async function check({ build, expect }: TestProgram, only?: readonly string[]) {
  const path = await compiled.program(build)
  const options: CheckServerOptions = { ...(only && { only }), ...(expect && { expect }) }
  return build.source.startsWith('client')
    ? checkClient({ command: [path, '{host}', '{port}', '{sequence}'] }, options)
    : checkServer({ command: [path, '{port}'] }, options)
}

describe.runIf(process.platform === 'linux').concurrent('live', { timeout: 120_000 }, () => {
  // First, since a whole run takes longest.
  it.each(sample().filter(({ right }) => right))('$name fails nothing but its style', async (program) => {
    const { results, profile } = await check(program)
    const { told = [], nature } = program.right!
    const failed = results.filter(({ level, verdict }) => level !== 'MAY' && verdict === 'failed').map(({ id }) => id)
    expect(failed).toEqual(told)
    expect(results.filter(({ verdict }) => verdict === 'blocked' || verdict === 'not-run')).toEqual([])
    if (profile.nature) expect(profile.nature).toBe(nature)
  })

  it.each(sample().filter(({ mutant }) => mutant))('$name fails $mutant.caught', async (program) => {
    const { caught, cause } = program.mutant!
    const { results, notStarted } = await check(program, [caught])
    expect(notStarted).toBeUndefined()
    const [result] = results
    expect({ verdict: result?.verdict, note: result?.note }).toEqual({ verdict: 'failed', note: undefined })
    expect(result?.fault?.causeKey).toBe(cause)
  })

  it('a slow server is not taken for one that hangs', async () => {
    const slow = { name: 'slow', build: { source: 'server', flags: ['TAKES_ITS_TIME'] } }
    const { results } = await check(slow, ['S5.3', 'S5.5'])
    expect(results.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['S5.3', 'passed'],
      ['S5.5', 'passed'],
    ])
  })

  it('a server that is not reached at 127.0.0.1 is right, and the report says so', async () => {
    const elsewhere = `require('net').createServer((socket) => {
      socket.on('error', () => {}).on('data', () => socket.end('HELLO 1'))
    }).listen(+process.argv[1], '127.0.0.2')`
    const { results } = await checkServer(
      { command: [process.execPath, '-e', elsewhere, '{port}'] },
      { only: ['S1.3'] },
    )
    expect(results.map(({ verdict, note }) => [verdict, note])).toEqual([
      ['passed', 'at 127.0.0.2 only: a client that connects to 127.0.0.1 does not reach it'],
    ])
  })

  it('a fixed port that is taken is reported as such, with the line that mends it', async () => {
    const other = createServer().listen(0)
    const { port } = other.address() as { port: number }
    const fixed = `require('net').createServer(() => {}).listen(${port})`
    const { notStarted } = await checkServer({ command: [process.execPath, '-e', fixed, '{port}'] }, { only: ['S1.1'] })
    other.close()
    expect(notStarted).toContain('it always takes the same port')
    expect(notStarted).toContain('htons(atoi(argv[1]))')
  })
})

describe.runIf(process.platform === 'linux')('our own programs pass everything with --strict', () => {
  const server = new URL('../../../apps/cli-server/dist/tcpserver.js', import.meta.url).pathname
  const client = new URL('../../../apps/cli-client/dist/tcpclient.cjs', import.meta.url).pathname
  const missed = ({ results }: Report) => results.filter(({ verdict }) => verdict !== 'passed')

  it('what a runtime reserves for itself is not a thread that stays', { timeout: 60_000 }, async () => {
    const plain = `require('net').createServer((socket) => {
      let x
      socket.on('error', () => {})
      socket.on('data', (data) => {
        console.log(String(data))
        if (x !== undefined) return socket.end()
        x = Number(String(data).split(' ')[1])
        socket.write('HELLO ' + (x + 1))
      })
    }).listen(process.argv[1])`
    const report = await checkServer({ command: [process.execPath, '-e', plain, '{port}'] }, { only: ['S5.13'] })
    expect(missed(report)).toEqual([])
  })

  const everything = process.env.HS_LIVE === 'all'
  for (const strategy of ['sequential', 'events', 'threads'] as const) {
    for (const transport of ['node', 'linux'].filter(
      (one) => everything || (strategy === 'threads' && one === 'linux'),
    )) {
      const options = ['--strategy', strategy, '--transport', transport]
      it(`tcpserver ${options.join(' ')}`, { timeout: 180_000 }, async () => {
        const command = [process.execPath, server, '{port}', ...options]
        const report = await checkServer({ command }, { strict: true, expect: strategy })
        expect(missed(report).filter(({ verdict }) => verdict !== 'not-applicable')).toEqual([])
      })
    }
  }

  it('tcpclient', { timeout: 180_000 }, async () => {
    const command = [process.execPath, client, '{host}', '{port}', '{sequence}']
    expect(missed(await checkClient({ command }, { strict: true }))).toEqual([])
  })
})
