// The smallest client that does its work, by hand: what the start of ours is measured against.
const { connect } = require('node:net')

const [host, port, x] = process.argv.slice(2)
const socket = connect(Number(port), host, () => socket.write(`HELLO ${x}`))
socket.on('data', (chunk) => {
  const right = chunk.toString() === `HELLO ${Number(x) + 1}`
  console.log(right ? chunk.toString() : 'ERROR')
  socket.end(right ? `HELLO ${Number(x) + 2}` : '')
})
