/** {{part}}: {{what}}. */
import { writeSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'

/** Also when stdout is a pipe, the line is out before the answer. */
const print = (line: string) => writeSync(1, `${line}\n`)

const numberOf = (text: string) => /^HELLO (-?\d+)$/.exec(text)?.[1]

async function handshake(client: Socket): Promise<void> {
  let wanted: number | undefined
  for await (const chunk of client) {
    const text = String(chunk).replace(/[\0\r\n]+$/, '')
    print(text)
    const digits = numberOf(text)
    if (wanted !== undefined) {
      if (digits === undefined || Number(digits) !== wanted) print('ERROR')
      return
    }
    if (digits === undefined) {
      print('ERROR')
      return
    }
    wanted = Number(digits) + 2
    client.write(`HELLO ${wanted - 1}`)
  }
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

// YOUR PART. {{yours}}
createServer({ pauseOnConnect: true }, (client) => {
  client.on('error', () => {})
  waiting.push(client)
  void serve()
}).listen(Number(process.argv[2]))
