/** {{part}}: {{what}}. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/**
 * YOUR PART. One handshake as the client:
 * 1. send "HELLO X": in one write, and no newline follows
 * 2. receive "HELLO Y" (`for await (const chunk of server)`), and print it on a line of its own
 * 3. if Y is not X + 1, print "ERROR" on a line of its own; otherwise send "HELLO Z", where Z is Y + 1
 * It tells whether the handshake was completed. The caller closes the connection.
 */
async function handshake(server: Socket, x: number): Promise<boolean> {
  void server
  void x
  return false
}

const [host, port, sequence] = process.argv.slice(2)
if (host === undefined || port === undefined || sequence === undefined) {
  console.error('usage: node tcpclient.js host port sequence')
  process.exit(1)
}
const server = connect(Number(port), host)
try {
  await once(server, 'connect')
  const done = await handshake(server, Number(sequence))
  server.end()
  process.exitCode = done ? 0 : 1
} catch (error) {
  console.error(`tcpclient: ${(error as Error).message}`)
  process.exitCode = 1
}
server.destroySoon()
