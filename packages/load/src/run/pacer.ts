import type { Schedule } from './schedule.js'

/** Decides when handshakes begin. It begins none itself, and knows no connection. */
export interface Pacer {
  /** @param began - When the load began: what is due is due by then, also if this is called late on a busy machine. */
  start(began: number): void
  /** A handshake is over. @param connected - Its connection was open. */
  onOver(connected: boolean): void
  /** Nothing more will be begun. */
  readonly isFinished: boolean
}

/** What begins handshakes for a pacer. */
export interface Starter {
  /** Whether one that is due at `intended` is to begin. */
  mayBegin(intended: number): boolean
  begin(intended: number, now: number): void
  /** The pacer has nothing to do at the moment, or any more. */
  onIdle(): void
}

/** What a pacer needs of time. Milliseconds, on a clock that never goes back. */
export interface PacerClock {
  now(): number
  /** Not before `ms` milliseconds have passed, and usually a little later. */
  after(ms: number, callback: () => void): void
  /** When everything else has had its turn. */
  soon(callback: () => void): void
}

/** After a connect that failed: without it, a server that is gone would be asked as fast as the machine can. */
const PAUSE_AFTER_FAILURE_MS = 10

/** Timers are so late at most; what is due sooner is waited for by turns of the event loop. */
const TIMER_SLACK_MS = 3

/** What `setTimeout` can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** At a rate that is more than the machine can do, the rest of the program must have its turn, too: Ctrl-C, for one. */
const LONGEST_TURN_MS = 20

/** Closed loop: a number of clients, each of which begins again when its handshake is over. */
export class ClosedLoop implements Pacer {
  readonly #clients: number
  readonly #clock: PacerClock
  readonly #starter: Starter

  constructor(clients: number, clock: PacerClock, starter: Starter) {
    this.#clients = clients
    this.#clock = clock
    this.#starter = starter
  }

  get isFinished(): boolean {
    return !this.#starter.mayBegin(this.#clock.now())
  }

  start(): void {
    for (let client = 0; client < this.#clients; client++) this.#next()
  }

  onOver(connected: boolean): void {
    if (connected || this.isFinished) this.#next()
    else this.#clock.after(PAUSE_AFTER_FAILURE_MS, () => this.#next())
  }

  #next(): void {
    const now = this.#clock.now()
    if (this.#starter.mayBegin(now)) this.#starter.begin(now, now)
    else this.#starter.onIdle()
  }
}

/** Open loop: handshakes begin when they are due, whether or not earlier ones are done. */
export class OpenLoop implements Pacer {
  readonly #schedule: Schedule
  readonly #clock: PacerClock
  readonly #starter: Starter
  #began = 0
  #number = 0
  #finished = false

  constructor(schedule: Schedule, clock: PacerClock, starter: Starter) {
    this.#schedule = schedule
    this.#clock = clock
    this.#starter = starter
  }

  get isFinished(): boolean {
    return this.#finished
  }

  start(began: number): void {
    this.#began = began
    this.#turn()
  }

  onOver(): void {
    this.#starter.onIdle()
  }

  /** Begins everything that is due, and comes back for the rest. */
  #turn(): void {
    const now = this.#clock.now()
    let time = now
    let due = this.#due()
    while (due <= now && time < now + LONGEST_TURN_MS && this.#starter.mayBegin(due)) {
      time = this.#clock.now()
      this.#starter.begin(due, time)
      this.#number++
      due = this.#due()
    }
    if (due === Number.POSITIVE_INFINITY || !this.#starter.mayBegin(due)) {
      this.#finished = true
      this.#starter.onIdle()
      return
    }
    const wait = due - now
    // A timer would be late by more than a handshake takes, and its lateness would look like the server's.
    if (wait > TIMER_SLACK_MS) this.#clock.after(Math.min(wait - TIMER_SLACK_MS, MAX_TIMER_MS), () => this.#turn())
    else this.#clock.soon(() => this.#turn())
  }

  #due(): number {
    return this.#began + this.#schedule.dueMs(this.#number)
  }
}
