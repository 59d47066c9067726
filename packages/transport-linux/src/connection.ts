import type { Connection, Endpoint, Receiver } from '@hs/transport'
import { EAGAIN, ECANCELED, systemError } from './errors.js'
import type { Pollable, Reactor } from './reactor.js'
import { EPOLLIN, EPOLLOUT } from './system.js'

/** What is still asked of a connection that broke, when its descriptor is gone. */
export interface Broken {
  readonly error: Error
  readonly remote: Endpoint
}

/** A connected socket. It is registered once, and only if the first read finds nothing or leaves it open. */
export class LinuxConnection implements Connection, Pollable {
  readonly #reactor: Reactor
  #fd: number
  #receiver: Receiver | undefined
  /** What the reactor watches for; 0: not registered. */
  #interest = 0
  /** Written, but not yet taken by the kernel. */
  #unsent: Uint8Array | undefined
  #broken: Broken | undefined
  #ended = false
  #closing = false

  constructor(reactor: Reactor, fd: number) {
    this.#reactor = reactor
    this.#fd = fd
  }

  // Asked of the system each time: few ask twice, and idle connections are counted in tens of thousands.
  get remote(): Endpoint {
    return this.#broken?.remote ?? this.#reactor.system.remoteAddress(this.#fd)
  }

  get local(): Endpoint {
    return this.#reactor.system.localAddress(this.#fd)
  }

  open(receiver: Receiver): void {
    this.#receiver = receiver
    if (this.#fd < 0) {
      receiver.closed(this.#broken?.error)
      return
    }
    this.firstLook()
    this.#watch()
  }

  /** The first message has often arrived with the connection: then no turn of the reactor is needed for it. */
  protected firstLook(): void {
    this.#read()
  }

  ready(events: number): void {
    if (this.#unsent && (events & ~EPOLLIN) !== 0) this.#flush()
    if (this.#fd >= 0 && !this.#ended && (events & ~EPOLLOUT) !== 0) this.#read()
    this.#watch()
  }

  write(bytes: Uint8Array): void {
    this.send(bytes, false)
  }

  /** @param more - Something follows at once, a close at the least: what is written waits for it, and travels with it. */
  protected send(bytes: Uint8Array, more: boolean): void {
    if (this.#fd < 0 || this.#closing) return
    const sent = this.#unsent ? 0 : this.#send(bytes, more)
    if (sent === bytes.length || this.#fd < 0) return
    const rest = bytes.subarray(sent)
    this.#unsent = this.#unsent ? concatenate(this.#unsent, rest) : rest
    // `open` looks by itself.
    if (this.#receiver) this.#watch()
  }

  close(): void {
    this.#closing = true
    if (this.#unsent) this.#watch()
    else this.#shut(undefined)
  }

  abort(): void {
    this.#shut(this.#unsent && systemError('write', ECANCELED))
  }

  #read(): void {
    const count = this.#reactor.receive(this.#fd)
    if (count === EAGAIN) return
    if (this.#closing && count > 0) return
    if (count > 0) this.#receiver!.data(this.#reactor.chunk(count))
    else if (count === 0) {
      this.#ended = true
      if (!this.#closing) this.#receiver!.end()
    } else {
      this.#shut(systemError('read', count))
    }
  }

  #flush(): void {
    const sent = this.#send(this.#unsent!, false)
    this.#unsent = sent < this.#unsent!.length ? this.#unsent!.subarray(sent) : undefined
    if (this.#closing && !this.#unsent) this.#shut(undefined)
  }

  /** @returns How many bytes are out. If the kernel refuses them, the connection is gone when this returns. */
  #send(bytes: Uint8Array, more: boolean): number {
    const count = this.#reactor.system.send(this.#fd, bytes, more)
    if (count >= 0) return count
    if (count !== EAGAIN) this.#shut(systemError('write', count))
    return 0
  }

  /** Registers for what is of interest now: bytes until the stream has ended, room while something waits to be sent. */
  #watch(): void {
    if (this.#fd < 0) return
    const interest = (this.#ended || this.#closing ? 0 : EPOLLIN) | (this.#unsent ? EPOLLOUT : 0)
    if (interest === this.#interest) return
    try {
      if (this.#interest === 0) this.#reactor.add(this.#fd, interest, this)
      else if (interest === 0) this.#reactor.remove(this.#fd)
      else this.#reactor.modify(this.#fd, interest)
      this.#interest = interest
    } catch (error) {
      // No memory or descriptor is left to watch it with: it would never get another event.
      this.#shut(error as Error)
    }
  }

  #shut(error: Error | undefined): void {
    if (this.#fd < 0) return
    const fd = this.#fd
    if (error) this.#broken = { error, remote: this.remote }
    this.#fd = -1
    if (this.#interest !== 0) this.#reactor.forget(fd)
    this.#reactor.system.close(fd)
    this.#receiver?.closed(error)
  }
}

/**
 * A connection that we opened: nothing has arrived on it yet, and mostly we close it, directly after the last
 * message. A class, since its fields would be there 15,000 times for nothing.
 */
export class OwnConnection extends LinuxConnection {
  /** A chunk is being handed out, and its receiver may answer it and close. */
  #handingOut = false
  /** What was written meanwhile: a close that follows goes in the same segment, which is one less for both sides. */
  #held: Uint8Array | undefined

  protected override firstLook(): void {}

  override ready(events: number): void {
    this.#handingOut = true
    super.ready(events)
    this.#handingOut = false
    this.#release(false)
  }

  override write(bytes: Uint8Array): void {
    this.#release(false)
    if (this.#handingOut) this.#held = bytes
    else super.write(bytes)
  }

  override close(): void {
    this.#release(true)
    super.close()
  }

  override abort(): void {
    this.#release(false)
    super.abort()
  }

  #release(closing: boolean): void {
    const held = this.#held
    this.#held = undefined
    if (held) this.send(held, closing)
  }
}

export function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
