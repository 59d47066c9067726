import { clientHandshake, type Effect, encodeHello } from '@hs/protocol'
import {
  type Connection,
  Drive,
  type DriveObserver,
  type Endpoint,
  type Outcome,
  type Receiver,
  type Timer,
  type Transport,
} from '@hs/transport'
import type { ClientKind, ConnectionHappened, Settings } from '../scene/events.js'

/** A slow client thinks this many times longer. */
const SLOW_FACTOR = 4

/** Our clients never give up: only the server ends a wait. */
const PATIENCE = { timeoutMs: 24 * 3_600_000, quietMs: 0, prefixMs: 250 }

type Happened = ConnectionHappened extends infer E ? (E extends unknown ? Omit<E, 'lane' | 'id'> : never) : never

export interface ClientOptions {
  readonly kind: ClientKind
  readonly x: number
  readonly endpoint: Endpoint
  readonly transport: Transport
  /** Asked for each pause, so that a change counts at once. */
  readonly settings: () => Settings
  readonly onHappened: (happened: Happened) => void
  /** The port that the server sees, when it is known: before anything else of the connection is. */
  readonly onPort: (port: number) => void
  readonly onOver: () => void
}

/** How long each third of a pause is: the last of them is drawn as the way of the message. */
export function thirdOf({ thinkMs, slowMotion }: Settings): number {
  return (thinkMs * slowMotion) / 3
}

/** A client with a script, on a real socket: it thinks before each message, and may misbehave. */
export class Client implements DriveObserver {
  readonly #options: ClientOptions
  readonly #leaving = new AbortController()
  #connection: ThinkingConnection | undefined
  #over = false

  constructor(options: ClientOptions) {
    this.#options = options
    options.onHappened({ type: 'arrives', kind: options.kind, x: options.x })
    void this.#connect()
  }

  get kind(): ClientKind {
    return this.#options.kind
  }

  /** Lets a stalled client continue. */
  release(): void {
    this.#connection?.release()
  }

  /** Ends it now. */
  abort(): void {
    this.#leaving.abort()
    this.#connection?.abort()
  }

  onEffect(effect: Effect): void {
    if (effect.type === 'received') this.#options.onHappened({ type: 'hears', text: effect.text })
  }

  onClosed(outcome: Outcome): void {
    if (outcome.type === 'established') this.#leave('established')
    else this.#leave('failed', outcome.failure.code)
  }

  async #connect(): Promise<void> {
    const { endpoint, transport, x, onHappened, onPort } = this.#options
    try {
      const inner = await transport.connect(endpoint, { signal: this.#leaving.signal })
      if (this.#leaving.signal.aborted) return inner.abort()
      onPort(inner.local.port)
      onHappened({ type: 'opens' })
      this.#connection = new ThinkingConnection(inner, this.#options)
      new Drive(clientHandshake(x), this.#connection, { clock: transport.clock, ...PATIENCE }, this).start()
    } catch {
      this.#leave('failed', 'ERR_HS_CONNECT')
    }
  }

  #leave(outcome: 'established' | 'failed', code?: string): void {
    if (this.#over) return
    this.#over = true
    this.#options.onHappened({ type: 'leaves', outcome, ...(code && { code }) })
    this.#options.onOver()
  }
}

/** A connection whose user thinks before it speaks: what is written leaves later, and a close waits for it. */
class ThinkingConnection implements Connection, Receiver {
  readonly #inner: Connection
  readonly #options: ClientOptions
  #receiver: Receiver | undefined
  /** Messages that have left. */
  #said = 0
  #pending: { readonly bytes: Uint8Array; timer: Timer | undefined } | undefined
  #closing = false
  #over = false

  constructor(inner: Connection, options: ClientOptions) {
    this.#inner = inner
    this.#options = options
  }

  get remote(): Endpoint {
    return this.#inner.remote
  }

  get local(): Endpoint {
    return this.#inner.local
  }

  open(receiver: Receiver): void {
    this.#receiver = receiver
    // Bytes that came and were not read make a reset of the close.
    if (this.#options.kind !== 'reset') this.#inner.open(this)
  }

  write(bytes: Uint8Array): void {
    const { kind, settings } = this.#options
    this.#pending = { bytes, timer: undefined }
    if (kind === 'stalled' && this.#said === 1) return
    this.#after(thirdOf(settings()) * (kind === 'slow' ? SLOW_FACTOR : 1), () => this.#say())
  }

  release(): void {
    if (this.#pending && !this.#pending.timer) this.#say()
  }

  close(): void {
    this.#closing = true
    if (!this.#pending) this.#inner.close()
  }

  abort(): void {
    this.#pending?.timer?.cancel()
    this.#inner.abort()
    // A connection that was never opened does not report its end.
    this.closed(Object.assign(new Error('aborted'), { code: 'ECONNABORTED' }))
  }

  data(chunk: Uint8Array): void {
    if (!this.#closing) this.#receiver!.data(chunk)
  }

  end(): void {
    if (!this.#closing) this.#receiver!.end()
    else this.abort()
  }

  closed(error?: Error): void {
    if (this.#over) return
    this.#over = true
    this.#pending?.timer?.cancel()
    const lost = this.#pending && Object.assign(new Error('closed'), { code: 'EPIPE' })
    this.#receiver?.closed(error ?? lost)
  }

  /** The message is on its way for a third of the pause. */
  #say(): void {
    const { kind, x, settings, onHappened } = this.#options
    const ms = thirdOf(settings())
    const last = this.#said === 1
    const sequence = last ? x + 2 + (kind === 'wrong' ? 1 : 0) : x
    onHappened({ type: 'says', text: `HELLO ${sequence}`, ms })
    this.#after(ms, () => {
      this.#pending = undefined
      this.#said++
      this.#inner.write(encodeHello(sequence))
      if (kind === 'reset') this.#after(2 * ms, () => this.abort())
      if (this.#closing) this.#inner.close()
    })
  }

  #after(ms: number, action: () => void): void {
    const timer = this.#options.transport.clock.after(ms, action)
    if (this.#pending) this.#pending.timer = timer
  }
}
