import { constants } from 'node:os'
import type { Connection, Endpoint, Receiver } from '../transport.js'

/** What connections need from the network that they are part of. */
export interface Wire {
  /**
   * Plans something after a delay that the seed decides; does it at once if the network has no latency.
   *
   * @param after - Not before this time. @returns When it happens.
   */
  deliver(after: number, action: () => void): number
  /** Plans something for the next turn. */
  soon(action: () => void): void
  /** How many of these bytes the next read gets. */
  cut(length: number): number
  readonly bufferBytes: number
}

const MOST_READ_BYTES = 65_536

/** An error of the system as Node shapes it. */
export function systemError(code: string, syscall: string, more: object = {}): NodeJS.ErrnoException {
  const number = constants.errno[code as keyof typeof constants.errno]
  const error = new Error(`${syscall} ${code}`)
  return Object.assign(error, { code, syscall, ...(number !== undefined && { errno: -number }), ...more })
}

/** One end of a connection in memory. Besides what every connection can do, it can do what a peer in a test has to. */
export class MemoryConnection implements Connection {
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly #wire: Wire
  #other!: MemoryConnection
  #receiver: Receiver | undefined
  /** What was written and does not fit into the other side's buffer yet. */
  #unsent: Uint8Array[] = []
  #unsentBytes = 0
  /** What was sent and not read by the other side. */
  #unreadBytes = 0
  #lastArrival = 0
  /** Nothing more will be written, and the other side knows. */
  #finishing = false
  #finished = false
  /** What has arrived and was not read. */
  #arrived: Uint8Array[] = []
  #endArrived = false
  #endReported = false
  #reset = false
  #reading = false
  #paused = false
  /** A write was refused: nothing more is read. */
  #broken = false
  #closing = false
  #gone = false
  #error: Error | undefined

  private constructor(wire: Wire, local: Endpoint, remote: Endpoint) {
    this.#wire = wire
    this.local = local
    this.remote = remote
  }

  static pair(wire: Wire, client: Endpoint, server: Endpoint): [MemoryConnection, MemoryConnection] {
    const connected = new MemoryConnection(wire, client, server)
    const accepted = new MemoryConnection(wire, server, client)
    connected.#other = accepted
    accepted.#other = connected
    return [connected, accepted]
  }

  /** Bytes that were written and that the network has not taken yet. */
  get unsentBytes(): number {
    return this.#unsentBytes
  }

  open(receiver: Receiver): void {
    this.#receiver = receiver
    if (this.#gone) this.#wire.soon(() => receiver.closed(this.#error))
    else this.#readSoon()
  }

  write(bytes: Uint8Array): void {
    if (this.#closing || this.#gone || this.#finishing || this.#broken || bytes.length === 0) return
    if (this.#reset) {
      this.#broken = true
      this.#error = systemError('ECONNRESET', 'write')
      this.#wire.soon(() => this.#leave())
      return
    }
    this.#unsent.push(bytes)
    this.#unsentBytes += bytes.length
    this.#flush()
  }

  close(): void {
    if (this.#closing || this.#gone) return
    this.#closing = true
    if (this.#unsentBytes === 0 || this.#broken) this.#leave()
    else if (this.#reset) this.#breakDown()
  }

  abort(): void {
    if (this.#gone) return
    if (this.#unsentBytes > 0) this.#error ??= systemError('ECANCELED', 'write')
    this.#leave()
  }

  /** Says that no more will be written; reading continues. */
  end(): void {
    this.#finishing = true
    this.#flush()
  }

  /** Breaks the connection: the other side gets `ECONNRESET`. */
  reset(): void {
    if (this.#gone) return
    this.#sendReset()
    this.#finished = true
    this.#leave()
  }

  /** Leaves what arrives unread, so that the other side's writes get stuck when the buffer is full. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#readSoon()
  }

  #flush(): void {
    while (this.#unsentBytes > 0 && this.#unreadBytes < this.#wire.bufferBytes) {
      const [first] = this.#unsent
      const part = first!.subarray(0, this.#wire.bufferBytes - this.#unreadBytes)
      if (part.length === first!.length) this.#unsent.shift()
      else this.#unsent[0] = first!.subarray(part.length)
      this.#unsentBytes -= part.length
      this.#unreadBytes += part.length
      this.#send((other) => other.#arrive(part))
    }
    if (this.#unsentBytes > 0) return
    if (this.#finishing && !this.#finished) {
      this.#finished = true
      this.#send((other) => other.#arriveEnd())
    }
    if (this.#closing) this.#leave()
  }

  /** Everything arrives in the order in which it was sent. */
  #send(what: (other: MemoryConnection) => void): void {
    this.#lastArrival = this.#wire.deliver(this.#lastArrival, () => what(this.#other))
  }

  #sendReset(): void {
    this.#send((other) => other.#arriveReset())
  }

  #arrive(bytes: Uint8Array): void {
    if (this.#gone) this.#sendReset()
    else if (this.#reset) return
    else if (this.#closing) this.#other.#taken(bytes.length)
    else {
      this.#arrived.push(bytes)
      this.#readSoon()
    }
  }

  #arriveEnd(): void {
    if (!this.#reset) this.#endArrived = true
    this.#readSoon()
  }

  #arriveReset(): void {
    if (this.#gone) return
    this.#reset = true
    if (this.#closing) this.#breakDown()
    else this.#readSoon()
  }

  #readSoon(): void {
    if (this.#reading || !this.#receiver || this.#paused || this.#gone) return
    if (this.#arrived.length === 0 && !this.#reset && (!this.#endArrived || this.#endReported)) return
    this.#reading = true
    this.#wire.soon(() => this.#read())
  }

  #read(): void {
    this.#reading = false
    if (this.#gone || this.#closing || this.#broken || this.#paused) return
    if (this.#arrived.length > 0) this.#readBytes()
    else if (this.#endArrived && !this.#endReported) {
      this.#endReported = true
      this.#receiver!.end()
      this.#readSoon()
    } else this.#breakDown()
  }

  #readBytes(): void {
    const bytes = Buffer.concat(this.#arrived)
    const length = this.#wire.cut(Math.min(bytes.length, MOST_READ_BYTES))
    const chunk = Uint8Array.from(bytes.subarray(0, length))
    this.#arrived = length < bytes.length ? [bytes.subarray(length)] : []
    this.#receiver!.data(chunk)
    // A chunk is only valid during the call.
    chunk.fill(0x39)
    this.#other.#taken(length)
    if (this.#gone || this.#reading) return
    if (this.#arrived.length === 0) this.#readSoon()
    else {
      this.#reading = true
      this.#wire.deliver(0, () => this.#wire.soon(() => this.#read()))
    }
  }

  /** The other side has read this much. */
  #taken(length: number): void {
    this.#unreadBytes -= length
    if (!this.#gone && !this.#reset) this.#flush()
  }

  /** A reset is all that is left to read. */
  #breakDown(): void {
    this.#error ??= systemError('ECONNRESET', 'read')
    this.#leave()
  }

  #leave(): void {
    if (this.#gone) return
    this.#gone = true
    // As on Linux, closing with unread bytes resets the connection.
    if (!this.#reset && this.#arrived.length > 0) this.#sendReset()
    else if (!this.#reset && !this.#finished) this.#send((other) => other.#arriveEnd())
    this.#arrived = []
    this.#unsent = []
    this.#unsentBytes = 0
    const receiver = this.#receiver
    if (receiver) this.#wire.soon(() => receiver.closed(this.#error))
  }

  /** The network breaks between the two. */
  cutOff(): void {
    this.#arriveReset()
    this.#other.#arriveReset()
  }
}
