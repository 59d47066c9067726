import {
  AcceptQueue,
  type AdoptLimits,
  type Clock,
  type Endpoint,
  type Listener,
  type Share,
  type ShareableListener,
} from '@hs/transport'
import { LinuxConnection } from './connection.js'
import { DescriptorSet } from './ledger.js'
import { BACKLOG, LinuxListener } from './listener.js'
import { Reactor } from './reactor.js'
import { EPOLLET, EPOLLEXCLUSIVE, EPOLLIN, type System, systemError } from './system.js'

/** What a thread gets: a listening descriptor is valid in all threads of a process, and so is a counter to wake it by. */
interface SharedDescriptor {
  readonly fd: number
  readonly wakeFd: number
  readonly descriptors: SharedArrayBuffer
  /** Not zero: the process ends, do not sleep. */
  readonly exiting: SharedArrayBuffer
}

/**
 * A listening descriptor that threads accept from, each when it is free: the kernel's queue is the queue of all. The
 * thread that listens takes only what is still in that queue when it is closed, so that newcomers are refused from
 * then on and nobody who came before is lost.
 */
export class SharedLinuxListener implements ShareableListener {
  readonly sharing = 'shared-descriptor'
  readonly address: Endpoint
  readonly #reactor: Reactor
  readonly #system: System
  readonly #fd: number
  readonly #late = new AcceptQueue()
  readonly #exiting = new Int32Array(new SharedArrayBuffer(4))
  readonly #wakeFds = new Set<number>()
  #closed = false

  constructor(reactor: Reactor, fd: number) {
    this.#reactor = reactor
    this.#system = reactor.system
    this.#fd = fd
    this.address = reactor.system.localAddress(fd)
    process.on('exit', this.#onExit)
  }

  share(): Share {
    const wakeFd = this.#system.eventfd()
    if (wakeFd < 0) throw systemError('eventfd', wakeFd)
    this.#wakeFds.add(wakeFd)
    const descriptors = new DescriptorSet(this.#system.descriptorLimit())
    const data: SharedDescriptor = {
      fd: this.#fd,
      wakeFd,
      descriptors: descriptors.buffer,
      exiting: this.#exiting.buffer as SharedArrayBuffer,
    }
    return {
      module: new URL('./share.js', import.meta.url).href,
      data,
      transfer: [],
      wake: () => void this.#system.signal(wakeFd),
      revoke: () => {
        // A thread takes none of its descriptors with it when it ends; those of one that died are still open.
        for (const fd of descriptors) this.#system.close(fd)
        if (this.#wakeFds.delete(wakeFd)) this.#system.close(wakeFd)
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
    if (!this.#closed || this.#wakeFds.size > 0) return
    process.off('exit', this.#onExit)
    this.#system.close(this.#fd)
  }

  /** A process waits for its threads when it ends, and a thread that sleeps in a system call would not notice. */
  readonly #onExit = () => {
    this.#exiting[0] = 1
    for (const fd of this.#wakeFds) this.#system.signal(fd)
  }
}

/** The thread's end of a share: see `TransportModule`. */
export async function adopt(
  { fd, wakeFd, descriptors, exiting }: SharedDescriptor,
  _limits: AdoptLimits,
): Promise<{ listener: Listener; clock: Clock }> {
  const ledger = new DescriptorSet(descriptors)
  const exit = new Int32Array(exiting)
  const reactor = new Reactor('block', () => {
    listener.beforeSleep()
    return exit[0] === 0
  })
  const listener = new LinuxListener(
    reactor,
    fd,
    EPOLLIN | EPOLLEXCLUSIVE,
    () => {},
    () => {},
    ledger,
  )
  // Registered for the thread's life, so that neither this nor the epoll descriptor goes before the thread does.
  reactor.add(wakeFd, EPOLLIN | EPOLLET, { ready() {} })
  ledger.opened(reactor.descriptor)
  return { listener, clock: reactor.clock }
}
