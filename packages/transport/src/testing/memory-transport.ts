import { atLeast, type Check, check, checkOptions, integer, optional, type Table } from '@hs/options'
import { AcceptQueue } from '../accept-queue.js'
import type { Connection, ConnectOptions, Endpoint, Listener, ListenOptions, Transport } from '../transport.js'
import { MemoryConnection, systemError, type Wire } from './memory-connection.js'
import { VirtualClock } from './virtual-clock.js'

export interface MemoryTransportOptions {
  /** Decides every delay, cut and reset. The same seed and the same calls give the same run. Default 1. */
  readonly seed?: number
  /** Each delivery takes up to this much virtual time. Default 0: what is sent is there, and read in the next turn. */
  readonly latencyMs?: number
  /** The chance that a read gets only a part of what has arrived. Default 0. */
  readonly cutRate?: number
  /** The chance that the network breaks a connection within a few latencies. Default 0. */
  readonly resetRate?: number
  /** What one side may have sent before the other reads. Default 65,536. */
  readonly bufferBytes?: number
  /** Turns of the event loop without an event before time leaps to the next timer. Default 64. */
  readonly settleTurns?: number
}

/** A network of its own, in the memory of this thread: a listener of one such transport is not seen by another. */
export interface MemoryTransport extends Transport {
  /** Timers of its clock that have neither called back nor been cancelled: 0 when nothing is left of what was served. */
  readonly timers: number
  connect(to: Endpoint, options?: ConnectOptions): Promise<MemoryConnection>
}

const rate: Check<number> = check(
  'a number from 0 to 1',
  (value) => typeof value === 'number',
  (value: number) => value >= 0 && value <= 1,
)

const MEMORY_TRANSPORT_OPTIONS = {
  seed: optional(integer(0, 2 ** 32 - 1), 1),
  latencyMs: optional(atLeast(0), 0),
  cutRate: optional(rate, 0),
  resetRate: optional(rate, 0),
  bufferBytes: optional(integer(1), 65_536),
  settleTurns: optional(integer(1), 64),
} satisfies Table<MemoryTransportOptions>

/** The first of the ports that systems choose from. */
const FIRST_PORT = 49_152

/** Within how many latencies a connection that is to break does so: in the middle of a handshake. */
const BREAKS_WITHIN_LATENCIES = 8

/** Connections in memory and virtual time: no socket, no waiting, and the same run for the same seed. */
export function memoryTransport(options: MemoryTransportOptions = {}): MemoryTransport {
  const settings = checkOptions('memoryTransport', options, MEMORY_TRANSPORT_OPTIONS)
  const { latencyMs, cutRate, resetRate, bufferBytes } = settings
  const clock = new VirtualClock(settings.settleTurns)
  const random = randomNumbers(settings.seed)
  const listeners = new Map<string, MemoryListener>()
  let lastPort = FIRST_PORT

  const wire: Wire = {
    bufferBytes,
    deliver(after, action) {
      if (latencyMs === 0) {
        action()
        return 0
      }
      const at = Math.max(after, clock.now() + random() * latencyMs)
      clock.soon(at - clock.now(), action)
      return at
    },
    soon: (action) => clock.soon(0, action),
    cut: (length) =>
      cutRate > 0 && length > 1 && random() < cutRate ? 1 + Math.floor(random() * (length - 1)) : length,
  }

  async function listen(at: Endpoint, { shared, fd, reusePort, maxWaiting, onDrop }: ListenOptions): Promise<Listener> {
    if (shared) throw unsupported('ERR_HS_THREADS_UNSUPPORTED', 'Connections in memory cannot be shared with threads')
    if (reusePort) throw unsupported('ERR_HS_REUSE_PORT_UNSUPPORTED', 'A port in memory has one listener')
    if (fd !== undefined) throw systemError('EINVAL', 'listen', { fd })
    const host = addressOf(at.host)
    const port = at.port === 0 ? ++lastPort : at.port
    if (!isOurs(host)) throw systemError('EADDRNOTAVAIL', 'listen', { address: host, port })
    const name = `${host}:${port}`
    if (listeners.has(name)) throw systemError('EADDRINUSE', 'listen', { address: host, port })
    const listener = new MemoryListener({ host, port }, maxWaiting, onDrop, () => listeners.delete(name))
    listeners.set(name, listener)
    return listener
  }

  async function connect(
    to: Endpoint,
    { signal, family, localAddress = '127.0.0.1' }: ConnectOptions = {},
  ): Promise<MemoryConnection> {
    signal?.throwIfAborted()
    const { port } = to
    const address = addressOf(to.host, family)
    if (!isOurs(localAddress)) throw systemError('EADDRNOTAVAIL', 'bind', { address: localAddress })
    return await new Promise((resolve, reject) => {
      let aborted = false
      const onAbort = () => {
        aborted = true
        reject(signal!.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      clock.soon(random() * latencyMs, () => {
        if (aborted) return
        signal?.removeEventListener('abort', onAbort)
        const listener = listeners.get(`${address}:${port}`) ?? listeners.get(`0.0.0.0:${port}`)
        if (!listener) {
          reject(systemError('ECONNREFUSED', 'connect', { address, port }))
          return
        }
        const [mine, theirs] = MemoryConnection.pair(
          wire,
          { host: localAddress, port: ++lastPort },
          { host: address, port },
        )
        if (resetRate > 0 && random() < resetRate) {
          clock.soon(random() * latencyMs * BREAKS_WITHIN_LATENCIES, () => mine.cutOff())
        }
        listener.push(theirs)
        resolve(mine)
      })
    })
  }

  return {
    name: 'memory',
    clock,
    listen,
    connect,
    get timers() {
      return clock.timers
    },
  }
}

class MemoryListener implements Listener {
  readonly address: Endpoint
  readonly #queue = new AcceptQueue()
  readonly #maxWaiting: number
  readonly #onDrop: ListenOptions['onDrop']
  readonly #onClose: () => void

  constructor(address: Endpoint, maxWaiting: number, onDrop: ListenOptions['onDrop'], onClose: () => void) {
    this.address = address
    this.#maxWaiting = maxWaiting
    this.#onDrop = onDrop
    this.#onClose = onClose
  }

  push(connection: Connection): void {
    if (this.#queue.length < this.#maxWaiting) this.#queue.push(connection)
    else {
      connection.abort()
      this.#onDrop('waiting')
    }
  }

  async close(): Promise<void> {
    this.#onClose()
    this.#queue.finish()
  }

  [Symbol.asyncIterator](): AcceptQueue {
    return this.#queue
  }
}

/** Addresses are those of the loopback of IPv4, and there is one name. */
function addressOf(host: string, family?: 4 | 6): string {
  if (host === 'localhost' && family !== 6) return '127.0.0.1'
  if (/^[\d.]+$/.test(host)) return host
  throw systemError('ENOTFOUND', 'getaddrinfo', { hostname: host })
}

function isOurs(address: string): boolean {
  return address.startsWith('127.') || address === '0.0.0.0'
}

function unsupported(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

/** Numbers from 0 to 1, 1 excluded, the same ones for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
