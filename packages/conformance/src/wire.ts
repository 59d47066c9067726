import { connect, createServer, type Server, type Socket } from 'node:net'
import { deadline } from './deadline.js'
import { readMessage } from './message.js'
import type { Transcript } from './transcript.js'

/** How long to look for what must not come. */
export const QUIET_MS = 150

/** How the other side's half of a connection stands. */
export type PeerState = 'open' | 'ended' | 'reset'

/** One end of a connection that does exactly what a case says, and remembers what came. */
export class Peer {
  readonly #socket: Socket
  readonly #transcript: Transcript
  readonly #name: string | undefined
  readonly #watchers = new Set<() => void>()
  #received: Buffer = Buffer.alloc(0)
  state: PeerState = 'open'
  /** How the bytes were cut when they came. */
  readonly chunks: Buffer[] = []
  /** When the last byte came, and when the other side ended, by `performance.now()`. */
  lastByteAt = 0
  endedAt: number | undefined

  constructor(socket: Socket, transcript: Transcript, name?: string) {
    this.#socket = socket
    this.#transcript = transcript
    this.#name = name
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk)
      this.#received = Buffer.concat([this.#received, chunk])
      this.lastByteAt = performance.now()
      transcript.received(chunk, name)
      this.#tell()
    })
    socket.on('end', () => this.#over('ended'))
    socket.on('error', () => this.#over('reset'))
    socket.on('close', () => this.#over('reset'))
  }

  #over(state: PeerState): void {
    if (this.state !== 'open') return
    this.state = state
    this.endedAt = performance.now()
    if (!this.#socket.destroyed || state === 'reset') {
      this.#transcript.add('program', state === 'ended' ? 'closes' : 'resets the connection', this.#name)
    }
    this.#tell()
  }

  #tell(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }

  get received(): Buffer {
    return this.#received
  }

  get localPort(): number {
    return this.#socket.localPort ?? 0
  }

  get remotePort(): number {
    return this.#socket.remotePort ?? 0
  }

  send(bytes: Uint8Array): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return
    this.#transcript.sent(bytes, this.#name)
    this.#socket.write(bytes)
  }

  /** Sends the last bytes and the end of the stream, and goes on reading. */
  finish(): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return
    this.#transcript.add('checker', 'closes', this.#name)
    this.#socket.end()
  }

  /**
   * Sends the last bytes and closes, with nothing in between, as a program does that has no more to say: who is not quick
   * finds both.
   */
  leave(bytes: Uint8Array): void {
    this.send(bytes)
    if (this.#socket.writableLength > 0 || this.#socket.destroyed) {
      this.close()
      return
    }
    this.#transcript.add('checker', 'closes', this.#name)
    if (this.state === 'open') this.state = 'ended'
    this.#socket.destroy()
  }

  /** Closes both directions: what is sent from now on is answered with a reset. */
  close(): void {
    if (this.#socket.destroyed) return
    const open = this.state === 'open'
    if (!this.#socket.writableEnded) this.#transcript.add('checker', 'closes', this.#name)
    if (open) this.state = 'ended'
    this.#socket.end()
    this.#socket.destroySoon()
  }

  /** Ends the connection with a RST segment, as a program that was killed with unread bytes does. */
  reset(): void {
    if (this.#socket.destroyed) return
    this.#transcript.add('checker', 'resets the connection', this.#name)
    this.state = 'ended'
    this.#socket.resetAndDestroy()
  }

  /** Waits until something is true of this peer, at most so long. Says whether it became true. */
  until(isSo: () => boolean, withinMs: number): Promise<boolean> {
    if (isSo()) return Promise.resolve(true)
    return new Promise((resolve) => {
      const done = (result: boolean) => {
        callOff()
        this.#watchers.delete(look)
        resolve(result)
      }
      const look = () => {
        if (isSo()) done(true)
      }
      const callOff = deadline(withinMs, () => done(isSo()))
      this.#watchers.add(look)
    })
  }

  /** Waits for the other side's end. */
  untilOver(withinMs: number): Promise<boolean> {
    return this.until(() => this.state !== 'open', withinMs)
  }

  /**
   * Waits for one message that begins at `from`: until what is expected is there, or until what is there can no longer
   * become it and `settleMs` have passed without a byte.
   *
   * @returns All bytes from there on.
   */
  async message(expected: Uint8Array, withinMs: number, from = 0, settleMs = 120): Promise<Buffer> {
    const rest = () => this.#received.subarray(from)
    const number = readMessage(expected).sequence
    // The right number in another dress is all that will come, too.
    const right = () =>
      rest().length > 0 &&
      (rest().subarray(0, expected.length).equals(expected) ||
        rest().toString('latin1').replace(/\0+$/, '').endsWith(Buffer.from(expected).toString('latin1')) ||
        (number !== undefined && readMessage(rest()).sequence === number))
    const until = performance.now() + withinMs
    await this.until(() => rest().length > 0 || this.state !== 'open', withinMs)
    while (!right() && this.state === 'open' && performance.now() < until) {
      const before = this.#received.length
      const more = await this.until(() => this.#received.length > before || this.state !== 'open', settleMs)
      if (!more) break
    }
    return rest()
  }
}

/**
 * Connects; the peer is there when the connection is. An attempt is given up only while the program cannot know of it:
 * thrown away later, it would be a client that connects and leaves without a word.
 *
 * @throws Node's error if it was refused, or an Error if it took too long.
 */
export function connectPeer(
  at: { readonly host: string; readonly port: number },
  transcript: Transcript,
  { name, withinMs = 3000 }: { name?: string | undefined; withinMs?: number } = {},
): Promise<Peer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: at.host, port: at.port, allowHalfOpen: true })
    const callOff = deadline(withinMs, () => {
      socket.destroy()
      reject(Object.assign(new Error(`no connection within ${withinMs} ms`), { code: 'ETIMEDOUT' }))
    })
    socket.once('error', (error) => {
      callOff()
      transcript.add('note', `could not connect: ${(error as NodeJS.ErrnoException).code}`, name)
      reject(error)
    })
    socket.once('connect', () => {
      callOff()
      transcript.add('checker', 'connects', name)
      resolve(new Peer(socket, transcript, name))
    })
  })
}

