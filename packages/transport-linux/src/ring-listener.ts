import type { Connection, DropReason, Endpoint, Listener, ListenOptions, Timer } from '@hs/transport'
import { AcceptQueue, DescriptorReserve } from '@hs/transport/internals'
import { EAGAIN, ECANCELED, ECONNABORTED, EINTR, isShortage } from './errors.js'
import { BACK_OFF_MS, BACKLOG } from './listener.js'
import { ACCEPT, type Operation, type Ring, type RingUser } from './ring.js'
import { RingConnection } from './ring-connection.js'

/**
 * Has a ring accept one connection when one is asked for. Once the next one is asked for directly after that, the ring
 * accepts whatever comes, until a connection is left that was not asked for.
 */
export class RingListener implements Listener, RingUser, AsyncIterator<Connection, undefined> {
  readonly address: Endpoint
  readonly #ring: Ring
  readonly #slot: number
  readonly #fd: number
  readonly #onDrop: ListenOptions['onDrop']
  readonly #accepted = new AcceptQueue()
  readonly #reserve = new DescriptorReserve()
  /** The last descriptor that was accepted. */
  #last = -1
  /** What the ring is doing. */
  #accepts: 'nothing' | 'one' | 'all' = 'nothing'
  #cancels = false
  /** A connection came since the last {@link flush}. */
  #isFresh = false
  #backOff: Timer | undefined
  #closed: Promise<void> | undefined
  #onClosed: (() => void) | undefined

  /** @throws A system error: out of memory, or of the user's watches. */
  constructor(ring: Ring, fd: number, onDrop: ListenOptions['onDrop']) {
    this.#ring = ring
    this.#fd = fd
    this.#onDrop = onDrop
    const { reactor } = ring
    this.address = reactor.system.localAddress(fd)
    reactor.hold()
    try {
      this.#slot = ring.join(this)
    } catch (error) {
      reactor.release()
      throw error
    }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Connection, undefined>> {
    if (this.#accepts === 'nothing') this.#ring.touch(this)
    return this.#accepted.next()
  }

  /** A loop that is left early leaves nobody waiting. */
  async return(): Promise<IteratorResult<Connection, undefined>> {
    await this.close()
    return this.#accepted.return()
  }

  flush(): void {
    const { isAwaited } = this.#accepted
    const isFresh = this.#isFresh
    this.#isFresh = false
    if (this.#closed) {
      if (this.#accepts !== 'nothing') this.#cancel()
      else if (!this.#cancels) this.#end()
    } else if (this.#accepts === 'all') {
      if (this.#accepted.length > 0) this.#cancel()
    } else if (this.#accepts === 'nothing' && isAwaited && !this.#backOff) {
      if (this.#reserve.includes(this.#last + 1) && this.#reserve.isNext()) {
        this.#postpone('deferred')
        return
      }
      // A ring that accepts all takes the whole queue of the kernel at once.
      const all = isFresh && !this.#reserve.includes(this.#last + BACKLOG)
      this.#accepts = all ? 'all' : 'one'
      this.#ring.accept(this.#slot, this.#fd, all)
    }
  }

  completed(operation: Operation, result: number, more: boolean): void {
    if (operation !== ACCEPT) this.#cancels = false
    else {
      if (!more) this.#accepts = 'nothing'
      if (result >= 0) this.#accept(result)
      else this.#failed(result)
    }
    if (!more || this.#accepted.length > 0) this.#ring.touch(this)
  }

  /** Takes what the kernel has accepted by now, so that it can still be delivered, and lets go of the descriptor. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#onClosed = resolve
      this.#ring.touch(this)
    })
    return this.#closed
  }

  #accept(fd: number): void {
    this.#last = fd
    try {
      this.#accepted.push(new RingConnection(this.#ring, fd))
      this.#isFresh = true
    } catch {
      // No memory for it.
      this.#onDrop('descriptors')
    }
  }

  #failed(error: number): void {
    // The ring was asked to stop; or that one is gone, and the next may be there.
    if (error === ECANCELED || error === EINTR || error === ECONNABORTED) return
    if (error === EAGAIN) {
      // Some kernels do not wait for a socket that does not block; other processes may share it, so it is not made to
      // block without need.
      this.#ring.reactor.system.setBlocking(this.#fd, true)
      return
    }
    this.#postpone(isShortage(error) ? 'deferred' : undefined)
  }

  #postpone(reason: DropReason | undefined): void {
    if (reason) this.#onDrop(reason)
    this.#backOff = this.#ring.reactor.clock.after(BACK_OFF_MS, () => {
      this.#backOff = undefined
      this.#ring.touch(this)
    })
  }

  #cancel(): void {
    if (this.#cancels) return
    this.#cancels = true
    this.#ring.cancel(this.#slot, this.#fd)
  }

  #end(): void {
    if (!this.#onClosed) return
    const { system } = this.#ring.reactor
    this.#backOff?.cancel()
    system.setBlocking(this.#fd, false)
    // A flood would keep us here for ever; what the queue can hold was there before.
    while (this.#accepted.length < BACKLOG) {
      const fd = system.accept(this.#fd, true)
      if (fd < 0 && fd !== EINTR && fd !== ECONNABORTED) {
        if (isShortage(fd)) this.#onDrop('deferred')
        break
      }
      if (fd >= 0) this.#accept(fd)
    }
    this.#accepted.finish()
    system.close(this.#fd)
    this.#ring.leave(this.#slot)
    this.#ring.reactor.release()
    this.#onClosed()
    this.#onClosed = undefined
  }
}
