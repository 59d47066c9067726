// What one writes for Bun: one thread, handlers that all sockets share.
const decoder = new TextDecoder()

const server = Bun.listen({
  hostname: '127.0.0.1',
  port: Number(process.argv[2]),
  socket: {
    open(socket) {
      socket.data = { y: undefined }
    },
    data(socket, chunk) {
      const text = decoder.decode(chunk).replace(/[\0\r\n]+$/, '')
      const sequence = text.startsWith('HELLO ') ? Number(text.slice(6)) : Number.NaN
      if (socket.data.y === undefined && Number.isInteger(sequence)) {
        socket.data.y = sequence + 1
        socket.write(`HELLO ${socket.data.y}`)
      } else {
        if (sequence !== socket.data.y + 1) console.log('ERROR')
        socket.end()
      }
    },
    error(socket) {
      socket.end()
    },
  },
})
console.error(`listening on ${server.port}`)
