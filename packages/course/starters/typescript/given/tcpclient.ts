/** {{part}}: the client, which is complete. */
import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { connect, type Socket } from 'node:net'

async function handshake(server: Socket, x: number): Promise<boolean> {
  server.write(`HELLO ${x}`)
  server.setTimeout(5000, () => server.destroy())
  for await (const chunk of server) {
    const text = String(chunk).replace(/[\0\r\n]+$/, '')
    writeSync(1, `${text}\n`)
    if (text !== `HELLO ${x + 1}`) return false
    server.write(`HELLO ${x + 2}`)
    await new Promise((resolve) => server.end(() => resolve(undefined)))
    return true
  }
  return false
}

const [host, port, sequence] = process.argv.slice(2)
if (host === undefined || port === undefined || sequence === undefined) {
  console.error('usage: node tcpclient.js host port sequence')
  process.exit(1)
}
const server = connect(Number(port), host)
server.on('error', () => {})
try {
  await once(server, 'connect')
} catch (error) {
  console.error(`tcpclient: ${(error as Error).message}`)
  process.exit(1)
}
const done = await handshake(server, Number(sequence)).catch(() => false)
if (!done) writeSync(1, 'ERROR\n')
process.exit(done ? 0 : 1)
