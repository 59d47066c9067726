import type { AdoptLimits, Clock, Endpoint, Listener, Share, ShareableListener } from '@hs/transport'
import { AcceptQueue } from '@hs/transport/internals'
import { LinuxConnection } from './connection.js'
import { BACKLOG, LinuxListener } from './listener.js'
import { Reactor } from './reactor.js'
import { EPOLLET, EPOLLEXCLUSIVE, EPOLLIN, type System } from './system.js'

/** What a thread gets: a listening descriptor is valid in all threads of a process. */
interface SharedDescriptor {
  readonly fd: number
}

/**
 * A listening descriptor that threads accept from, each when it is free: the kernel's queue is the queue of all. The
 * thread that listens takes only what is still in that queue when it is closed, so that newcomers are refused from
 * then on and no earlier connection is lost.
 */
export class SharedLinuxListener implements ShareableListener {
  readonly sharing = 'shared-descriptor'
  readonly address: Endpoint
  readonly #reactor: Reactor
  readonly #system: System
  readonly #fd: number
  readonly #late = new AcceptQueue()
  /** Shares that are not revoked. */
  #shares = 0
  #closed = false

  constructor(reactor: Reactor, fd: number) {
    this.#reactor = reactor
    this.#system = reactor.system
    this.#fd = fd
    this.address = reactor.system.localAddress(fd)
  }

  share(): Share {
    const data: SharedDescriptor = { fd: this.#fd }
    this.#shares++
    return {
      module: new URL(/* webpackIgnore: true */ './share.js', import.meta.url).href,
      data,
      transfer: [],
      revoke: () => {
        this.#shares--
        this.#closeIfUnused()
      },
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    while (this.#late.length < BACKLOG) {
      const fd = this.#system.accept(this.#fd)
      if (fd < 0) break
      this.#late.push(new LinuxConnection(this.#reactor, fd))
    }
    this.#late.finish()
    this.#system.stopListening(this.#fd)
    this.#closeIfUnused()
  }

  [Symbol.asyncIterator](): AcceptQueue {
    return this.#late
  }

  /** The descriptor's number may be anybody's once it is closed, so it stays open while a thread accepts from it. */
  #closeIfUnused(): void {
    if (this.#closed && this.#shares === 0) this.#system.close(this.#fd)
  }
}

/** The thread's end of a share: see `TransportModule`. */
export async function adopt(
  { fd }: SharedDescriptor,
  _limits: AdoptLimits,
): Promise<{ listener: Listener; clock: Clock }> {
  const reactor = new Reactor('block', () => listener.beforeSleep())
  const listening = { fd, events: EPOLLIN | EPOLLEXCLUSIVE, onEnd() {} }
  const listener = new LinuxListener(reactor, listening, () => {})
  // Messages, and the end of the thread, reach the event loop, and that is where it is while it does not sleep.
  reactor.add(reactor.system.eventLoop(), EPOLLIN | EPOLLET, { ready() {} })
  return { listener, clock: reactor.clock }
}
