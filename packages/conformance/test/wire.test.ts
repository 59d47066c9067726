import { createServer, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Transcript } from '../src/transcript.js'
import { connectPeer } from '../src/wire.js'

/** As on a busy machine: what was begun stands still, and then all timers are due before anybody looks at a socket. */
function heldUp<T>(begin: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      begin().then(resolve, reject)
    })
    setImmediate(() => {
      const until = performance.now() + 40
      while (performance.now() < until) {}
    })
  })
}

describe('what was late only because the machine was busy', () => {
  let server: Server
  let port: number
  const closed: boolean[] = []
  beforeEach(async () => {
    server = createServer((socket) => {
      socket.on('error', () => {}).on('close', () => closed.push(true))
      socket.write('HELLO 8')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as { port: number }).port
  })
  afterEach(() => new Promise((resolve) => server.close(resolve)))

  it('a connection that the system has made is used, and not thrown away', async () => {
    const peer = await heldUp(() => connectPeer({ host: '127.0.0.1', port }, new Transcript(), { withinMs: 10 }))
    expect(peer.state).toBe('open')
    expect(closed).toEqual([])
    peer.close()
  })

  it('bytes that have come are seen', async () => {
    const peer = await connectPeer({ host: '127.0.0.1', port }, new Transcript())
    expect(await heldUp(() => peer.until(() => peer.received.length > 0, 10))).toBe(true)
    peer.close()
  })
})
