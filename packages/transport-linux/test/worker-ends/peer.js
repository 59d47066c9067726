import { connect } from 'node:net'

/** Says something and then nothing more, or, busy, shakes hands for ever. */
export class Peer {
  constructor(port, busy) {
    this.met = new Promise((resolve) => {
      this.resolve = resolve
    })
    this.connect(port, busy)
  }

  connect(port, busy) {
    this.socket = connect({ port, host: '127.0.0.1' })
    this.socket.on('error', () => this.resolve())
    this.socket.on('connect', () => {
      this.socket.write(busy ? 'HELLO 1' : 'HEL')
      if (!busy) this.resolve()
    })
    this.socket.on('data', () => {
      this.resolve()
      this.socket.end('HELLO 3')
    })
    this.socket.on('close', (failed) => {
      if (!failed && !this.left) this.connect(port, busy)
    })
  }

  leave() {
    this.left = true
    this.socket.destroy()
  }
}
