// A server such as a user might bring: it knows nothing of this project, and prints nothing. It listens on the port
// given, and crashes with the connection whose number comes next, if one is given. LAST_WORDS: a file to write at its end.
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'

let connections = 0
createServer((socket) => {
  if (++connections === Number(process.argv[3])) process.exit(9)
  socket.on('error', () => {})
  let step = 0
  socket.on('data', (chunk) => {
    if (step++ === 0) socket.write(`HELLO ${Number(chunk.toString().slice(6)) + 1}`)
    else socket.end()
  })
}).listen(Number(process.argv[2]), '127.0.0.1')

process.on('SIGTERM', () => {
  setTimeout(() => {
    if (process.env.LAST_WORDS) writeFileSync(process.env.LAST_WORDS, 'ended')
    process.exit()
  }, 50)
})
