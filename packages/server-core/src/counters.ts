import { type FailureCode, failureCodes } from '@hs/protocol'
import type { DropReason } from '@hs/transport'

/** What a server has done so far. */
export interface Counters {
  /** Connections that reached the server, refused ones included. */
  readonly accepted: number
  readonly established: number
  /** Connections closed without sending anything: health checks and port scans, not failures. */
  readonly probes: number
  /** Failures by code; codes that did not occur are absent. */
  readonly failed: Readonly<Partial<Record<FailureCode, number>>>
  /** Connections being served now. */
  readonly active: number
  /** Connections that were closed at once and not counted above, for want of room: of descriptors, in a queue, for their lines. */
  readonly dropped: number
  /** Lines that did not get out on stdout, since it was not read, closed or full. */
  readonly linesLost: number
  /** The same for the reasons on stderr. */
  readonly reasonsLost: number
}

const ACCEPTED = 0
const ESTABLISHED = 1
const PROBES = 2
const ACTIVE = 3
const DROPPED = 4
const LINES_LOST = 5
const REASONS_LOST = 6
const FIRST_FAILURE = 7
const ROW = FIRST_FAILURE + failureCodes.length

/**
 * The counters of all threads, one row each, in shared memory: a thread writes only its own row, so nothing needs a
 * lock, no message is sent to count a connection, and the numbers of a thread survive its death.
 */
export class CounterTable {
  readonly buffer: SharedArrayBuffer
  readonly #cells: Float64Array

  constructor(rows: number | SharedArrayBuffer) {
    this.buffer = typeof rows === 'number' ? new SharedArrayBuffer(rows * ROW * Float64Array.BYTES_PER_ELEMENT) : rows
    this.#cells = new Float64Array(this.buffer)
  }

  get rows(): number {
    return this.#cells.length / ROW
  }

  row(thread: number): CounterRow {
    return new CounterRow(this.#cells.subarray(thread * ROW, (thread + 1) * ROW))
  }

  /** Connections being served by all threads together. */
  get active(): number {
    let sum = 0
    for (let at = ACTIVE; at < this.#cells.length; at += ROW) sum += this.#cells[at]!
    return sum
  }

  snapshot(): Counters {
    return this.#counters(0, this.#cells.length)
  }

  /** Each thread for itself; the first one is that of the caller. */
  byThread(): Counters[] {
    return Array.from({ length: this.rows }, (_, thread) => this.#counters(thread * ROW, (thread + 1) * ROW))
  }

  #counters(from: number, to: number): Counters {
    const sum = (column: number) => {
      let total = 0
      for (let at = from + column; at < to; at += ROW) total += this.#cells[at]!
      return total
    }
    // The ends first: a thread that counts meanwhile may begin a connection that has not ended, and never the other way round.
    const established = sum(ESTABLISHED)
    const probes = sum(PROBES)
    const failed: Partial<Record<FailureCode, number>> = {}
    let ended = established + probes
    failureCodes.forEach((code, at) => {
      const count = sum(FIRST_FAILURE + at)
      ended += count
      if (count > 0) failed[code] = count
    })
    const accepted = sum(ACCEPTED)
    return {
      accepted,
      established,
      probes,
      failed,
      // Not what is counted as active: that was counted at another moment.
      active: accepted - ended,
      dropped: sum(DROPPED),
      linesLost: sum(LINES_LOST),
      reasonsLost: sum(REASONS_LOST),
    }
  }
}

/** One thread's counters. */
export class CounterRow {
  readonly #cells: Float64Array

  constructor(cells: Float64Array) {
    this.#cells = cells
  }

  /** @returns How many this thread has accepted by now. */
  accept(): number {
    this.#cells[ACTIVE]!++
    return ++this.#cells[ACCEPTED]!
  }

  /** A newcomer that only waits longer is not lost. */
  drop(reason: DropReason): void {
    if (reason !== 'deferred') this.#cells[DROPPED]!++
  }

  loseLines(count: number): void {
    this.#cells[LINES_LOST]! += count
  }

  loseReasons(count: number): void {
    this.#cells[REASONS_LOST]! += count
  }

  finish(end: 'established' | 'probe' | FailureCode): void {
    this.#cells[ACTIVE]!--
    if (end === 'established') this.#cells[ESTABLISHED]!++
    else if (end === 'probe') this.#cells[PROBES]!++
    else this.#cells[FIRST_FAILURE + failureCodes.indexOf(end)]!++
  }

  /** The thread died: what it was serving failed. @returns How many connections that were. */
  bury(): number {
    const lost = this.#cells[ACTIVE]!
    for (let count = 0; count < lost; count++) this.finish('ERR_HS_THREAD_DIED')
    return lost
  }
}
