import { type Effect, type FailureCode, type HelloFailure, type ProtocolOptions, serverHandshake } from '@hs/protocol'
import {
  type Clock,
  type Connection,
  Drive,
  type DriveObserver,
  type Endpoint,
  type Outcome,
  type Patience,
  type Refusal,
  type Timing,
} from '@hs/transport'
import { Slots } from '@hs/transport/internals'
import type { CounterRow, CounterTable } from './counters.js'
import type { ConnectionOrigin, ServerEvent } from './events.js'
import { HeldConnection } from './held-connection.js'
import { type LineEvent, Printer, type PrintSettings } from './print.js'

/** Everything that serving a connection depends on, as plain data: a thread gets a copy. */
export interface ServiceSettings {
  readonly strategy: string
  readonly protocol: ProtocolOptions
  readonly patience: Patience
  readonly maxConnections: number
  readonly print: PrintSettings | undefined
}

/** On which thread it is, and what hears of it. */
export interface ServiceContext {
  readonly thread: number
  readonly table: CounterTable
  readonly clock: Clock
  /** Sees every event of this thread, after it was printed. */
  readonly forward: Observer | undefined
  /** Called once, when printing has become impossible. */
  readonly onOutputLost: (error: unknown) => void
}

export type Observer = (event: ServerEvent) => void

/** Serves connections on one thread: drives, counts, reports, and can drop them all. */
export class Service {
  readonly #settings: ServiceSettings
  readonly #table: CounterTable
  readonly #row: CounterRow
  readonly #thread: number
  readonly #timing: Timing
  /** A connection is in here from before its first byte until it is closed. */
  readonly #open = new Slots<Drive>()
  readonly #forward: Observer | undefined
  readonly #printer: Printer | undefined
  /** Every event of a connection is wanted. If not, its address is not asked for, which costs a system call. */
  readonly #reports: boolean
  #onIdle: (() => void) | undefined
  #stopping = false
  #dropping = false

  constructor(settings: ServiceSettings, { thread, table, clock, forward, onOutputLost }: ServiceContext) {
    this.#settings = settings
    this.#table = table
    this.#row = table.row(thread)
    this.#thread = thread
    this.#timing = { clock, ...settings.patience }
    this.#forward = forward
    this.#reports = forward !== undefined || settings.print?.format === 'json'
    this.#printer = settings.print && new Printer(settings.print, clock, this.#row, onOutputLost)
  }

