import { Lines, nonBlocking } from '@hs/command-line'
import { type HelloFailure, isPeerError } from '@hs/protocol'
import { type Clock, type Endpoint, formatEndpoint } from '@hs/transport'
import type { CounterRow } from './counters.js'
import type { ServerEvent } from './events.js'

/** What to do while stdout takes no more, since its reader does not keep up. */
export type WhenBlocked =
  /** Hold the handshakes: no answer goes out before the line is. Deadlines and a stop are kept. */
  | 'wait'
  /** Lose the lines, and count them. */
  | 'drop'
  /** As `'wait'`, but stop the server when nothing could be written for as long as a connection may last. */
  | 'stop'

/** What the server program prints: plain data, since the thread that serves a connection prints its lines itself. */
export interface PrintOptions {
  /** Begins the lines on stderr. */
  readonly program: string
  /** `'plain'`: the lines of HS-5 on stdout, reasons on stderr. `'json'`: one object per event on stdout, with `at`, its time in milliseconds since 1970. */
  readonly format: 'plain' | 'json'
  /** Where `ERROR` goes (HS-5.2). Default `'stdout'`. */
  readonly errors: 'stdout' | 'stderr'
  /** Default `'wait'`. */
  readonly whenBlocked?: WhenBlocked
}

/** The same, with the descriptors that do not wait; they belong to the process, so each thread can use them. */
export interface PrintSettings extends Required<PrintOptions> {
  readonly stdout: number
  readonly stderr: number
  /** How long `'stop'` waits. */
  readonly patienceMs: number
}

/** As much of an event as the lines of HS-5 are made of; all others leave no line. */
export type LineEvent =
  | { readonly type: 'received'; readonly text: string }
  | { readonly type: 'failed'; readonly failure: HelloFailure; readonly remote: Endpoint }

/** How often to try while no room is left. By the transport's clock: a thread that sleeps in the kernel has no other. */
const RETRY_MS = 5

/** Characters that may wait for stdout, some ten thousand lines; new connections would only add to them. */
const FULL = 2 ** 20

/** Characters that may wait for stderr before lines are lost: reasons are not worth more memory. */
const REASONS = 2 ** 16

/** Opens stdout and stderr for all threads of a server, whose last one closes them. */
export function openOutput(options: PrintOptions, patienceMs: number): { settings: PrintSettings; close(): void } {
  const stdout = nonBlocking(1)
  const stderr = nonBlocking(2)
  return {
    settings: { whenBlocked: 'wait', ...options, stdout: stdout.fd, stderr: stderr.fd, patienceMs },
    close() {
      stdout.close()
      stderr.close()
    },
  }
}

/** Prints the events of one thread, and never waits: code that depends on a line asks whether it is out. */
export class Printer {
  readonly #settings: PrintSettings
  readonly #clock: Clock
  readonly #onBroken: (error: unknown) => void
  readonly #stdout: Lines
  readonly #stderr: Lines
  #broken = false
  /** When stdout began to take nothing; undefined while it takes all. */
  #blockedSince: number | undefined
  #waiting: (() => void)[] = []
  #retrying = false

  /** @param onBroken - Called once, when nothing can be printed any more. */
  constructor(settings: PrintSettings, clock: Clock, row: CounterRow, onBroken: (error: unknown) => void) {
    const { stdout, stderr, whenBlocked, errors } = settings
    const promised = whenBlocked === 'drop' ? 0 : Number.POSITIVE_INFINITY
    this.#settings = settings
    this.#clock = clock
    this.#onBroken = onBroken
    this.#stdout = new Lines(stdout, promised, (count) => row.loseLines(count))
    this.#stderr = new Lines(stderr, errors === 'stderr' ? promised : REASONS, (count) => row.loseReasons(count))
  }

  /** A line that was promised is not out: what depends on it has to wait, for {@link whenFree}. */
  get holds(): boolean {
    if (this.#settings.whenBlocked === 'drop') return this.#broken
    return this.#broken || this.#stdout.isBlocked || (this.#settings.errors === 'stderr' && this.#stderr.isBlocked)
  }

  /** So much is waiting that nothing should be added. */
  get isFull(): boolean {
    return this.#stdout.queued > FULL
  }

  /** Calls back when everything is out; never if the output has broken. */
  whenFree(callback: () => void): void {
    this.#waiting.push(callback)
  }

  /** Gives up what waits, after a last try. */
  abandon(): void {
    this.#stdout.abandon()
    this.#stderr.abandon()
  }

  /** In the `'plain'` format a {@link LineEvent} is enough. */
  print(event: ServerEvent | LineEvent): void {
    if (this.#settings.format === 'json') this.#stdout.write(`${JSON.stringify({ ...event, at: timeOfDay() })}\n`)
    else this.#printPlain(event)
    if (this.#stdout.isBlocked || this.#stderr.isBlocked || this.#stdout.error) this.#check()
  }

  #printPlain(event: ServerEvent | LineEvent): void {
    const { program, errors } = this.#settings
    switch (event.type) {
      case 'received':
        this.#stdout.write(`${event.text}\n`)
        break
      case 'failed': {
        const { failure, remote } = event
        if (isPeerError(failure)) (errors === 'stdout' ? this.#stdout : this.#stderr).write('ERROR\n')
        const reason = `${failure.message} (${failure.code}, ${failure.clause})`
        this.#stderr.write(`${program}: ${formatEndpoint(remote)}: ${reason}\n`)
        break
      }
      case 'thread-died':
        this.#stderr.write(`${program}: thread ${event.thread} died with ${event.lost} connections: ${event.reason}\n`)
        break
      case 'thread-waiting':
        this.#stderr.write(`${program}: thread ${event.thread} waits for file descriptors: ${event.reason}\n`)
        break
    }
  }

  /** Something is not out. */
  #check(): void {
    const { error } = this.#stdout
    if (error) this.#break(error)
    if (this.#stdout.isBlocked) this.#blockedSince ??= this.#clock.now()
    if (this.#retrying || this.#broken) return
    this.#retrying = true
    this.#clock.after(RETRY_MS, () => this.#retry())
  }

  #retry(): void {
    this.#retrying = false
    const before = this.#stdout.queued
    this.#stdout.flush()
    this.#stderr.flush()
    if (this.#stdout.queued < before || !this.#stdout.isBlocked) this.#blockedSince = undefined
    if (this.#stdout.isBlocked || this.#stderr.isBlocked || this.#stdout.error) this.#check()
    this.#losePatience()
    if (this.holds) return
    for (const callback of this.#waiting.splice(0)) callback()
  }

  #losePatience(): void {
    const { whenBlocked, patienceMs } = this.#settings
    if (whenBlocked !== 'stop' || this.#blockedSince === undefined) return
    if (this.#clock.now() - this.#blockedSince < patienceMs) return
    const message = `nothing was read from stdout for ${patienceMs} ms`
    this.#break(Object.assign(new Error(message), { code: 'ETIMEDOUT', syscall: 'write' }))
  }

  #break(error: unknown): void {
    if (this.#broken) return
    this.#broken = true
    this.#onBroken(error)
  }
}

/** Milliseconds since 1970 as the clock on the wall has them now, so also after it was set. */
export function timeOfDay(): number {
  return Date.now()
}
