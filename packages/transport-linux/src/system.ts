import { createRequire } from 'node:module'
import type { Endpoint } from '@hs/transport'
import type * as Koffi from 'koffi'
import { loadEnvironment } from './environment.js'
import { otherRuntime } from './runtime.js'

/** Numbers of Linux's headers, the same on x64 and arm64. */
const AF_INET = 2
const AF_INET6 = 10
const SOCK_STREAM = 1
const SOCK_NONBLOCK = 0o4000
export const SOCK_CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const SO_TYPE = 3
const SO_ERROR = 4
const SO_REUSEPORT = 15
const SO_PEERNAME = 28
const SO_DOMAIN = 39
const IPPROTO_IP = 0
const IP_BIND_ADDRESS_NO_PORT = 24
const IPPROTO_TCP = 6
const TCP_NODELAY = 1
const TCP_QUICKACK = 12
const MSG_DONTWAIT = 0x40
export const MSG_NOSIGNAL = 0x4000
export const MSG_MORE = 0x8000
const SHUT_RD = 0
const F_SETFL = 4
const PROT_READ_WRITE = 3
const MAP_SHARED = 1
const MAP_PRIVATE = 2
const MAP_ANONYMOUS = 0x20
const MAP_POPULATE = 0x8000
const SYS_IO_URING_SETUP = 425
const SYS_IO_URING_ENTER = 426
const IORING_ENTER_GETEVENTS = 1
const EPOLL_CTL_ADD = 1
const EPOLL_CTL_DEL = 2
const EPOLL_CTL_MOD = 3

export const EPOLLIN = 0x1
export const EPOLLOUT = 0x4
/** Tells of each change once, so that nothing has to be read to silence it. */
export const EPOLLET = 1 << 31
/** Wakes one of the threads that wait for a descriptor, and not all of them. */
export const EPOLLEXCLUSIVE = 1 << 28

/** More than V8 keeps within its heap (64 bytes), so that it has an address from the beginning. */
const SMALL_BYTES = 256

/** `sockaddr_in`, and `sockaddr_in6`, which is the longest. */
const SOCKADDR_BYTES = 16
const SOCKADDR6_BYTES = 28

/** `struct epoll_event` is packed on x86 and not elsewhere: counted in 32-bit words, its size and where its descriptor is. */
const EVENT_WORDS = process.arch === 'x64' ? 3 : 4
const EVENT_FD = process.arch === 'x64' ? 1 : 2

/**
 * Memory that calls name by its address, which is asked for only once: each time would be a tenth of a call. Code that
 * uses the address keeps the object.
 */
export interface Memory {
  readonly bytes: Uint8Array
  readonly address: number
}

/** Memory of the kernel's, or where it may write at any time. Once unmapped, to touch `bytes` ends the process. */
export interface Mapping extends Memory {
  unmap(): void
}

/** An IPv4 or IPv6 address and a port, as the kernel has them. */
export interface SocketAddress extends Memory {
  /** How many of `bytes` count. */
  readonly length: number
}

/** Ready descriptors, as `epoll_wait` fills them in. */
class EpollEvents {
  readonly memory: Memory
  readonly capacity: number
  readonly words: Int32Array

  constructor(memory: Memory) {
    this.memory = memory
    this.capacity = Math.floor(memory.bytes.length / 4 / EVENT_WORDS)
    this.words = new Int32Array(memory.bytes.buffer)
  }
  events(at: number): number {
    return this.words[at * EVENT_WORDS]!
  }
  fd(at: number): number {
    return this.words[at * EVENT_WORDS + EVENT_FD]!
  }
}

/**
 * The system calls that sockets need, each wrapped once. Unless stated otherwise, a negative result is an error. Every
 * descriptor that is handed out is closed when its thread ends, if it is not before.
 */
export type System = ReturnType<typeof bindSystem>

/** That of this thread. */
let system: System | undefined

/**
 * The system calls, bound once in a thread: that takes a millisecond, and koffi aborts the process if the thread is ended
 * meanwhile. They can be shared, since each is over when it returns.
 *
 * @throws ERR_HS_TRANSPORT_UNAVAILABLE Where they cannot be called: another system, or no koffi. `cause` says why.
 */
export function loadSystem(): System {
  system ??= bindSystem()
  return system
}

