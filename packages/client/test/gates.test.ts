/** The gates of the built client: ports that are silent, several servers, servers that go, and a line for Nagios. */
import { fileURLToPath } from 'node:url'
import { serve } from '@hs/server-core'
import { expect, it } from 'vitest'
import { printedBy } from '../../command-line/test/in-process.js'
import { outputOf, Program } from '../../command-line/test/program.js'
import { freePort, SocketPeerServer } from '../../transport/src/testing/peers.js'
import { main } from '../dist/cli.js'

const PROGRAM = fileURLToPath(new URL('../dist/bin.cjs', import.meta.url))
const start = (...args: readonly (string | number)[]) => new Program(process.execPath, [PROGRAM, ...args.map(String)])

it('asks a port that is open and silent more often than the deadline of a handshake', async () => {
  const server = await SocketPeerServer.listen()
  const client = start('127.0.0.1', server.address.port, 5, '--wait', '60s')
  // Two that are not answered, and one that is: each of them is a connection of its own.
  await server.accept()
  const began = performance.now()
  await server.accept()
  const last = await server.accept()
  // Two deadlines of 5 s would have passed, if each attempt took as long as it may without --wait.
  expect(performance.now() - began).toBeLessThan(10_000)
  await last.until('HELLO 5')
  await last.send('HELLO 6')
  expect(await outputOf(client)).toEqual({ status: 0, stdout: 'HELLO 6\n', stderr: '' })
})

it('passes when each of several servers has established, and fails when one has not', async () => {
  await using one = await serve({ port: 0 })
  await using other = await serve({ port: 0, host: '127.0.0.1' })
  const both = ['127.0.0.1', one.address.port, 5, '--also', `127.0.0.1:${other.address.port}`]
  expect(await outputOf(start(...both))).toEqual({ status: 0, stdout: 'HELLO 6\nHELLO 6\n', stderr: '' })
  const gone = await freePort()
  const { status, stderr } = await outputOf(start('127.0.0.1', one.address.port, 5, '--also', `127.0.0.1:${gone}`))
  expect(status).toBe(3)
  expect(stderr).toContain(`127.0.0.1:${gone}`)
})

it('waits with --until-gone until nothing listens any more', async () => {
  const server = await serve({ port: 0 })
  const { port } = server.address
  const still = await outputOf(start('127.0.0.1', port, 5, '--until-gone', '--wait', '500ms'))
  expect(still).toEqual({ status: 1, stdout: '', stderr: expect.stringContaining(`127.0.0.1:${port} still listens`) })
  const client = start('127.0.0.1', port, 5, '--until-gone', '--wait', '60s')
  await expect.poll(() => server.counters.established, { timeout: 30_000 }).toBeGreaterThan(1)
  await server.close()
  expect(await outputOf(client)).toEqual({ status: 0, stdout: '', stderr: '' })
})

it.runIf(process.platform === 'linux')('does not take its own network for the end of a server', async () => {
  // No socket may connect to all addresses at once: ENETUNREACH.
  const lost = await outputOf(start('255.255.255.255', 9, 5, '--until-gone', '--wait', '300ms'))
  expect(lost.status).toBe(1)
  expect(lost.stderr).toContain('255.255.255.255:9 cannot tell whether anything listens there: There is no way')
})

it('prints one line for Nagios, with performance data, and ends with 0 or 2', async () => {
  await using server = await serve({ port: 0 })
  const at = `127.0.0.1:${server.address.port}`
  const good = await outputOf(start('127.0.0.1', server.address.port, '--nagios'))
  expect(good).toMatchObject({ status: 0, stderr: '' })
  const times = ['connect', 'reply', 'total'].map((name) => `'${at} ${name}'=\\d+\\.\\d{6}s;;;0`).join(' ')
  expect(good.stdout).toMatch(new RegExp(`^HELLO OK: 1 of 1 established \\| ${times}\n$`))
  const gone = await freePort()
  const bad = await outputOf(start('127.0.0.1', server.address.port, '--also', `127.0.0.1:${gone}`, '--nagios'))
  expect(bad).toMatchObject({ status: 2, stderr: '' })
  expect(bad.stdout).toMatch(
    new RegExp(`^HELLO CRITICAL: 1 of 2 established; 127\\.0\\.0\\.1:${gone}: ERR_HS_CONNECT .*\n$`),
  )
})

it.each([
  [['--until-gone'], /--until-gone needs --wait/],
  [['--until-gone', '--wait', '1s', '--count', '2'], /exclude each other/],
  [['--nagios', '--json'], /--nagios excludes/],
  [['--also', 'localhost'], /--also must be host:port/],
])('refuses %j with 2', async (args, message) => {
  const { status, stderr } = await printedBy(() => main(['127.0.0.1', '1', '5', ...args], 'hs-client', 'optional'))
  expect(status).toBe(2)
  expect(stderr).toMatch(message)
})
