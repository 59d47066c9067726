import type { Clock, Connection, Endpoint, Receiver, Refusal, Timer } from '@hs/transport'
import { formatAddress, parseAddress } from './address.js'
import { parseProxyHeader } from './proxy-header.js'

/** More than a client can have to say before it is answered. */
const MAX_EARLY_BYTES = 1_024

/**
 * A connection that comes through a gate. Its PROXY header, if one is wanted, is read before it is handed on; the bytes
 * after the header are kept until it is opened.
 */
export class GatedConnection implements Connection, Receiver {
  remote: Endpoint
  refusal?: Refusal
  readonly #inner: Connection
  #onOver: (() => void) | undefined
  #onHeader: (() => void) | undefined
  /** The inner connection was opened to read the header. */
  #reading = false
  #timer: Timer | undefined
  #receiver: Receiver | undefined
  /** What came before the connection was opened: the header at first, then what follows it. */
  #early = new Uint8Array()
  #ended = false
  #closed: { readonly error: Error | undefined } | undefined
  #toldClosed = false

  constructor(inner: Connection) {
    this.#inner = inner
    const { host, port } = inner.remote
    const address = parseAddress(host)
    this.remote = { host: address ? formatAddress(address) : host, port }
  }

  get local(): Endpoint {
    return this.#inner.local
  }

  /** @param onHeader - Called when the header has come, or when it is certain that none will: `refusal` then says why. */
  readHeader(clock: Clock, timeoutMs: number, onHeader: () => void): void {
    this.#reading = true
    this.#onHeader = onHeader
    this.hurry(clock, timeoutMs)
    this.#inner.open(this)
  }

  /** Gives the header this much time from now on. */
  hurry(clock: Clock, timeoutMs: number): void {
    this.#timer?.cancel()
    this.#timer = clock.after(timeoutMs, () => {
      this.#refuse('ERR_HS_TIMEOUT', `The PROXY header did not come within ${timeoutMs} ms`)
    })
  }

  /** Not to be served: the server reports why. */
  refuse(refusal: Refusal): void {
    this.refusal ??= refusal
  }

  /** Calls back once, when the connection is over: at once if it ended while its header was awaited. */
  whenOver(callback: () => void): void {
    if (this.#closed) callback()
    else this.#onOver = callback
  }

  open(receiver: Receiver): void {
    this.#receiver = receiver
    if (!this.#reading) {
      this.#inner.open(this)
      return
    }
    const [early, ended] = [this.#early, this.#ended]
    this.#early = new Uint8Array()
    // Either may make the receiver close, and some connections are closed at once.
    if (early.length > 0) receiver.data(early)
    if (ended && !this.#toldClosed) receiver.end()
    this.#tellClosed(receiver)
  }

  write(bytes: Uint8Array): void {
    this.#inner.write(bytes)
  }

  close(): void {
    this.#inner.close()
  }

  abort(): void {
    this.#inner.abort()
    // A connection that was never opened is not told that it is closed.
    this.#over()
  }

  data(chunk: Uint8Array): void {
    if (this.#receiver) {
      this.#receiver.data(chunk)
      return
    }
    const early = new Uint8Array(this.#early.length + chunk.length)
    early.set(this.#early)
    early.set(chunk, this.#early.length)
    this.#early = early
    if (this.#onHeader) this.#parse()
    else if (early.length > MAX_EARLY_BYTES) {
      this.#early = new Uint8Array()
      this.#inner.abort()
    }
  }

  end(): void {
    this.#ended = true
    if (this.#receiver) this.#receiver.end()
    // Without a byte it is a probe, as it is without a gate.
    else if (this.#early.length === 0) this.#headerIsOver()
    else if (this.#onHeader) this.#refuse('ERR_HS_PROXY_HEADER', 'The connection ended within its PROXY header')
  }

  closed(error?: Error): void {
    this.#closed = { error }
    this.#over()
    if (this.#receiver) this.#tellClosed(this.#receiver)
    else this.#headerIsOver()
  }

  /** Once, although {@link open} and the connection may both come to it. */
  #tellClosed(receiver: Receiver): void {
    if (!this.#closed || this.#toldClosed) return
    this.#toldClosed = true
    receiver.closed(this.#closed.error)
  }

  #parse(): void {
    const header = parseProxyHeader(this.#early)
    if (header.type === 'incomplete') return
    if (header.type === 'malformed') {
      this.#refuse('ERR_HS_PROXY_HEADER', `${this.remote.host} must send a PROXY header, but ${header.reason}`)
      return
    }
    if (header.source) this.remote = header.source
    this.#early = this.#early.slice(header.length)
    this.#headerIsOver()
  }

  #refuse(code: Refusal['code'], reason: string): void {
    this.refuse({ code, reason })
    this.#headerIsOver()
  }

  #headerIsOver(): void {
    this.#timer?.cancel()
    const onHeader = this.#onHeader
    this.#onHeader = undefined
    onHeader?.()
  }

  #over(): void {
    const onOver = this.#onOver
    this.#onOver = undefined
    onOver?.()
  }
}
