/** {{part}}: {{what}}. */
import { createServer, type Socket } from 'node:net'

/**
 * YOUR PART. One handshake with a client that has connected:
 * 1. receive "HELLO X" (`for await (const chunk of client)`), and print it on a line of its own
 * 2. send "HELLO Y", where Y is X + 1: in one write, and no newline follows
 * 3. receive "HELLO Z", and print it; if Z is not Y + 1, print "ERROR" on a line of its own
 * A client may leave at any moment: the loop then ends, or throws. The caller closes the connection.
 */
async function handshake(client: Socket): Promise<void> {
  void client
}

if (process.argv.length !== 3) {
  console.error('usage: node tcpserver.js port')
  process.exit(1)
}

const waiting: Socket[] = []
let busy = false

/** One client after the other. */
async function serve(): Promise<void> {
  if (busy) return
  busy = true
  for (let client = waiting.shift(); client; client = waiting.shift()) {
    await handshake(client).catch(() => {})
    client.destroy()
  }
  busy = false
}

createServer({ pauseOnConnect: true }, (client) => {
  client.on('error', () => {})
  waiting.push(client)
  void serve()
}).listen(Number(process.argv[2]))
