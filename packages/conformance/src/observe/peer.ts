import { connect, type Socket } from 'node:net'
import { deadline, Watchers } from '@hs/supervise'
import { bytes, latin1, readText } from '../message.js'
import type { Recorder } from './recorder.js'

/** How long to look for what must not come. */
export const QUIET_MS = 150
const SILENCE_STEP_MS = 20
const APART_MS = 40

/** How much is kept of what comes: a flood is known from its beginning. The rest is read, and dropped. */
const KEEP_BYTES = 64 * 1024

/** One end of a connection that does exactly what a probe says, and records what comes. */
export class Peer {
  readonly connection: number
  readonly #socket: Socket
  readonly #recorder: Recorder
  readonly #watchers = new Watchers()
  readonly #ports: { readonly local: number; readonly remote: number }
  state: 'open' | 'ended' | 'reset' = 'open'
  received = ''
  #left = false

  constructor(socket: Socket, recorder: Recorder, connection: number) {
    this.connection = connection
    this.#socket = socket
    this.#recorder = recorder
    this.#ports = { local: socket.localPort ?? 0, remote: socket.remotePort ?? 0 }
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      if (this.received.length >= KEEP_BYTES) return
      this.received += latin1(chunk)
      recorder.add({ type: 'receive', connection, text: latin1(chunk) })
      this.#watchers.tell()
    })
    socket.on('end', () => this.#over('ended'))
    socket.on('error', () => this.#over('reset'))
    socket.on('close', () => this.#over('reset'))
  }

  #over(state: 'ended' | 'reset'): void {
    if (this.state !== 'open') return
    this.state = state
    if (!this.#left) {
      const how = state === 'ended' ? 'finish' : 'reset'
      this.#recorder.add({ type: 'end', connection: this.connection, by: 'program', how })
    }
    this.#watchers.tell()
  }

  /** The ports at both ends: how the kernel names this connection. */
  get ports() {
    return this.#ports
  }

  send(text: string, z = false): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return
    this.#recorder.add({ type: 'send', connection: this.connection, text, ...(z && { z: true as const }) })
    this.#socket.write(bytes(text))
  }

  /** Sends pieces that are not joined on their way. */
  async sendApart(pieces: readonly string[], z = false): Promise<void> {
    for (const [at, piece] of pieces.entries()) {
      if (at > 0) await this.untilOver(APART_MS)
      this.send(piece, z)
    }
  }

  /** Ends the stream, and continues to read. */
  finish(): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return
    this.#ends('finish')
    this.#socket.end()
  }

  /** Sends the last bytes and closes with nothing in between: a program that is not quick finds both. */
  leave(text: string): void {
    this.send(text, true)
    if (this.#socket.writableLength > 0) {
      this.close()
      return
    }
    if (!this.#socket.destroyed) this.#ends('close')
    this.#left = true
    this.#socket.destroy()
  }

  /** Closes both directions: what is sent from now on is answered with a reset. */
  close(): void {
    if (this.#socket.destroyed) return
    if (this.state === 'open' || !this.#socket.writableEnded) this.#ends('close')
    this.#left = true
    this.#socket.end()
    this.#socket.destroySoon()
  }

  /** Ends the connection with a RST segment, as the kernel does for a killed program with unread bytes. */
  reset(): void {
    if (this.#socket.destroyed) return
    this.#ends('reset')
    this.#left = true
    this.#socket.resetAndDestroy()
  }

  #ends(how: 'finish' | 'close' | 'reset'): void {
    this.#recorder.add({ type: 'end', connection: this.connection, by: 'checker', how })
  }

  until(isSo: () => boolean, withinMs: number): Promise<boolean> {
    return this.#watchers.until(isSo, withinMs)
  }

  /** Says nothing for a while, by the clock: a program has to wait for that time, and not for longer. */
  async silence(ms: number): Promise<void> {
    const until = performance.now() + ms
    while (this.state === 'open' && performance.now() < until) {
      await this.untilOver(Math.min(SILENCE_STEP_MS, until - performance.now()))
    }
  }

  /** Waits for the other side's end. */
  untilOver(withinMs: number): Promise<boolean> {
    return this.until(() => this.state !== 'open', withinMs)
  }

  /**
   * Waits for one message that begins at `from`: until what is expected is there, or until what is there can no longer
   * become it and `settleMs` have passed without a byte. Bytes without end do not prolong it: from the first on, it is
   * `withinMs` in all.
   *
   * @returns All that came from there on.
   */
  async message(expected: string, withinMs: number, from = 0, settleMs = 120): Promise<string> {
    const rest = () => this.received.slice(from)
    const number = readText(expected).sequence
    // The right number in another dress is all that will come, too.
    const isThere = () =>
      rest().startsWith(expected) ||
      rest().replace(/\0+$/, '').endsWith(expected) ||
      (number !== undefined && readText(rest()).sequence === number)
    const came = await this.until(() => rest() !== '' || this.state !== 'open', withinMs)
    const end = performance.now() + withinMs
    while (came && rest() !== '' && !isThere() && this.state === 'open' && performance.now() < end) {
      const before = this.received.length
      if (!(await this.until(() => this.received.length > before || this.state !== 'open', settleMs))) break
    }
    return rest()
  }
}

/**
 * Connects. An attempt is given up only while the program cannot know of it: dropped later, it would be a client that
 * connects and closes without sending anything.
 *
 * @throws Node's error if it was refused; ETIMEDOUT if it took too long.
 */
export function connectSocket(at: { readonly host: string; readonly port: number }, withinMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: at.host, port: at.port, allowHalfOpen: true })
    const cancel = deadline(withinMs, () => {
      socket.destroy()
      reject(Object.assign(new Error(`no connection within ${withinMs} ms`), { code: 'ETIMEDOUT' }))
    })
    socket.once('error', (error) => {
      cancel()
      reject(error)
    })
    socket.once('connect', () => {
      cancel()
      socket.removeAllListeners('error')
      resolve(socket)
    })
  })
}
