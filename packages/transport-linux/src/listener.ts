import type { Connection, DropReason, Endpoint, Listener, ListenOptions, Timer } from '@hs/transport'
import { DescriptorReserve } from '@hs/transport/internals'
import { LinuxConnection } from './connection.js'
import { EAGAIN, ECONNABORTED, EINTR, isShortage } from './errors.js'
import type { Pollable, Reactor } from './reactor.js'

/** Newcomers that the kernel keeps while this process is busy; the system caps it at its own limit (`somaxconn`). */
export const BACKLOG = 4096

/** Connections accepted before those that are already open get their turn. */
const ACCEPTS_IN_A_ROW = 64

/** After this many notifications in a row, `next` expects more connections and accepts without waiting for epoll. */
const CROWD = 2

/** How long to leave newcomers to the kernel when there is no descriptor left for them, or accepting fails in other ways. */
export const BACK_OFF_MS = 100

type Accepted = IteratorResult<Connection, undefined>

const END: Accepted = { done: true, value: undefined }

/** A socket that listens. */
interface Listening {
  readonly fd: number
  /** `EPOLLIN`, perhaps `EPOLLEXCLUSIVE`. */
  readonly events: number
  /** Called once, when nothing will be accepted any more: the descriptor may be closed then. */
  readonly onEnd: () => void
}

/**
 * Accepts one connection for each call of `next`: the others wait in the queue of the kernel, in order, and nothing here
 * can overflow.
 */
export class LinuxListener implements Listener, Pollable, AsyncIterator<Connection, undefined> {
  readonly address: Endpoint
  readonly #reactor: Reactor
  readonly #fd: number
  readonly #events: number
  readonly #onDrop: ListenOptions['onDrop']
  readonly #onEnd: () => void
  readonly #takers: ((accepted: Accepted) => void)[] = []
  readonly #reserve = new DescriptorReserve()
  /** The last one accepted. */
  #last = -1
  #registered = false
  /** Accepted by {@link close}, and not yet asked for. */
  readonly #rest: Accepted[] = []
  #closed = false
  #budget = ACCEPTS_IN_A_ROW
  /** Notifications of the kernel since it last had no connection. One costs more than an accept in vain. */
  #toldInARow = 0
  #backOff: Timer | undefined

  constructor(reactor: Reactor, { fd, events, onEnd }: Listening, onDrop: ListenOptions['onDrop']) {
    this.#reactor = reactor
    this.#fd = fd
    this.#events = events
    this.#onDrop = onDrop
    this.#onEnd = onEnd
    this.address = reactor.system.localAddress(fd)
    // Also while nothing is registered: because `next` was not called, or no descriptor is left.
    reactor.hold()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Accepted> {
    if (this.#closed) return Promise.resolve(this.#rest.shift() ?? END)
    const awaits = this.#takers.length > 0 || (this.#registered && this.#toldInARow < CROWD)
    const accepted = awaits || this.#budget === 0 || this.#backOff ? undefined : this.#accept()
    if (accepted) return Promise.resolve(accepted)
    return new Promise((resolve) => {
      this.#takers.push(resolve)
      this.#watch()
    })
  }

  /** A loop that is left early leaves no connection waiting. */
  async return(): Promise<Accepted> {
    await this.close()
    for (const { value } of this.#rest.splice(0)) value?.abort()
    return END
  }

  ready(): void {
    this.#budget = ACCEPTS_IN_A_ROW
    this.#toldInARow++
    if (this.#takers.length > 0) this.#settle(this.#accept())
    // `next` was not called, although its caller has continued since the last connection: leave this one to the kernel,
    // and to the other threads.
    else this.#stopWatching()
  }

  /** Before a thread sleeps: the kernel must not wake it for a connection that it would not take. */
  beforeSleep(): void {
    if (this.#takers.length === 0) this.#stopWatching()
  }

  /** Takes what the kernel has accepted by now, so that it can still be delivered, and lets go of the descriptor. */
  async close(): Promise<void> {
    if (this.#closed) return
    for (let last = this.#accept(); last; last = this.#accept()) {
      // A flood would keep us here for ever; what the queue can hold was there before.
      if (this.#rest.push(last) === BACKLOG) break
    }
    this.#end()
    while (this.#takers.length > 0) this.#settle(this.#rest.shift() ?? END)
  }

  /** The next connection, or undefined if none has arrived yet. */
  #accept(): Accepted | undefined {
    if (this.#reserve.includes(this.#last + 1) && this.#reserve.isNext()) return this.#postpone('deferred')
    for (;;) {
      const fd = this.#reactor.system.accept(this.#fd)
      if (fd >= 0) {
        this.#last = fd
        this.#budget--
        this.#reactor.countEvent()
        return { done: false, value: new LinuxConnection(this.#reactor, fd) }
      }
      switch (fd) {
        case EINTR:
        case ECONNABORTED:
          // That one is gone; the next may be there.
          continue
        case EAGAIN:
          this.#toldInARow = 0
          return undefined
      }
      return this.#postpone(isShortage(fd) ? 'deferred' : undefined)
    }
  }

  #postpone(reason: DropReason | undefined): undefined {
    if (reason) this.#onDrop(reason)
    this.#stopWatching()
    this.#backOff?.cancel()
    this.#backOff = this.#reactor.clock.after(BACK_OFF_MS, () => {
      this.#backOff = undefined
      this.#watch()
    })
  }

  #end(): void {
    this.#backOff?.cancel()
    this.#stopWatching()
    this.#closed = true
    this.#reactor.release()
    this.#onEnd()
  }

  #settle(accepted: Accepted | undefined): void {
    if (accepted) this.#takers.shift()?.(accepted)
  }

  #watch(): void {
    if (this.#registered || this.#backOff || this.#takers.length === 0) return
    this.#registered = true
    this.#reactor.add(this.#fd, this.#events, this)
  }

  #stopWatching(): void {
    if (!this.#registered) return
    this.#registered = false
    this.#reactor.remove(this.#fd)
  }
}
