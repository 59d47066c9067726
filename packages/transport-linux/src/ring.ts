import { Slots } from '@hs/transport/internals'
import { Aborts } from './aborts.js'
import { ENOMEM, systemError } from './errors.js'
import type { Reactor, Source } from './reactor.js'
import { type Mapping, type Memory, SOCK_CLOEXEC, type SocketAddress, type System } from './system.js'

/** Numbers of the kernel's `io_uring.h`. */
const IORING_SETUP_CQSIZE = 1 << 3
const IORING_SETUP_COOP_TASKRUN = 1 << 8
const IORING_SETUP_TASKRUN_FLAG = 1 << 9
const IORING_SETUP_SINGLE_ISSUER = 1 << 12
const IORING_FEAT_SINGLE_MMAP = 1
const IORING_OFF_SQ_RING = 0
const IORING_OFF_SQES = 0x1000_0000
const IORING_OP_ACCEPT = 13
const IORING_OP_ASYNC_CANCEL = 14
const IORING_OP_CONNECT = 16
const IORING_OP_CLOSE = 19
const IORING_OP_SEND = 26
const IORING_OP_RECV = 27
/** What is over waits for this thread to enter the kernel: to be finished, or for room. */
const IORING_SQ_CQ_OVERFLOW = 1 << 1
const IORING_SQ_TASKRUN = 1 << 2
const IORING_ASYNC_CANCEL_ALL = 1
const IORING_ASYNC_CANCEL_FD = 2
const IORING_ACCEPT_MULTISHOT = 1
const IORING_CQE_F_MORE = 2
const IOSQE_CQE_SKIP_SUCCESS = 1 << 6

/** Operations that can be handed over in one call; more of them take another call. */
const SUBMISSIONS = 256
/** What is over and was not looked at yet; the kernel keeps more than that apart, in a slower way. */
const COMPLETIONS = 1024
/** `struct io_uring_sqe` and `io_uring_cqe`, in 32-bit words. */
const SUBMISSION_WORDS = 16
const COMPLETION_WORDS = 4
/** Of what identifies an operation, this many bits say which kind it is, and the others whose. */
const OPERATION_BITS = 3
const OPERATION_MASK = (1 << OPERATION_BITS) - 1
/** No user has this slot. */
const NOBODY = -1
/** `struct io_uring_params` in 32-bit words, and where in it is what; the last six are themselves offsets, in bytes. */
const PARAMETERS_WORDS = 30
const CQ_ENTRIES = 1
const FLAGS = 2
const FEATURES = 5
const SQ_TAIL = 11
const SQ_FLAGS = 14
const SQ_ARRAY = 16
const CQ_HEAD = 20
const CQ_TAIL = 21
const CQ_CQES = 25

/** How long a ring of clients is kept unused: to open one takes as long as several handshakes. That of a server ends with it. */
const IDLE_MS = 1000

/** What each user can receive or send at a time. Longer writes have memory of their own. */
export const SLOT_BYTES = 256
/** Users whose memory is reserved together. */
const SLOTS_PER_BLOCK = 256

/** What kinds of operation a user can have under way, one of each. */
export type Operation = typeof CONNECT | typeof SEND | typeof RECEIVE | typeof CANCEL | typeof ACCEPT
export const CONNECT = 0
export const SEND = 1
export const RECEIVE = 2
export const CANCEL = 3
export const ACCEPT = 4
/** No user hears of it. */
const CLOSE = 5

/** What the kernel answered when it was asked for a ring. */
interface KernelRing {
  readonly fd: number
  readonly rings: Mapping
  readonly submissions: Mapping
  /** Where in `rings` is what. */
  readonly parameters: Uint32Array
}

/** Whose operations they are. */
export interface RingUser {
  /** Called before the next operations are handed over, if {@link Ring.touch} was called: time to add to them. */
  flush(): void
  /**
   * @param result - As of the system call; negative: an error.
   * @param more - It is not over, and there will be other results.
   */
  completed(operation: Operation, result: number, more: boolean): void
}

/**
 * Operations that the kernel does by itself, handed over many at a time, in one call: io_uring. The reactor learns when
 * some are over.
 */
