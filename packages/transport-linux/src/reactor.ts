import { AlarmClock, PolledClock } from '@hs/transport/internals'
import type { Watch } from './environment.js'
import { systemError } from './errors.js'
import { EPOLLIN, loadSystem, type System } from './system.js'

/** After this many events the rest of the program has its turn: two or three milliseconds' worth. */
const EVENTS_PER_TURN = 256

/** The most that one read takes; a peer that sends more is read again in the next turn, after the others. */
const READ_BYTES = 65_536

/** A chunk of a message or two is handed out as a view made before; only longer ones cost an object. */
const SHORT_READ_BYTES = 256

/** What the reactor calls when its descriptor is ready. */
export interface Pollable {
  /** @param events - `EPOLLIN`, `EPOLLOUT`, and whatever the kernel adds unasked when a peer is gone. */
  ready(events: number): void
}

/** What keeps its events in memory that it can look at, and needs epoll only to end a sleep. */
export interface Source {
  /** Handles what there is. @returns Whether there was anything. */
  look(): boolean
}

/**
 * How a reactor waits. `'loop'`: the event loop of Node watches the epoll descriptor itself, so that timers and all
 * other sockets go on, and neither a thread of Node's pool is held nor any time spent waiting. `'block'`: the thread
 * sleeps in `epoll_wait` until a descriptor is ready or a deadline has come; for threads that have nothing else to do,
 * since the kernel then wakes only one of those that share a listener.
 */
export type Waiting = 'loop' | 'block'

/** Tells those who registered a descriptor when it is ready, and keeps their deadlines. One per thread. */
export class Reactor {
  readonly system: System = loadSystem()
  readonly clock: PolledClock
  readonly #waiting: Waiting
  readonly #beforeSleep: () => void
  readonly #events = this.system.epollEvents(EVENTS_PER_TURN)
  readonly #buffer = this.system.memory(READ_BYTES)
  readonly #shortChunks: Uint8Array[] = []
  /** By descriptor. */
  readonly #pollables: (Pollable | undefined)[] = []
  /** How many there are. */
  #registered = 0
  #source: Source | undefined
  /** Registered descriptors, and all else that still needs this reactor. While there are any, it lives. */
  #users = 0
  #epoll = -1
  #epoch = 0
  #watch: Watch | undefined
  #turnScheduled = false
  /** In this turn. */
  #handled = 0
  readonly #lookAgain = () => {
    if (this.#epoll >= 0) this.#look(0)
  }

  /** @param beforeSleep - Called before each sleep of a `'block'` reactor. */
  constructor(waiting: Waiting, beforeSleep: () => void = () => {}) {
    this.#waiting = waiting
    this.#beforeSleep = beforeSleep
    this.clock = waiting === 'loop' ? new AlarmClock() : new PolledClock()
    if (waiting === 'loop') this.system.prepare()
  }

  /** Changes when all that was registered is forgotten, since nothing held the reactor. */
  get epoch(): number {
    return this.#epoch
  }

  /** The epoll descriptor; negative while nothing is registered. */
  get descriptor(): number {
    return this.#epoll
  }

