import { Aborts } from './aborts.js'
import type { Pollable, Reactor } from './reactor.js'
import { EPOLLIN, type Memory, type System } from './system.js'

/** Numbers of the kernel's `io_uring.h`. */
const IORING_SETUP_CQSIZE = 1 << 3
const IORING_SETUP_COOP_TASKRUN = 1 << 8
const IORING_SETUP_SINGLE_ISSUER = 1 << 12
const IORING_SETUP_NO_MMAP = 1 << 14
const IORING_SETUP_NO_SQARRAY = 1 << 16
const IORING_OP_ASYNC_CANCEL = 14
const IORING_OP_CONNECT = 16
const IORING_OP_SEND = 26
const IORING_OP_RECV = 27
const IORING_ASYNC_CANCEL_ALL = 1
const IORING_ASYNC_CANCEL_FD = 2

/** Operations that can be handed over in one call; who has more makes another call. */
const SUBMISSIONS = 256
/** What is over and was not looked at yet; the kernel keeps more than that apart, in a slower way. */
const COMPLETIONS = 1024
/** `struct io_uring_sqe` and `io_uring_cqe`, in 32-bit words. */
const SUBMISSION_WORDS = 16
const COMPLETION_WORDS = 4
/** Indices in `struct io_uring_params`, in 32-bit words. */
const SQ_OFFSETS = 10
const CQ_OFFSETS = 20
const USER_ADDRESS = 8

/** The largest page that Linux has on the systems that koffi knows. */
const PAGE_BYTES = 65_536

/** What each user can receive or send at a time. Longer writes have memory of their own. */
export const SLOT_BYTES = 256
/** Users whose memory is reserved together. */
const SLOTS_PER_BLOCK = 256

/** What kinds of operation a user can have under way, one of each. */
export type Operation = typeof CONNECT | typeof SEND | typeof RECEIVE | typeof CANCEL
export const CONNECT = 0
export const SEND = 1
export const RECEIVE = 2
export const CANCEL = 3

/** Whose operations they are. */
export interface RingUser {
  /** Called before the next operations are handed over, if {@link Ring.touch} was called: time to add to them. */
  flush(): void
  /** @param result - As of the system call; negative: an error. */
  completed(operation: Operation, result: number): void
}

/**
 * Operations that the kernel does by itself, handed over many at a time, in one call: io_uring. The reactor is told when
 * some are over.
 */
export class Ring implements Pollable {
  readonly aborts = new Aborts()
  readonly #reactor: Reactor
  readonly #system: System
  readonly #fd: number
  readonly #submissions: Int32Array
  readonly #rings: Int32Array
  /** Indices in `#rings`. */
  readonly #submissionTail: number
  readonly #completionHead: number
  readonly #completionTail: number
  readonly #completions: number
  #tail = 0
  /** In the submission queue, and not handed over. */
  #queued = 0
  readonly #users: (RingUser | undefined)[] = []
  readonly #freeSlots: number[] = []
  readonly #blocks: Memory[] = []
  #touched: RingUser[] = []
  readonly #flush = () => this.#handOver()
  readonly #onIdle: () => void

  /**
   * @param onIdle - Called when nobody uses it any more: it is closed then.
   * @returns undefined Where the system does not have it (Linux 6.6), or does not allow it, as in most containers.
   */
  static open(reactor: Reactor, onIdle: () => void): Ring | undefined {
    const { system } = reactor
    const submissions = pages(system, SUBMISSIONS * SUBMISSION_WORDS * 4)
    // Behind a head of a few words.
    const rings = pages(system, PAGE_BYTES + COMPLETIONS * COMPLETION_WORDS * 4)
    const parameters = new Uint32Array(30)
    parameters[1] = COMPLETIONS
    parameters[2] =
      IORING_SETUP_CQSIZE |
      IORING_SETUP_COOP_TASKRUN |
      IORING_SETUP_SINGLE_ISSUER |
      IORING_SETUP_NO_MMAP |
      IORING_SETUP_NO_SQARRAY
    setAddress(parameters, SQ_OFFSETS + USER_ADDRESS, submissions.address)
    setAddress(parameters, CQ_OFFSETS + USER_ADDRESS, rings.address)
    const fd = system.ringSetup(SUBMISSIONS, parameters)
    if (fd < 0) return undefined
    const ring = new Ring(reactor, fd, submissions.words, rings.words, parameters, onIdle)
    try {
      reactor.add(fd, EPOLLIN, ring)
      return ring
    } catch {
      system.close(fd)
      return undefined
    }
  }

  private constructor(
    reactor: Reactor,
    fd: number,
    submissions: Int32Array,
    rings: Int32Array,
    parameters: Uint32Array,
    onIdle: () => void,
  ) {
    this.#reactor = reactor
    this.#system = reactor.system
    this.#fd = fd
    this.#submissions = submissions
    this.#rings = rings
    this.#submissionTail = parameters[SQ_OFFSETS + 1]! / 4
    this.#completionHead = parameters[CQ_OFFSETS]! / 4
    this.#completionTail = parameters[CQ_OFFSETS + 1]! / 4
    this.#completions = parameters[CQ_OFFSETS + 5]! / 4
    this.#onIdle = onIdle
  }

  /** @returns A number for the user, until {@link leave}. */
  join(user: RingUser): number {
    const slot = this.#freeSlots.pop() ?? this.#users.length
    this.#users[slot] = user
    if (slot >= this.#blocks.length * SLOTS_PER_BLOCK) {
      this.#blocks.push(this.#system.memory(SLOTS_PER_BLOCK * 2 * SLOT_BYTES))
    }
    return slot
  }

