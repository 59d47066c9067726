import type { Connection, Endpoint, Receiver } from '@hs/transport'
import type { Abortable } from './aborts.js'
import { type Broken, concatenate } from './connection.js'
import { ECANCELED, EINTR, systemError } from './errors.js'
import { CANCEL, CONNECT, type Operation, RECEIVE, type Ring, type RingUser, SEND, SLOT_BYTES } from './ring.js'
import { type Memory, MSG_MORE, MSG_NOSIGNAL, type SocketAddress } from './system.js'

/** More than that is sent in parts. */
const MOST_SENT = 65_536

/**
 * A connection whose calls are made by a ring. Its methods only say what is wanted; {@link flush} makes operations of it,
 * so that a message and the close that follows it are one.
 */
export class RingConnection implements Connection, RingUser {
  protected readonly ring: Ring
  protected readonly slot: number
  protected readonly fd: number
  /** A bit for each operation that is under way. */
  #underWay = 0
  #touched = false
  #receiver: Receiver | undefined
  #unsent: Uint8Array | undefined
  /** Of a message that is too long for the ring's. */
  #memory: Memory | undefined
  #broken: Broken | undefined
  #ended = false
  #closing = false
  /** Told as closed; what is still under way is of no interest. */
  #gone = false

  constructor(ring: Ring, fd: number) {
    this.ring = ring
    this.fd = fd
    ring.reactor.hold()
    try {
      this.slot = ring.join(this)
    } catch (error) {
      ring.reactor.system.close(fd)
      ring.reactor.release()
      throw error
    }
  }

  get remote(): Endpoint {
    return this.#broken?.remote ?? this.ring.reactor.system.remoteAddress(this.fd)
  }

  get local(): Endpoint {
    return this.ring.reactor.system.localAddress(this.fd)
  }

  open(receiver: Receiver): void {
    this.#receiver = receiver
    if (this.#gone) receiver.closed(this.#broken?.error)
    else this.#touch()
  }

  write(bytes: Uint8Array): void {
    if (this.#gone || this.#closing) return
    this.#unsent = this.#unsent ? concatenate(this.#unsent, bytes) : bytes
    this.#touch()
  }

  close(): void {
    if (this.#gone || this.#closing) return
    this.#closing = true
    if (this.#unsent) this.#touch()
    else this.#shut(undefined)
  }

  abort(): void {
    if (this.#gone) return
    const unsent = this.#unsent
    // The ring would not hand it over any more.
    const sent = unsent && !this.#isUnderWay(SEND) ? this.ring.reactor.system.send(this.fd, unsent, false) : 0
    this.#shut(unsent && sent !== unsent.length ? systemError('write', sent < 0 ? sent : ECANCELED) : undefined)
  }

  flush(): void {
    this.#touched = false
    if (this.#gone) return
    if (this.#unsent && !this.#isUnderWay(SEND)) this.#send(this.#unsent)
    if (this.#receiver && !this.#ended && !this.#closing && !this.#isUnderWay(RECEIVE)) {
      this.ring.receive(this.slot, this.fd)
      this.begin(RECEIVE)
    }
  }

  completed(operation: Operation, result: number): void {
    this.#underWay &= ~(1 << operation)
    if (this.#gone) this.#letGo()
    else if (result === EINTR) this.#touch()
    else if (operation === SEND) this.#sent(result)
    else if (operation === RECEIVE) this.#received(result)
  }

  #isUnderWay(operation: Operation): boolean {
    return (this.#underWay & (1 << operation)) !== 0
  }

  protected begin(operation: Operation): void {
    this.#underWay |= 1 << operation
  }

  #touch(): void {
    if (this.#touched) return
    this.#touched = true
    this.ring.touch(this)
  }

  #send(unsent: Uint8Array): void {
    const bytes = unsent.length > MOST_SENT ? unsent.subarray(0, MOST_SENT) : unsent
    if (bytes.length > SLOT_BYTES) this.#memory = this.ring.reactor.system.memory(bytes.length)
    // The close that follows is part of the same segment then, which is one less for both sides.
    const flags = this.#closing ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL
    this.ring.send(this.slot, this.fd, bytes, flags, this.#memory)
    this.begin(SEND)
  }

  #sent(result: number): void {
    this.#memory = undefined
    if (result < 0) {
      this.#shut(systemError('write', result))
      return
    }
    const unsent = this.#unsent!
    this.#unsent = result === unsent.length ? undefined : unsent.subarray(result)
    if (this.#unsent) this.#touch()
    else if (this.#closing) this.#shut(undefined)
  }

  #received(result: number): void {
    if (result > 0) {
      if (!this.#closing) this.#receiver!.data(this.ring.received(this.slot, result))
    } else if (result === 0) {
      this.#ended = true
      if (!this.#closing) this.#receiver!.end()
    } else {
      this.#shut(systemError('read', result))
    }
    if (!this.#gone) this.#touch()
  }

  protected cancel(): void {
    if (this.#isUnderWay(CANCEL)) return
    this.ring.cancel(this.slot, this.fd)
    this.begin(CANCEL)
  }

  #shut(error: Error | undefined): void {
    if (this.#gone) return
    if (error) this.#broken = { error, remote: this.remote }
    this.#gone = true
    if (this.#underWay !== 0) this.cancel()
    this.#letGo()
    this.#receiver?.closed(error)
  }

  /** An operation has the descriptor as long as it is under way. */
  #letGo(): void {
    if (this.#underWay !== 0) return
    this.ring.close(this.fd)
    this.ring.leave(this.slot)
    this.ring.reactor.release()
  }
}

/** A connection of our own, which the ring connects. A class, since its fields would be there 15,000 times for nothing. */
export class OwnRingConnection extends RingConnection implements Abortable {
  /** Ends the connect. */
  #signal: AbortSignal | undefined
  place = 0
  #onConnected: ((state: number) => void) | undefined

  /** @returns How it ended: 0, or the negative number of the error; `ECANCELED` if it was aborted. */
  connect(to: SocketAddress, signal: AbortSignal | undefined): Promise<number> {
    this.#signal = signal
    return new Promise((resolve) => {
      this.#onConnected = resolve
      this.ring.connect(this.slot, this.fd, to)
      this.begin(CONNECT)
      if (signal) this.ring.aborts.add(signal, this)
    })
  }

  override completed(operation: Operation, result: number): void {
    super.completed(operation, result)
    if (operation !== CONNECT) return
    if (this.#signal) this.ring.aborts.remove(this.#signal, this)
    this.#signal = undefined
    this.#onConnected!(result)
  }

  aborted(): void {
    this.#signal = undefined
    this.cancel()
  }
}
