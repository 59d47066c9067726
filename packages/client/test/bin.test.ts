/** What `npx @hs/client` runs. What it shares with tcpclient is tested there. */
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { outputOf, Program } from '../../command-line/test/program.js'
import { SocketPeerServer } from '../../transport/src/testing/peers.js'

const PROGRAM = fileURLToPath(new URL('../dist/bin.cjs', import.meta.url))

it('needs no sequence number, and takes a random one', async () => {
  const server = await SocketPeerServer.listen()
  const { host, port } = server.address
  const client = new Program(process.execPath, [PROGRAM, host, String(port)])
  const peer = await server.accept()
  await peer.until('HELLO ')
  const x = Number(peer.received.slice(6))
  expect(Number.isInteger(x)).toBe(true)
  await peer.send(`HELLO ${x + 1}`)
  expect(await outputOf(client)).toEqual({ status: 0, stdout: `HELLO ${x + 1}\n`, stderr: '' })
})

it('takes the one that it is given', async () => {
  const server = await SocketPeerServer.listen()
  const { host, port } = server.address
  const client = new Program(process.execPath, [PROGRAM, host, String(port), '-7', '--quiet'])
  const peer = await server.accept()
  await peer.until('HELLO -7')
  await peer.send('HELLO -6')
  expect(await outputOf(client)).toEqual({ status: 0, stdout: '', stderr: '' })
})

it('calls itself by its name', async () => {
  const { status, stderr } = await outputOf(new Program(process.execPath, [PROGRAM]))
  expect(status).toBe(2)
  expect(stderr).toContain('Usage: hs-client <host> <port> [sequence] [options]')
})
