/** One end of a connection. `host` is a literal address, or a name when it is asked for. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/**
 * What a connection tells. Calls come from the event loop, with two exceptions: `open` may deliver what has already
 * arrived, and `closed` may come from inside any method of the connection. None of the methods may throw.
 */
export interface Receiver {
  /** Bytes as they arrived. The chunk is only valid during the call: the transport reuses its memory. */
  data(chunk: Uint8Array): void
  /** The peer will send no more. Writing still works. */
  end(): void
  /**
   * The descriptor is gone. Called exactly once, last, whatever happened.
   *
   * @param error - Why reading or writing broke. After {@link Connection.close} was called: bytes that were written
   *   did not get out. A system error as Node shapes it, with `code`, `syscall` and `errno`.
   */
  closed(error?: Error): void
}

/** Why a listener does not want a connection to be served: a code of `@hs/protocol`, and a phrase without a full stop. */
export interface Refusal {
  readonly code: 'ERR_HS_PEER_CONNECTIONS' | 'ERR_HS_PEER_RATE' | 'ERR_HS_PROXY_HEADER' | 'ERR_HS_TIMEOUT'
  readonly reason: string
}

/** A byte stream to one peer. */
export interface Connection {
  /** Set by a listener that has judged the connection: it is to be counted, reported and closed, not served. */
  readonly refusal?: Refusal
  /**
   * The address of each end; to be read before {@link close} or {@link abort}. `remote` is known also when the connection
   * has broken, unless the listener does not remember its peers; its host is empty where the transport cannot know.
   */
  readonly remote: Endpoint
  readonly local: Endpoint
  /**
   * Begins to read. Once per connection; before it, nothing is read from the peer. On a connection that is gone by
   * then, it tells `closed` and nothing else.
   */
  open(receiver: Receiver): void
  /**
   * Hands bytes over for sending, in order. They are the transport's from then on, and not to be changed. If the system
   * refuses them, the connection has broken: nothing more is read, and `closed` tells of it.
   */
  write(bytes: Uint8Array): void
  /** Sends what was written, then closes. Does not wait for the peer. Idempotent. */
  close(): void
  /** Closes now; what was written may be lost. Idempotent. */
  abort(): void
}

/** Time, as the transport keeps it: a reactor that blocks its thread has no other. */
export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  now(): number
  /**
   * Calls `callback` once, not before `ms` milliseconds have passed.
   *
   * @param argument - What it is called with; so that a timer per connection needs no function of its own.
   */
  after<T = undefined>(ms: number, callback: (argument: T) => void, argument?: T): Timer
}

export interface Timer {
  /** Idempotent; also after the callback ran. */
  cancel(): void
}

/** How connections reach several threads: as a value to show to people, and as a fact that limits follow from. */
export type Sharing =
  /** One thread accepts and hands sockets over, to the thread that serves fewest. */
  | 'transfer'
  /** Every thread listens; the kernel deals connections out by a hash, also to a thread that is busy. */
  | 'reuse-port'
  /** Every thread accepts from one queue in the kernel when it is free. */
  | 'shared-descriptor'

/** A share of a listener, as data for the thread that takes it up with {@link TransportModule.adopt}. */
export interface Share {
  /** What the other thread imports to adopt `data`: a URL or a specifier. */
  readonly module: string
  readonly data: unknown
  readonly transfer: readonly object[]
  /** The thread is gone: whatever of its connections is left is closed, and nothing more is given to it. */
  revoke(): void
}

/** What the module of a {@link Share} exports. */
export interface TransportModule {
  adopt(data: unknown, limits: AdoptLimits): Promise<{ listener: Listener; clock: Clock }>
}

export interface AdoptLimits {
  /** How many connections the thread serves at once; more are not given to it while others can take them. */
  readonly atOnce: number
  /** As {@link ListenOptions.onDrop}, for threads that accept for themselves. */
  readonly onDrop: ListenOptions['onDrop']
}

/** Accepts connections, in the order in which they came. Iterate it once. */
export interface Listener extends AsyncIterable<Connection> {
  readonly address: Endpoint
  /** Stops accepting. What was accepted before is still delivered, then the iteration ends. Idempotent. */
  close(): Promise<void>
}

/**
 * A listener that can be served by several threads. Its own iteration gives what reaches this thread, if anything.
 */
export interface ShareableListener extends Listener {
  readonly sharing: Sharing
  /** @param thread - The number of the thread that takes it up, from 1; its successor has the same. */
  share(thread: number): Share
}

export interface ListenOptions {
  /** Connections accepted and not yet taken, at most; newcomers beyond it are closed at once. */
  readonly maxWaiting: number
  /** A connection could not be accepted, or was dropped because too many wait. */
  readonly onDrop: (reason: DropReason) => void
  /** How many connections are served at a time, at most. Default: no limit. A transport may gather work of many. */
  readonly atOnce?: number
  /**
   * Is the address of a peer asked for when it may have reset already? To remember it costs a system call for each
   * connection, where the system forgets it. Default: true.
   */
  readonly remembersPeers?: boolean
  /** Will {@link ShareableListener.share} be called? */
  readonly shared: boolean
  /** A socket that is bound already, perhaps listening: its descriptor. The address then means nothing. */
  readonly fd?: number
  /**
   * Lets other processes listen on the same address and port (SO_REUSEPORT).
   *
   * @throws ERR_HS_REUSE_PORT_UNSUPPORTED Where the system or this Node cannot.
   */
  readonly reusePort?: boolean
}

/**
 * `'waiting'`: too many accepted and not served. `'descriptors'`: the process has none left. `'deferred'`: the same, but
 * no connection is lost; newcomers wait in the kernel until there are some again.
 */
export type DropReason = 'waiting' | 'descriptors' | 'deferred'

export interface ConnectOptions {
  readonly signal?: AbortSignal
  /** Use only IPv4 or IPv6 addresses of a name. Default: whichever answers first. */
  readonly family?: 4 | 6
  /**
   * The address of this machine to connect from; the port is the system's choice. Each address has ports of its own, so
   * a program that runs out of them (`EADDRNOTAVAIL`) can continue with another: all of 127.0.0.0/8 is this machine, on Linux.
   */
  readonly localAddress?: string
}

/** Moves bytes, and knows nothing of messages. */
export interface Transport {
  readonly name: string
  readonly clock: Clock
  /** Why it is slower here than elsewhere, in a phrase; undefined if it is not, or as long as it has not tried. */
  readonly shortfall?: string | undefined
  /** @throws System errors as Node shapes them: `code`, `syscall`, `address`, `port`. */
  listen(at: Endpoint, options: ListenOptions): Promise<Listener>
  /** @throws System errors as Node shapes them, or the signal's reason. */
  connect(to: Endpoint, options?: ConnectOptions): Promise<Connection>
}

/** Whether a listener can be shared among threads. */
export function isShareable(listener: Listener): listener is ShareableListener {
  return 'share' in listener
}

/** `127.0.0.1:9000`, `[::1]:9000`: as people and URLs write it. */
export function formatEndpoint({ host, port }: Endpoint): string {
  // A peer that had reset before its connection was accepted, on a transport that asks too late.
  if (host === '') return 'unknown address'
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
