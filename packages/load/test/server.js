// A server such as a user might bring: it knows nothing of this project, and prints nothing.
import { createServer } from 'node:net'

createServer((socket) => {
  socket.on('error', () => {})
  let step = 0
  socket.on('data', (chunk) => {
    if (step++ === 0) socket.write(`HELLO ${Number(chunk.toString().slice(6)) + 1}`)
    else socket.end()
  })
}).listen(Number(process.argv[2]), '127.0.0.1')