/** A server that does nothing by itself: the other side of a client under test. */
export class ScriptedServer {
  readonly #server: Server
  readonly #transcript: Transcript
  readonly #waiting: ((peer: Peer) => void)[] = []
  readonly peers: Peer[] = []
  readonly port: number

  private constructor(server: Server, transcript: Transcript) {
    this.#server = server
    this.#transcript = transcript
    this.port = (server.address() as { port: number }).port
    server.on('connection', (socket) => {
      transcript.add('program', 'connects')
      const peer = new Peer(socket, transcript)
      this.peers.push(peer)
      for (const tell of this.#waiting.splice(0)) tell(peer)
    })
  }

  static listen(port: number, transcript: Transcript): Promise<ScriptedServer> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true })
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => resolve(new ScriptedServer(server, transcript)))
    })
  }

  /** The first connection, or undefined if none comes in time or the program ends before. */
  connection(withinMs: number, ended: Promise<unknown>): Promise<Peer | undefined> {
    if (this.peers[0]) return Promise.resolve(this.peers[0])
    return new Promise((resolve) => {
      const give = (peer: Peer | undefined) => {
        callOff()
        resolve(peer)
      }
      const callOff = deadline(withinMs, () => {
        this.#transcript.add('note', 'no connection came')
        give(undefined)
      })
      this.#waiting.push(give)
      // A program may connect, speak and end before its connection is seen here.
      void ended.then(() => setTimeout(() => give(this.peers[0]), 100))
    })
  }

  close(): void {
    for (const peer of this.peers) peer.close()
    this.#server.close()
  }
}