  /** All its operations are over. */
  leave(slot: number): void {
    this.#users[slot] = undefined
    this.#freeSlots.push(slot)
    // Not at once: who goes on from one connection to the next needs no new ring for each.
    if (this.#isIdle()) setImmediate(() => this.#closeIfIdle())
  }

  /** The user wants to add operations when it is time. */
  touch(user: RingUser): void {
    if (this.#touched.push(user) === 1) queueMicrotask(this.#flush)
  }

  connect(slot: number, fd: number, { address, length }: { readonly address: number; readonly length: number }): void {
    this.#submit(slot, CONNECT, IORING_OP_CONNECT, fd, address, 0, 0, length)
  }

  /**
   * @param from - Where the bytes are copied to, for what is longer than {@link SLOT_BYTES}: the sender's own, and kept
   *   until this is over.
   */
  send(slot: number, fd: number, bytes: Uint8Array, flags: number, from?: Memory): void {
    if (from) {
      from.bytes.set(bytes)
      this.#submit(slot, SEND, IORING_OP_SEND, fd, from.address, bytes.length, flags, 0)
      return
    }
    const { memory, offset } = this.#place(slot)
    for (let at = 0; at < bytes.length; at++) memory.bytes[offset + at] = bytes[at]!
    this.#submit(slot, SEND, IORING_OP_SEND, fd, memory.address + offset, bytes.length, flags, 0)
  }

  /** At most {@link SLOT_BYTES}, which are then in {@link received}. */
  receive(slot: number, fd: number): void {
    const { memory, offset } = this.#place(slot)
    this.#submit(slot, RECEIVE, IORING_OP_RECV, fd, memory.address + offset + SLOT_BYTES, SLOT_BYTES, 0, 0)
  }

  received(slot: number, count: number): Uint8Array {
    const { memory, offset } = this.#place(slot)
    return memory.bytes.subarray(offset + SLOT_BYTES, offset + SLOT_BYTES + count)
  }

  /** Ends all that is under way with a descriptor. */
  cancel(slot: number, fd: number): void {
    this.#submit(slot, CANCEL, IORING_OP_ASYNC_CANCEL, fd, 0, 0, IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_FD, 0)
  }

  /** Some operations are over. */
  ready(): void {
    const rings = this.#rings
    let head = rings[this.#completionHead]!
    const tail = Atomics.load(rings, this.#completionTail)
    // There was no room for what is over: the kernel has it, and makes room of what we have looked at.
    if (head === tail) this.#system.ringEnter(this.#fd, 0)
    for (; head !== tail; head = (head + 1) | 0) {
      this.#reactor.countEvent()
      const at = this.#completions + (head & (COMPLETIONS - 1)) * COMPLETION_WORDS
      const tag = rings[at]!
      const result = rings[at + 2]!
      this.#users[tag >> 2]?.completed((tag & 3) as Operation, result)
    }
    Atomics.store(rings, this.#completionHead, head)
  }

  #submit(
    slot: number,
    operation: Operation,
    opcode: number,
    fd: number,
    address: number,
    length: number,
    flags: number,
    offset: number,
  ): void {
    if (this.#queued === SUBMISSIONS) this.#enter()
    const words = this.#submissions
    const at = (this.#tail & (SUBMISSIONS - 1)) * SUBMISSION_WORDS
    words[at] = opcode
    words[at + 1] = fd
    words[at + 2] = offset
    words[at + 3] = 0
    words[at + 4] = (address % 2 ** 32) | 0
    words[at + 5] = (address / 2 ** 32) | 0
    words[at + 6] = length
    words[at + 7] = flags
    words[at + 8] = (slot << 2) | operation
    this.#tail = (this.#tail + 1) | 0
    this.#queued++
  }

  #handOver(): void {
    const touched = this.#touched
    this.#touched = []
    for (const user of touched) user.flush()
    if (this.#queued > 0) this.#enter()
  }

  #enter(): void {
    Atomics.store(this.#rings, this.#submissionTail, this.#tail)
    while (this.#queued > 0) {
      const taken = this.#system.ringEnter(this.#fd, this.#queued)
      // Out of memory, or too much is over and not looked at: it can only get better after the next turn.
      if (taken <= 0) {
        setImmediate(() => this.#enter())
        return
      }
      this.#queued -= taken
    }
  }

  /** Where the memory of a user is: first what it sends, then what it receives. */
  #place(slot: number): { memory: Memory; offset: number } {
    const memory = this.#blocks[Math.floor(slot / SLOTS_PER_BLOCK)]!
    return { memory, offset: (slot % SLOTS_PER_BLOCK) * 2 * SLOT_BYTES }
  }

  #isIdle(): boolean {
    return this.#freeSlots.length === this.#users.length
  }

  #closeIfIdle(): void {
    if (!this.#isIdle()) return
    this.#reactor.forget(this.#fd)
    this.#system.close(this.#fd)
    this.#onIdle()
  }
}

/** Memory that begins with a page. */
function pages(system: System, size: number): { words: Int32Array; address: number } {
  const { bytes, address } = system.memory(size + PAGE_BYTES)
  const skipped = (PAGE_BYTES - (address % PAGE_BYTES)) % PAGE_BYTES
  return { words: new Int32Array(bytes.buffer, skipped, size / 4), address: address + skipped }
}

function setAddress(words: Uint32Array, at: number, address: number): void {
  words[at] = address % 2 ** 32
  words[at + 1] = address / 2 ** 32
}