  /** @throws A system error: out of memory, or of the user's watches. */
  add(fd: number, events: number, pollable: Pollable): void {
    this.#register(fd, events)
    this.#pollables[fd] = pollable
    this.#registered++
    this.hold()
    if (this.#waiting === 'block') this.#scheduleTurn()
  }

  /**
   * Has the event loop wake up for a source, until the reactor closes for want of users; a source is none.
   *
   * @throws A system error: out of memory, or of the user's watches.
   */
  attach(fd: number, source: Source): void {
    this.#register(fd, EPOLLIN)
    this.#source = source
  }

  /** Its descriptor is closed at once: the kernel takes it off its list by itself. */
  detach(): void {
    this.#source = undefined
  }

  /** Keeps the process alive without a descriptor, until {@link release}. */
  hold(): void {
    if (this.#epoll < 0) this.#open()
    if (this.#users++ === 0) this.#watch?.ref()
  }

  release(): void {
    if (--this.#users > 0) return
    this.#watch?.unref()
    // Later, so that a program that makes one connection after another needs no new reactor for each.
    setImmediate(() => this.#closeIfIdle())
  }

  modify(fd: number, events: number): void {
    this.system.epollModify(this.#epoll, fd, events)
  }

  /** The descriptor may be closed afterwards, and its number come back. */
  remove(fd: number): void {
    this.system.epollRemove(this.#epoll, fd)
    this.forget(fd)
  }

  /** As {@link remove}, for a descriptor that is closed at once: the kernel takes it off its list by itself. */
  forget(fd: number): void {
    this.#pollables[fd] = undefined
    this.#registered--
    this.release()
  }

  /** Something was done that is as much work as an event, and of which epoll has not told. */
  countEvent(): void {
    this.#handled++
  }

  get hasTime(): boolean {
    return this.#handled < EVENTS_PER_TURN
  }

  /** @returns What `recv` answered; the bytes are in {@link chunk}. */
  receive(fd: number): number {
    return this.system.receive(fd, this.#buffer)
  }

  /** As {@link chunk}, of what was received elsewhere. */
  copy(from: Uint8Array, start: number, bytes: number): Uint8Array {
    for (let at = 0; at < bytes; at++) this.#buffer.bytes[at] = from[start + at]!
    return this.chunk(bytes)
  }

  /** What was received last. Its memory is used again by the next {@link receive}. */
  chunk(bytes: number): Uint8Array {
    if (bytes > SHORT_READ_BYTES) return this.#buffer.bytes.subarray(0, bytes)
    this.#shortChunks[bytes] ??= this.#buffer.bytes.subarray(0, bytes)
    return this.#shortChunks[bytes]
  }

  /** One turn: everything that is due or ready, and everything that becomes ready meanwhile. */
  #turn(): void {
    this.#turnScheduled = false
    if (this.#epoll < 0) return
    this.#handled = 0
    this.#look(this.#patience())
  }

  /**
   * Looks again while there is something, which is cheaper than going once round the event loop for each. Between two
   * looks promises resolve, and the code that was given a connection asks for the next one.
   */
  #look(timeoutMs: number): void {
    const isFirst = this.#handled === 0
    let found = false
    try {
      found = this.#source?.look() ?? false
      // What a source has is known without a system call, and mostly it is all there is.
      if (this.#registered > 0 || !this.#source) found = this.#poll(timeoutMs) || found
      // Once a turn is often enough; in the event loop there is an alarm for it.
      if (this.#waiting === 'block' && isFirst) this.clock.run()
    } finally {
      if (found && this.#handled < EVENTS_PER_TURN) queueMicrotask(this.#lookAgain)
      else if (this.#waiting === 'block') this.#scheduleTurn()
    }
  }

  /** Calls every pollable that is ready. @returns Whether one was. */
  #poll(timeoutMs: number): boolean {
    const ready = this.system.epollWait(this.#epoll, this.#events, timeoutMs)
    for (let at = 0; at < ready; at++) {
      // One that was closed earlier in this turn is skipped; one that got its number since finds nothing to read.
      this.#pollables[this.#events.fd(at)]?.ready(this.#events.events(at))
    }
    this.#handled += ready
    return ready > 0
  }

  /** How long a turn may sleep, in milliseconds; -1 is for ever. */
  #patience(): number {
    if (this.#waiting === 'loop') return 0
    this.#beforeSleep()
    const { earliest } = this.clock
    if (earliest === Number.POSITIVE_INFINITY) return -1
    return Math.max(0, Math.ceil(earliest - this.clock.now()))
  }

  /** For those that sleep. A turn is a callback of the event loop, so that promises it resolves go on before the next. */
  #scheduleTurn(): void {
    if (this.#turnScheduled || this.#users === 0) return
    this.#turnScheduled = true
    setImmediate(() => this.#turn())
  }

  #register(fd: number, events: number): void {
    if (this.#epoll < 0) this.#open()
    const result = this.system.epollAdd(this.#epoll, fd, events)
    if (result < 0) throw systemError('epoll_ctl', result)
  }

  #open(): void {
    if (this.#waiting === 'loop') {
      this.#watch = this.system.watch(() => this.#turn())
      this.#epoll = this.#watch.fd
    } else {
      this.#epoll = this.system.epoll()
      if (this.#epoll < 0) throw systemError('epoll_create1', this.#epoll)
    }
    this.#epoch++
  }

  #closeIfIdle(): void {
    if (this.#users > 0 || this.#epoll < 0) return
    if (this.#watch) this.#watch.close()
    else this.system.close(this.#epoll)
    this.#watch = undefined
    this.#source = undefined
    this.#epoll = -1
  }
}
