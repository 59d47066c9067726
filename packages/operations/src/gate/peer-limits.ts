import { parseAddress } from './address.js'

/** How much one address may have. An IPv6 address counts as its /64: one client has them all. */
export interface PeerLimits {
  /** Connections at a time. */
  readonly connections?: number
  /** New connections per second. */
  readonly perSecond?: number
}

/** Which limit an address has reached. */
export type PeerRefusal = 'ERR_HS_PEER_CONNECTIONS' | 'ERR_HS_PEER_RATE'

const DEPTH = 4
/** With 10,000 connections open, 96 of 100 addresses are counted exactly, and the others as one more than they have. */
const WIDTH = 16_384
const CELLS = DEPTH * WIDTH
/** Connections now, those begun in this second, and those begun in the second before. */
const TABLES = 3
/** In front of the tables of a thread: the second that its table of this second is about. */
const HEAD = 1
const ROW = HEAD + TABLES * CELLS
/** In front of all: what the hash begins with, so that no client can compute which addresses collide. */
const SEED = 1

/** The memory that the threads of a server share to count addresses. Of constant size, however many addresses come. */
export function peerMemory(threads: number, seed = Math.floor(Math.random() * 2 ** 32)): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer((SEED + threads * ROW) * Uint32Array.BYTES_PER_ELEMENT)
  new Uint32Array(buffer)[0] = seed
  return buffer
}

/**
 * Counts connections by address in a count-min sketch: each address has a cell in each of four rows, and the least of
 * the four is its count. It never counts too few. A thread writes only its own tables and adds up those of all, so that
 * nothing needs a lock; threads that admit in the same moment may together exceed a limit by as many as they are.
 */
export class PeerCounter {
  readonly #limits: PeerLimits
  readonly #rows: readonly Uint32Array[]
  readonly #own: Uint32Array
  readonly #seed: number

  /** @param thread - Whose tables are written. They are cleared: what the thread before this one served is gone. */
  constructor(limits: PeerLimits, memory: SharedArrayBuffer, thread: number) {
    const cells = new Uint32Array(memory)
    const threads = (cells.length - SEED) / ROW
    this.#limits = limits
    this.#seed = cells[0]!
    this.#rows = Array.from({ length: threads }, (_, at) => cells.subarray(SEED + at * ROW, SEED + (at + 1) * ROW))
    this.#own = this.#rows[thread]!
    this.#own.fill(0)
  }

  /**
   * A connection came. If it may be served, it is counted, and {@link leave} must be called when it is over.
   *
   * @param nowMs - On a clock that all threads have in common.
   * @returns Which limit it exceeds, or undefined.
   */
  enter(host: string, nowMs: number): PeerRefusal | undefined {
    const { connections = Number.POSITIVE_INFINITY, perSecond = Number.POSITIVE_INFINITY } = this.#limits
    const cells = this.#cellsOf(host)
    const second = Math.floor(nowMs / 1000)
    this.#turnTo(second)
    if (this.#least(cells, (row, cell) => row[HEAD + cell]!) >= connections) return 'ERR_HS_PEER_CONNECTIONS'
    // As much of the second before as a window of one second, ending now, still holds.
    const leftMs = 1000 * (second + 1) - nowMs
    const recent = this.#least(cells, (row, cell) => {
      const age = second - row[0]!
      const current = row[HEAD + CELLS + cell]!
      const previous = row[HEAD + 2 * CELLS + cell]!
      // Another thread that has not accepted since the second changed has not moved its tables either.
      if (age === 0) return 1000 * current + leftMs * previous
      return age === 1 ? leftMs * current : 0
    })
    if (recent / 1000 + 1 > perSecond) return 'ERR_HS_PEER_RATE'
    for (const cell of cells) {
      this.#own[HEAD + cell]!++
      this.#own[HEAD + CELLS + cell]!++
    }
    return undefined
  }

  /** A connection that was admitted is over. */
  leave(host: string): void {
    for (const cell of this.#cellsOf(host)) this.#own[HEAD + cell]!--
  }

  #turnTo(second: number): void {
    const own = this.#own
    const age = second - own[0]!
    if (age === 0) return
    if (age === 1) own.copyWithin(HEAD + 2 * CELLS, HEAD + CELLS, HEAD + 2 * CELLS)
    else own.fill(0, HEAD + 2 * CELLS)
    own.fill(0, HEAD + CELLS, HEAD + 2 * CELLS)
    own[0] = second
  }

  #least(cells: readonly number[], count: (row: Uint32Array, cell: number) => number): number {
    let least = Number.POSITIVE_INFINITY
    for (const cell of cells) {
      let sum = 0
      for (const row of this.#rows) sum += count(row, cell)
      least = Math.min(least, sum)
    }
    return least
  }

  /** One cell in each row of the sketch. */
  #cellsOf(host: string): number[] {
    // What is not an address (a path, a zone identifier) still has an identity: its text.
    const address = parseAddress(host) ?? Uint8Array.from(host, (letter) => letter.charCodeAt(0))
    const key = address.length === 16 ? address.subarray(0, 8) : address
    const first = hash(key, this.#seed)
    const step = hash(key, first) | 1
    return Array.from({ length: DEPTH }, (_, row) => row * WIDTH + (((first + Math.imul(row, step)) >>> 0) % WIDTH))
  }
}

/** FNV-1a with a seed, and the last mixing steps of MurmurHash3. */
function hash(bytes: Uint8Array, seed: number): number {
  let value = seed ^ 0x811c9dc5
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}
