// What one writes by hand with node:net, without a library: what the strategies on the node transport are measured against.
import { writeSync } from 'node:fs'
import { createServer } from 'node:net'

const [port, ...flags] = process.argv.slice(2)
const print = flags.includes('--print') ? (line) => writeSync(1, `${line}\n`) : () => {}

const server = createServer((socket) => {
  let y
  socket.on('data', (chunk) => {
    const message = chunk.toString().replace(/[\0\r\n]+$/, '')
    const [, digits] = /^HELLO (-?\d+)$/.exec(message) ?? []
    print(message)
    if (digits !== undefined && y === undefined) {
      y = Number(digits) + 1
      socket.write(`HELLO ${y}`)
    } else {
      if (Number(digits) !== y + 1) print('ERROR')
      socket.end()
    }
  })
  socket.on('error', () => socket.destroy())
})

server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 }, () => {
  console.error(`listening on ${server.address().port}`)
})