  /** One connection, from the first byte to the close. Throws what the connection throws, and only that. */
  serve(accepted: Connection, onOver?: () => void): void {
    // Asked for before it is counted, since what is counted must end.
    const { refusal: refusedBy } = accepted
    const remote = this.#reports ? accepted.remote : undefined
    if (this.#printer?.isFull) {
      accepted.abort()
      this.#row.drop('waiting')
      onOver?.()
      return
    }
    const connection = this.#printer ? new HeldConnection(accepted, this.#printer) : accepted
    const full = !this.#stopping && this.#table.active >= this.#settings.maxConnections
    const number = this.#row.accept() * this.#table.rows + this.#thread
    const slot = this.#open.take()
    const served = this.#served(connection, number, slot, onOver, remote)
    const refusal = full || this.#dropping ? this.#refusal(full) : refusedBy && refusedByGate(refusedBy)
    if (refusal) {
      served.onEffect?.({ type: 'failed', failure: refusal })
      connection.abort()
      served.onClosed({ type: 'failed', failure: refusal })
      return
    }
    const drive = new Drive(serverHandshake(this.#settings.protocol), connection, this.#timing, served)
    this.#open.put(slot, drive)
    drive.start()
  }

  /** A connection is over: its slot is free again. */
  finish(slot: number, outcome: Outcome): void {
    this.#open.free(slot)
    this.#row.finish(endOf(outcome))
    if (this.#onIdle) this.#checkIdle()
  }

  /** Resolves when no connection is open, and their lines are out, or given up. */
  async idle(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve
      this.#checkIdle()
    })
    this.#printer?.abandon()
  }

  #checkIdle(): void {
    if (!this.#open.isEmpty) return
    if (this.#printer?.holds && !this.#dropping) this.#printer.whenFree(() => this.#checkIdle())
    else this.#onIdle?.()
  }

  /** No new connection will come: those that have waited until now are served, without a limit against a flood. */
  stop(): void {
    this.#stopping = true
  }

  /** Drops what is open, and whatever is still brought to be served. */
  drop(): void {
    this.#dropping = true
    for (const drive of this.#open) drive.fail('ERR_HS_ABORTED', 'The server stopped')
    if (this.#onIdle) this.#checkIdle()
  }

  now(): number {
    return this.#timing.clock.now()
  }

  /** Prints and forwards an event. What an observer throws is its own affair, and never a connection's. */
  observe(event: ServerEvent): void {
    this.print(event)
    this.#forward?.(event)
  }

  print(event: ServerEvent | LineEvent): void {
    this.#printer?.print(event)
  }

  #served(
    connection: Connection,
    number: number,
    slot: number,
    onOver: (() => void) | undefined,
    remote: Endpoint | undefined,
  ): Served {
    const { print, strategy } = this.#settings
    if (remote) return new Watched(this, slot, onOver, { connection: number, remote, strategy, thread: this.#thread })
    return print ? new Printed(this, slot, onOver, connection) : new Served(this, slot, onOver)
  }

  #refusal(full: boolean): HelloFailure {
    const limit = `The server already serves ${this.#settings.maxConnections} connections: raise maxConnections.`
    return full
      ? refused('ERR_HS_TOO_MANY_CONNECTIONS', 'HS-6.3', limit)
      : refused('ERR_HS_ABORTED', 'HS-4', 'The server stopped.')
  }
}

/**
 * What has to be known of a connection that is served. An object and not a few closures: idle connections are counted
 * in tens of thousands, and closures are what most of their memory would go to.
 */
class Served implements DriveObserver {
  protected readonly service: Service
  readonly #slot: number
  readonly #onOver: (() => void) | undefined

  constructor(service: Service, slot: number, onOver: (() => void) | undefined) {
    this.service = service
    this.#slot = slot
    this.#onOver = onOver
  }

  onEffect?(effect: Effect): void

  onClosed(outcome: Outcome): void {
    this.service.finish(this.#slot, outcome)
    this.#onOver?.()
  }
}

/** A connection whose messages are printed, and nothing else is wanted of it. */
class Printed extends Served {
  readonly #connection: Connection

  constructor(service: Service, slot: number, onOver: (() => void) | undefined, connection: Connection) {
    super(service, slot, onOver)
    this.#connection = connection
  }

  override onEffect(effect: Effect): void {
    if (effect.type === 'received') this.service.print(effect)
    else if (effect.type === 'failed' && !isProbe(effect.failure)) {
      this.service.print({ type: 'failed', failure: effect.failure, remote: this.#connection.remote })
    }
  }
}

/** A connection whose every event is reported. */
class Watched extends Served {
  readonly #origin: ConnectionOrigin
  readonly #started: number
  /** When the first message had come, and the last. */
  #xMs: number | undefined
  #zMs: number | undefined

  constructor(service: Service, slot: number, onOver: (() => void) | undefined, origin: ConnectionOrigin) {
    super(service, slot, onOver)
    this.#origin = origin
    this.#started = service.now()
    service.observe({ type: 'connection', ...origin })
  }

  override onEffect(effect: Effect): void {
    const { service } = this
    const origin = this.#origin
    switch (effect.type) {
      case 'received':
        this.#xMs ??= this.#elapsedMs()
        service.observe({ type: 'received', ...origin, text: effect.text })
        break
      case 'send':
        service.observe({ type: 'sent', ...origin, text: `HELLO ${effect.sequence}` })
        break
      case 'established':
        this.#zMs = this.#elapsedMs()
        service.observe({ type: 'established', ...origin, ...effect.result })
        break
      case 'failed':
        if (!isProbe(effect.failure)) service.observe({ type: 'failed', ...origin, failure: effect.failure })
        break
    }
  }

  override onClosed(outcome: Outcome): void {
    super.onClosed(outcome)
    const [durationMs, xMs, zMs] = [this.#elapsedMs(), this.#xMs, this.#zMs]
    this.service.observe({
      type: 'closed',
      ...this.#origin,
      durationMs,
      ...(xMs !== undefined && { xMs }),
      ...(zMs !== undefined && { zMs }),
    })
  }

  /** To the microsecond. */
  #elapsedMs(): number {
    return Math.round((this.service.now() - this.#started) * 1000) / 1000
  }
}

/** A connection that closes without sending a byte (a health check, a port scan) has broken no rule (HS-4.4). */
function isProbe({ code, state, received }: HelloFailure): boolean {
  return state === 'awaiting-x' && received === undefined && (code === 'ERR_HS_CLOSED_EARLY' || code === 'ERR_HS_RESET')
}

function endOf(outcome: Outcome): 'established' | 'probe' | FailureCode {
  if (outcome.type === 'established') return 'established'
  return isProbe(outcome.failure) ? 'probe' : outcome.failure.code
}

/** The failure of a connection that is not served at all. */
function refused(code: FailureCode, clause: string, message: string): HelloFailure {
  return { code, side: 'server', state: 'idle', clause, message }
}

function refusedByGate({ code, reason }: Refusal): HelloFailure {
  return refused(code, CLAUSES_OF_GATES[code], `${reason}.`)
}

const CLAUSES_OF_GATES: Readonly<Record<Refusal['code'], string>> = {
  ERR_HS_PEER_CONNECTIONS: 'HS-6.4',
  ERR_HS_PEER_RATE: 'HS-6.4',
  ERR_HS_PROXY_HEADER: 'HS-6.5',
  ERR_HS_TIMEOUT: 'HS-6.2',
}
