/** What stands between a listener and a server: the real address of each client, and limits for each address. */

import { checkOptions, count, deadline, listOf, optional, record, type Table } from '@hs/options'
import {
  type AdoptLimits,
  type Clock,
  type Connection,
  type Endpoint,
  isShareable,
  type Listener,
  type ListenOptions,
  type Share,
  type ShareableListener,
  type Sharing,
  type Transport,
  type TransportModule,
} from '@hs/transport'
import { range } from '../checks.js'
import { type AddressRange, isInRange, parseAddress, parseRange } from './address.js'
import { GatedConnection } from './connection.js'
import { afterHeaders } from './headers.js'
import { PeerCounter, type PeerLimits, type PeerRefusal, peerMemory } from './peer-limits.js'

/** Long enough for a balancer on the other side of the earth; it sends its header before anything else. */
export const DEFAULT_HEADER_MS = 3_000

export interface GateOptions {
  /** The addresses and blocks (`10.0.0.0/8`) that speak the PROXY protocol, versions 1 and 2. They must send a header. */
  readonly proxies?: readonly string[]
  /** How long a header may take. Default 3000. */
  readonly headerMs?: number
  readonly peers?: PeerLimits
}

const GATE_OPTIONS = {
  proxies: optional(listOf(range, 'addresses or blocks such as 10.0.0.0/8'), []),
  headerMs: optional(deadline, DEFAULT_HEADER_MS),
  peers: optional(
    record<PeerLimits>('an object with connections and perSecond', {
      connections: optional(count),
      perSecond: optional(count),
    }),
  ),
} satisfies Table<GateOptions>

/** The same as plain data, for the threads of a server. */
interface GateData {
  readonly proxies: readonly AddressRange[]
  readonly headerMs: number
  readonly peers: PeerLimits | undefined
  readonly memory: SharedArrayBuffer | undefined
}

/** What {@link adopt} gets: the share of the transport below, and this gate's. */
interface GateShare {
  readonly module: string
  readonly data: unknown
  readonly gate: GateData
  readonly thread: number
}

/**
 * The same transport with a gate in front of its listeners. Connections from `proxies` begin with a PROXY header, which
 * names the client; connections from elsewhere do not, and a header of theirs is a malformed message. Limits count
 * by the client's real address.
 *
 * @param threads - How many threads will share a listener, if any.
 * @throws {RangeError | TypeError} For an option that makes no sense.
 */
export function gated(transport: Transport, options: GateOptions, threads = 0): Transport {
  const gate = gateOf(options, threads)
  return {
    name: transport.name,
    clock: transport.clock,
    connect: (to, connectOptions) => transport.connect(to, connectOptions),
    async listen(at: Endpoint, listenOptions: ListenOptions) {
      // Limits count by address, also what has reset while it waited.
      const listener = await transport.listen(at, { ...listenOptions, remembersPeers: true })
      const gatedListener = new GatedListener(listener, transport.clock, gate, 0)
      return isShareable(listener) ? new SharedGate(gatedListener, listener, gate) : gatedListener
    },
  }
}

/** For the threads of a server: what a share of a gated listener is made of (see `Share`). */
export async function adopt(data: unknown, limits: AdoptLimits): Promise<{ listener: Listener; clock: Clock }> {
  const { module, data: inner, gate, thread } = data as GateShare
  const { adopt: adoptInner } = (await import(module)) as TransportModule
  const { listener, clock } = await adoptInner(inner, limits)
  return { listener: new GatedListener(listener, clock, gate, thread), clock }
}

function gateOf(options: GateOptions, threads: number): GateData {
  const { proxies, headerMs, peers } = checkOptions('gated', options, GATE_OPTIONS)
  return {
    // Checked: each is one.
    proxies: proxies.map((text) => parseRange(text)!),
    headerMs,
    peers,
    memory: peers && peerMemory(1 + threads),
  }
}

class GatedListener implements Listener {
  readonly address: Endpoint
  readonly #inner: Listener
  readonly #clock: Clock
  readonly #gate: GateData
  readonly #counter: PeerCounter | undefined

  constructor(inner: Listener, clock: Clock, gate: GateData, thread: number) {
    this.address = inner.address
    this.#inner = inner
    this.#clock = clock
    this.#gate = gate
    this.#counter = gate.peers && gate.memory && new PeerCounter(gate.peers, gate.memory, thread)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Connection> {
    const { proxies, headerMs } = this.#gate
    if (proxies.length === 0) {
      for await (const connection of this.#inner) yield this.#admit(new GatedConnection(connection))
      return
    }
    const hasHeader = ({ remote }: GatedConnection) => this.#isProxy(remote.host)
    for await (const connection of afterHeaders(this.#inner, hasHeader, this.#clock, headerMs)) {
      yield this.#admit(connection)
    }
  }

  #isProxy(host: string): boolean {
    const address = parseAddress(host)
    return address !== undefined && this.#gate.proxies.some((range) => isInRange(address, range))
  }

  #admit(connection: GatedConnection): GatedConnection {
    const counter = this.#counter
    const { host } = connection.remote
    if (!counter || connection.refusal) return connection
    const code = counter.enter(host, now())
    if (code) connection.refuse({ code, reason: reasonOf(code, host, this.#gate.peers!) })
    else connection.whenOver(() => counter.leave(host))
    return connection
  }
}

/** A gated listener of several threads. */
class SharedGate implements ShareableListener {
  readonly address: Endpoint
  readonly sharing: Sharing
  readonly #gated: GatedListener
  readonly #inner: ShareableListener
  readonly #gate: GateData

  constructor(gatedListener: GatedListener, inner: ShareableListener, gate: GateData) {
    this.address = inner.address
    this.sharing = inner.sharing
    this.#gated = gatedListener
    this.#inner = inner
    this.#gate = gate
  }

  close(): Promise<void> {
    return this.#gated.close()
  }

  [Symbol.asyncIterator](): AsyncIterator<Connection> {
    return this.#gated[Symbol.asyncIterator]()
  }

  share(thread: number): Share {
    const { module, data, ...rest } = this.#inner.share(thread)
    const share: GateShare = { module, data, gate: this.#gate, thread }
    // An entry of the build of its own, whichever file this code is in.
    return { ...rest, module: new URL('./gate.js', import.meta.url).href, data: share }
  }
}

/** Milliseconds on the clock of the system, which all threads share and which is never set. */
function now(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

function reasonOf(code: PeerRefusal, host: string, { connections, perSecond }: PeerLimits): string {
  return code === 'ERR_HS_PEER_CONNECTIONS'
    ? `${host} has ${connections} connections already: raise the limit per address, or look what it does`
    : `${host} has begun ${perSecond} connections within a second: raise the limit per address, or look what it does`
}