export class Ring implements Source {
  readonly aborts = new Aborts()
  readonly reactor: Reactor
  readonly #system: System
  readonly #fd: number
  readonly #mappings: Mapping[]
  readonly #submissions: Int32Array
  readonly #rings: Int32Array
  /** Indices in `#rings`. */
  readonly #submissionTail: number
  readonly #submissionFlags: number
  readonly #completionHead: number
  readonly #completionTail: number
  readonly #completions: number
  #tail = 0
  /** In the submission queue, and not handed over. */
  #queued = 0
  readonly #users = new Slots<RingUser>()
  readonly #blocks: Mapping[] = []
  #touched: RingUser[] = []
  #scheduled = false
  readonly #handOver = () => {
    const touched = this.#touched
    this.#touched = []
    for (const user of touched) user.flush()
    this.#scheduled = false
    if (this.#queued > 0) this.#enter()
    // Much of it is over by then: to see that at once is cheaper than to wait for a notification.
    if (this.reactor.hasTime) this.#harvest()
  }
  /** When all promises have been heard: what is begun by them is handed over together. */
  readonly #soon = () => process.nextTick(this.#handOver)
  /** When it was registered with the reactor. */
  #epoch = 0
  #hasAccepted = false
  #closing: NodeJS.Timeout | undefined
  readonly #onClosed: () => void

  /**
   * @param onClosed - Called when nobody has used it for a while, and it is gone.
   * @throws A system error where the system does not have it (Linux 6.0), or does not allow it, as in most containers.
   */
  static open(reactor: Reactor, onClosed: () => void): Ring {
    const { system } = reactor
    const parameters = new Uint32Array(PARAMETERS_WORDS)
    parameters[CQ_ENTRIES] = COMPLETIONS
    parameters[FLAGS] =
      IORING_SETUP_CQSIZE | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SINGLE_ISSUER
    const fd = system.ringSetup(SUBMISSIONS, parameters)
    if (fd < 0) throw systemError('io_uring_setup', fd)
    const size = Math.max(
      parameters[CQ_CQES]! + COMPLETIONS * COMPLETION_WORDS * 4,
      parameters[SQ_ARRAY]! + SUBMISSIONS * 4,
    )
    const isOne = (parameters[FEATURES]! & IORING_FEAT_SINGLE_MMAP) !== 0
    const rings = isOne ? system.map(size, fd, IORING_OFF_SQ_RING) : undefined
    const submissions = rings && system.map(SUBMISSIONS * SUBMISSION_WORDS * 4, fd, IORING_OFF_SQES)
    if (rings && submissions) return new Ring(reactor, { fd, rings, submissions, parameters }, onClosed)
    rings?.unmap()
    system.close(fd)
    throw systemError('mmap', ENOMEM)
  }

  private constructor(reactor: Reactor, { fd, rings, submissions, parameters }: KernelRing, onClosed: () => void) {
    this.reactor = reactor
    this.#system = reactor.system
    this.#fd = fd
    this.#mappings = [rings, submissions]
    this.#rings = new Int32Array(rings.bytes.buffer)
    this.#submissions = new Int32Array(submissions.bytes.buffer)
    this.#submissionTail = parameters[SQ_TAIL]! / 4
    this.#submissionFlags = parameters[SQ_FLAGS]! / 4
    this.#completionHead = parameters[CQ_HEAD]! / 4
    this.#completionTail = parameters[CQ_TAIL]! / 4
    this.#completions = parameters[CQ_CQES]! / 4
    this.#onClosed = onClosed
    // Which submission is the next one is an array of its own, in which they stand in order for ever.
    const order = parameters[SQ_ARRAY]! / 4
    for (let at = 0; at < SUBMISSIONS; at++) this.#rings[order + at] = at
  }