function bindSystem() {
  const { koffi, libc, environment } = loadForeign()
  const { atEnd, eventLoop, prepare, watch } = environment
  const { errno } = koffi
  const c = {
    socket: libc.func('int socket(int, int, int)'),
    bind: libc.func('int bind(int, uintptr_t, uint32_t)'),
    listen: libc.func('int listen(int, int)'),
    accept4: libc.func('int accept4(int, uintptr_t, uintptr_t, int)'),
    connect: libc.func('int connect(int, uintptr_t, uint32_t)'),
    setsockopt: libc.func('int setsockopt(int, int, int, uintptr_t, uint32_t)'),
    getsockopt: libc.func('int getsockopt(int, int, int, void *, void *)'),
    getsockname: libc.func('int getsockname(int, void *, void *)'),
    getpeername: libc.func('int getpeername(int, void *, void *)'),
    inet_pton: libc.func('int inet_pton(int, const char *, void *)'),
    inet_ntop: libc.func('const char *inet_ntop(int, void *, void *, uint32_t)'),
    if_nametoindex: libc.func('uint32_t if_nametoindex(const char *)'),
    // Both answer an ssize_t; what is asked for here is always less than 2 GiB, and an int is made in half the time.
    recv: libc.func('int recv(int, uintptr_t, size_t, int)'),
    send: libc.func('int send(int, void *, size_t, int)'),
    sendSmall: libc.func('int send(int, uintptr_t, size_t, int)'),
    fcntl: libc.func('int fcntl(int, int, int)'),
    shutdown: libc.func('int shutdown(int, int)'),
    close: libc.func('int close(int)'),
    epoll_create1: libc.func('int epoll_create1(int)'),
    epoll_ctl: libc.func('int epoll_ctl(int, int, int, uintptr_t)'),
    epoll_wait: libc.func('int epoll_wait(int, uintptr_t, int, int)'),
    mmap: libc.func('void *mmap(uintptr_t, size_t, int, int, int, int64_t)'),
    munmap: libc.func('int munmap(void *, size_t)'),
    // libc has no names for these two.
    io_uring_setup: libc.func('syscall', 'int', ['long', 'uint32_t', 'void *']),
    io_uring_enter: libc.func('syscall', 'int', [
      'long',
      'int',
      'uint32_t',
      'uint32_t',
      'uint32_t',
      'uintptr_t',
      'size_t',
    ]),
  }
  /** The result, or the negative number of the error. */
  const outcome = (result: number): number => (result < 0 ? -errno() : result)
  const memory = (size: number): Memory => {
    const bytes = new Uint8Array(size)
    return { bytes, address: Number(koffi.address(bytes)) }
  }
  const event = new EpollEvents(memory(SMALL_BYTES))
  const small = memory(SMALL_BYTES)
  const off = memory(SMALL_BYTES)
  const on = memory(SMALL_BYTES)
  on.bytes[0] = 1
  /** Kept, because the next connect mostly has the same address, which takes three objects and a foreign call to make. */
  let peer: (Endpoint & { readonly address: SocketAddress }) | undefined
  let source: { readonly host: string; readonly address: SocketAddress } | undefined
  const address = new Uint8Array(SMALL_BYTES)
  const addressLength = new Int32Array(1)
  const addressText = new Uint8Array(SMALL_BYTES)

  function sockaddr({ host, port }: Endpoint): SocketAddress {
    const { bytes, address } = memory(SMALL_BYTES)
    const view = new DataView(bytes.buffer)
    const six = isSix(host)
    const [number, zone] = host.split('%')
    view.setUint16(0, six ? AF_INET6 : AF_INET, true)
    view.setUint16(2, port)
    c.inet_pton(six ? AF_INET6 : AF_INET, number, bytes.subarray(six ? 8 : 4))
    if (zone) view.setUint32(24, Number(zone) || c.if_nametoindex(zone), true)
    return { bytes, address, length: six ? SOCKADDR6_BYTES : SOCKADDR_BYTES }
  }

  function peerAddress(to: Endpoint): SocketAddress {
    if (to.host !== peer?.host || to.port !== peer.port) peer = { ...to, address: sockaddr(to) }
    return peer.address
  }

  const bind = (fd: number, { address, length }: SocketAddress): number => outcome(c.bind(fd, address, length))

  const setOption = (fd: number, level: number, option: number, value: Memory): number =>
    outcome(c.setsockopt(fd, level, option, value.address, 4))

  /** A number that a socket has, or the negative number of an error. */
  function option(fd: number, name: number): number {
    const value = Int32Array.of(0)
    return c.getsockopt(fd, SOL_SOCKET, name, value, Int32Array.of(4)) < 0 ? -errno() : value[0]!
  }

  /** `getpeername` no longer knows the peer of a socket that was reset; this option does, asked for exactly its length. */
  function peerName(fd: number, address: Uint8Array, length: Int32Array): number {
    if (c.getpeername(fd, address, length) === 0) return 0
    length[0] = SOCKADDR6_BYTES
    if (c.getsockopt(fd, SOL_SOCKET, SO_PEERNAME, address, length) === 0) return 0
    length[0] = SOCKADDR_BYTES
    return c.getsockopt(fd, SOL_SOCKET, SO_PEERNAME, address, length)
  }

  /** If the system does not know (any more): an empty host. */
  function endpoint(call: (fd: number, address: Uint8Array, length: Int32Array) => number, fd: number): Endpoint {
    addressLength[0] = SOCKADDR6_BYTES
    if (call(fd, address, addressLength) < 0) return { host: '', port: 0 }
    const port = address[2]! * 256 + address[3]!
    if (address[0] === AF_INET) return { host: `${address[4]}.${address[5]}.${address[6]}.${address[7]}`, port }
    return { host: c.inet_ntop(AF_INET6, address.subarray(8), addressText, addressText.length) as string, port }
  }

  function control(epoll: number, operation: number, fd: number, events: number): number {
    event.words[0] = events
    event.words[EVENT_FD] = fd
    return outcome(c.epoll_ctl(epoll, operation, fd, event.memory.address))
  }

  return {
    /** @param size - In bytes, more than V8 keeps within its heap, where things move. */
    memory,
    /** Room for `capacity` ready descriptors. */
    epollEvents: (capacity: number) => new EpollEvents(memory(capacity * EVENT_WORDS * 4)),
    /**
     * A TCP socket for the family of `host`, which must be an address.
     *
     * @param blocks - For a ring, where no thread is blocked, and a call that would block is done when it no longer does.
     */
    socket(host: string, blocks = false): number {
      const family = isSix(host) ? AF_INET6 : AF_INET
      const fd = c.socket(family, SOCK_STREAM | SOCK_CLOEXEC | (blocks ? 0 : SOCK_NONBLOCK), 0)
      if (fd >= 0 && atEnd) atEnd.add(atEnd.env, atEnd.close, fd)
      return outcome(fd)
    },
    bind: (fd: number, at: Endpoint): number => bind(fd, sockaddr(at)),
    listen: (fd: number, backlog: number): number => outcome(c.listen(fd, backlog)),
    /** Newcomers are refused from now on, in whichever thread the descriptor is known. */
    stopListening: (fd: number): number => outcome(c.shutdown(fd, SHUT_RD)),
    /** @param blocks - As that of {@link socket}. @returns The next connection. */
    accept(fd: number, blocks = false): number {
      const accepted = c.accept4(fd, 0, 0, SOCK_CLOEXEC | (blocks ? 0 : SOCK_NONBLOCK))
      if (accepted >= 0 && atEnd) atEnd.add(atEnd.env, atEnd.close, accepted)
      return outcome(accepted)
    },
    /**
     * Chooses only the address to connect from. The port is left to `connect`, which knows that it need only be free
     * towards this peer; `bind` would have to find one that is free towards all.
     */
    bindAddress(fd: number, host: string): number {
      setOption(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, on)
      if (host !== source?.host) source = { host, address: sockaddr({ host, port: 0 }) }
      return bind(fd, source.address)
    },
    connect(fd: number, to: Endpoint): number {
      const { address, length } = peerAddress(to)
      return outcome(c.connect(fd, address, length))
    },
    /** What `connect` is called with. */
    peerAddress,
    reuseAddress: (fd: number): number => setOption(fd, SOL_SOCKET, SO_REUSEADDR, on),
    reusePort: (fd: number): number => setOption(fd, SOL_SOCKET, SO_REUSEPORT, on),
    /** For a socket that another process has made, or that goes to a ring, or comes back from one. */
    setBlocking: (fd: number, blocks: boolean): number => outcome(c.fcntl(fd, F_SETFL, blocks ? 0 : SOCK_NONBLOCK)),
    /** On a listening socket, whatever it accepts inherits it. */
    noDelay: (fd: number): number => setOption(fd, IPPROTO_TCP, TCP_NODELAY, on),
    /** What arrives is acknowledged by what we send next, or after 40 ms: for a side that always has something to send. */
    delayAcknowledgements: (fd: number): number => setOption(fd, IPPROTO_TCP, TCP_QUICKACK, off),
    /** How a connect ended: 0, or the negative number of the error. */
    pendingError: (fd: number): number => {
      const error = option(fd, SO_ERROR)
      return error < 0 ? error : -error
    },
    isTcp: (fd: number): boolean =>
      option(fd, SO_TYPE) === SOCK_STREAM && [AF_INET, AF_INET6].includes(option(fd, SO_DOMAIN)),
    localAddress: (fd: number): Endpoint => endpoint(c.getsockname, fd),
    remoteAddress: (fd: number): Endpoint => endpoint(peerName, fd),
    /** How many bytes came; 0 at the end of the stream. */
    receive(fd: number, into: Memory): number {
      return outcome(c.recv(fd, into.address, into.bytes.length, 0))
    },
    /**
     * How many bytes the kernel took.
     *
     * @param more - Something follows at once, and may travel in the same segment: more bytes, or the end.
     */
    send(fd: number, bytes: Uint8Array, more: boolean): number {
      const { length } = bytes
      const flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0)
      // A small array lives in the heap of JavaScript, and asking for its address moves it out, at a multiple of the
      // cost of copying it to where it has one.
      if (length > SMALL_BYTES) return outcome(c.send(fd, bytes, length, flags))
      for (let at = 0; at < length; at++) small.bytes[at] = bytes[at]!
      return outcome(c.sendSmall(fd, small.address, length, flags))
    },
    /** Whatever it answers, the descriptor is gone: never call it twice. */
    close(fd: number): void {
      if (atEnd) atEnd.remove(atEnd.env, atEnd.close, fd)
      c.close(fd)
    },
    epoll(): number {
      const fd = c.epoll_create1(SOCK_CLOEXEC)
      if (fd >= 0 && atEnd) atEnd.add(atEnd.env, atEnd.close, fd)
      return outcome(fd)
    },
    epollAdd: (epoll: number, fd: number, events: number): number => control(epoll, EPOLL_CTL_ADD, fd, events),
    epollModify: (epoll: number, fd: number, events: number): number => control(epoll, EPOLL_CTL_MOD, fd, events),
    epollRemove: (epoll: number, fd: number): number => control(epoll, EPOLL_CTL_DEL, fd, 0),
    /** How many descriptors are ready; 0 also when a signal came. */
    epollWait(epoll: number, into: EpollEvents, timeoutMs: number): number {
      return Math.max(0, c.epoll_wait(epoll, into.memory.address, into.capacity, timeoutMs))
    },
    /**
     * @param fd - What is mapped, from `offset` on; without it, private memory.
     * @returns undefined If there is no more.
     */
    map(size: number, fd = -1, offset = 0): Mapping | undefined {
      const kind = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED | MAP_POPULATE
      const pointer = c.mmap(0, size, PROT_READ_WRITE, kind, fd, offset)
      const address = Number(koffi.address(pointer))
      // MAP_FAILED is -1.
      if (address <= 0 || address > Number.MAX_SAFE_INTEGER) return undefined
      return { bytes: new Uint8Array(koffi.view(pointer, size)), address, unmap: () => c.munmap(pointer, size) }
    },
    /** @param parameters - `struct io_uring_params`, which the kernel completes. @returns The descriptor of a ring. */
    ringSetup(entries: number, parameters: Uint32Array): number {
      const fd = c.io_uring_setup(SYS_IO_URING_SETUP, entries, parameters)
      if (fd >= 0 && atEnd) atEnd.add(atEnd.env, atEnd.close, fd)
      return outcome(fd)
    },
    /** Hands over `count` operations. @returns How many the kernel took. */
    ringEnter: (ring: number, count: number): number =>
      outcome(c.io_uring_enter(SYS_IO_URING_ENTER, ring, count, 0, IORING_ENTER_GETEVENTS, 0, 0)),
    eventLoop,
    prepare,
    watch,
  }
}

/** Which family a literal address is of; `isIPv6` of Node costs as much as a system call. */
const isSix = (host: string): boolean => host.includes(':')

function loadForeign() {
  try {
    const other = otherRuntime()
    if (other) throw new Error(`it needs Node, and this is ${other}`)
    if (process.platform !== 'linux') throw new Error(`it needs Linux, and this is ${process.platform}`)
    // Not imported at the top, so that a program that imports this package gets the reason as an error of its own.
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
    if (typeof koffi.node?.poll !== 'function') throw new Error(`koffi ${koffi.version} has no node.poll`)
    const libc = koffi.load(null)
    return { koffi, libc, environment: loadEnvironment(koffi, libc) }
  } catch (cause) {
    const { message } = cause as Error
    throw Object.assign(new Error(`The Linux transport cannot be used here: ${message.split('\n')[0]}`, { cause }), {
      code: 'ERR_HS_TRANSPORT_UNAVAILABLE',
    })
  }
}