  /**
   * @returns A number for the user, until {@link leave}. The user holds the reactor for as long: a ring alone does not.
   * @throws A system error: out of memory, or of the user's watches.
   */
  join(user: RingUser): number {
    clearTimeout(this.#closing)
    if (this.#epoch !== this.reactor.epoch) {
      this.reactor.attach(this.#fd, this)
      this.#epoch = this.reactor.epoch
    }
    const slot = this.#users.take()
    if (slot >= this.#blocks.length * SLOTS_PER_BLOCK) {
      const block = this.#system.map(SLOTS_PER_BLOCK * 2 * SLOT_BYTES)
      if (!block) {
        this.leave(slot)
        throw systemError('mmap', ENOMEM)
      }
      this.#blocks.push(block)
    }
    this.#users.put(slot, user)
    return slot
  }

  /** All its operations are over. */
  leave(slot: number): void {
    this.#users.free(slot)
    if (this.#users.isEmpty) this.#closing = setTimeout(() => this.#end(), this.#hasAccepted ? 0 : IDLE_MS).unref()
  }

  /** The user wants to add operations when it is time. */
  touch(user: RingUser): void {
    this.#touched.push(user)
    this.#schedule()
  }

  /** @param all - Each that comes, and not only the next one. */
  accept(slot: number, fd: number, all: boolean): void {
    this.#hasAccepted = true
    this.#submit(slot, ACCEPT, IORING_OP_ACCEPT | (all ? IORING_ACCEPT_MULTISHOT << 16 : 0), fd, 0, 0, SOCK_CLOEXEC, 0)
  }

  connect(slot: number, fd: number, to: SocketAddress): void {
    const address = this.#write(slot, to.bytes.subarray(0, to.length))
    this.#submit(slot, CONNECT, IORING_OP_CONNECT, fd, address, 0, 0, to.length)
  }

  /**
   * @param from - Where the bytes are copied to, for what is longer than {@link SLOT_BYTES}: the sender's own, and kept
   *   until this is over.
   */
  send(slot: number, fd: number, bytes: Uint8Array, flags: number, from?: Memory): void {
    from?.bytes.set(bytes)
    const address = from?.address ?? this.#write(slot, bytes)
    this.#submit(slot, SEND, IORING_OP_SEND, fd, address, bytes.length, flags, 0)
  }

  /** At most {@link SLOT_BYTES}, which are then in {@link received}. */
  receive(slot: number, fd: number): void {
    const { memory, offset } = this.#place(slot)
    this.#submit(slot, RECEIVE, IORING_OP_RECV, fd, memory.address + offset + SLOT_BYTES, SLOT_BYTES, 0, 0)
  }

  received(slot: number, count: number): Uint8Array {
    const { memory, offset } = this.#place(slot)
    return this.reactor.copy(memory.bytes, offset + SLOT_BYTES, count)
  }

  /** Ends all that is under way with a descriptor. */
  cancel(slot: number, fd: number): void {
    this.#submit(slot, CANCEL, IORING_OP_ASYNC_CANCEL, fd, 0, 0, IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_FD, 0)
  }

  /** All operations with it are over, and its own completion is not reported. */
  close(fd: number): void {
    this.#submit(NOBODY, CLOSE, IORING_OP_CLOSE | (IOSQE_CQE_SKIP_SUCCESS << 8), fd, 0, 0, 0, 0)
  }

  look(): boolean {
    if (this.#harvest()) return true
    if ((Atomics.load(this.#rings, this.#submissionFlags) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) === 0)
      return false
    this.#system.ringEnter(this.#fd, 0)
    return this.#harvest()
  }

  #harvest(): boolean {
    const rings = this.#rings
    let head = rings[this.#completionHead]!
    const tail = Atomics.load(rings, this.#completionTail)
    if (head === tail) return false
    for (; head !== tail; head = (head + 1) | 0) {
      this.reactor.countEvent()
      const at = this.#completions + (head & (COMPLETIONS - 1)) * COMPLETION_WORDS
      const tag = rings[at]!
      const result = rings[at + 2]!
      const more = (rings[at + 3]! & IORING_CQE_F_MORE) !== 0
      this.#users.at(tag >> OPERATION_BITS)?.completed((tag & OPERATION_MASK) as Operation, result, more)
    }
    Atomics.store(rings, this.#completionHead, head)
    return true
  }

  // biome-ignore lint/complexity/useMaxParams: the fields of the kernel's own record
  #submit(
    slot: number,
    operation: Operation | typeof CLOSE,
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
    words[at + 8] = (slot << OPERATION_BITS) | operation
    this.#tail = (this.#tail + 1) | 0
    this.#queued++
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(this.#soon)
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

  /** Puts what a user sends where it stays until it is sent. @returns The address. */
  #write(slot: number, bytes: Uint8Array): number {
    const { memory, offset } = this.#place(slot)
    // Byte by byte: for so few, `set` costs more.
    for (let at = 0; at < bytes.length; at++) memory.bytes[offset + at] = bytes[at]!
    return memory.address + offset
  }

  /** Where the memory of a user is: first what it sends, then what it receives. */
  #place(slot: number): { memory: Memory; offset: number } {
    const memory = this.#blocks[Math.floor(slot / SLOTS_PER_BLOCK)]!
    return { memory, offset: (slot % SLOTS_PER_BLOCK) * 2 * SLOT_BYTES }
  }

  #end(): void {
    this.reactor.detach()
    this.#system.close(this.#fd)
    for (const mapping of [...this.#mappings, ...this.#blocks]) mapping.unmap()
    this.#onClosed()
  }
}
