import { clientHandshake, type Effect, type HelloFailure, isPeerError, type ProtocolOptions } from '@hs/protocol'
import {
  type Connection,
  Drive,
  type DriveObserver,
  type Endpoint,
  type Outcome,
  type Timing,
  type Transport,
} from '@hs/transport'
import type { FailedOutcome, LoadOutcome } from '../measure/results.js'
import type { ClientKind } from './mix.js'
import { ScriptedClient } from './scripted.js'
import { SlowConnection } from './slow.js'
import type { Sources } from './sources.js'

/** How long a client that will break off leaves the server to answer: without an answer, breaking off is only a close. */
const RESET_AFTER_MS = 20

export interface Target {
  /** Its place in the list of targets. */
  readonly number: number
  readonly endpoint: Endpoint
  readonly text: string
  readonly sources: Sources
}

/** What all attempts of a load have in common. */
export interface AttemptSettings {
  readonly transport: Transport
  readonly protocol: ProtocolOptions
  readonly timing: Timing
  readonly slowMs: number
  readonly silentMs: number
  /** Is the local port to be noted? It costs a system call. */
  readonly traced: boolean
}

/** What one attempt is to do. */
export interface AttemptPlan {
  /** Where the load keeps the attempt. */
  readonly slot: number
  readonly target: Target
  readonly kind: ClientKind
  readonly x: number
  /** When it was due. */
  readonly intended: number
  readonly started: number
}

/** What has attempts made. */
export interface AttemptObserver {
  /** The connection is open. */
  onConnected(attempt: Attempt): void
  /** Called once, when the connection is closed, or will never be open. */
  onOver(attempt: Attempt, outcome: LoadOutcome, message: string): void
}

/**
 * One client, from its connect to its close, whichever kind it is. An object and not a few closures: they were a tenth
 * of what a handshake cost. Times are those of the transport's clock.
 */
export class Attempt implements DriveObserver {
  /** Where the load keeps this attempt. */
  readonly slot: number
  readonly kind: ClientKind
  readonly target: Target
  readonly intended: number
  readonly started: number
  /** 0: not yet, as the next two. */
  connected = 0
  replied = 0
  localPort = 0
  readonly #x: number
  readonly #settings: AttemptSettings
  readonly #observer: AttemptObserver
  /** What plays on the open connection. */
  #playing: Drive | ScriptedClient | undefined
  #stopped = false

  constructor(settings: AttemptSettings, observer: AttemptObserver, plan: AttemptPlan) {
    this.#settings = settings
    this.#observer = observer
    this.slot = plan.slot
    this.target = plan.target
    this.kind = plan.kind
    this.#x = plan.x
    this.intended = plan.intended
    this.started = plan.started
  }

  /** @param signal - Ends the connect. */
  start(signal: AbortSignal): void {
    this.#connect(signal, 1)
  }

  /** Ends it now, as unfinished. The signal ends an attempt that is still connecting. */
  stop(): void {
    this.#stopped = true
    if (this.#playing instanceof ScriptedClient) this.#playing.leave()
    else this.#playing?.fail('ERR_HS_ABORTED', 'The load was stopped')
  }

  onEffect(effect: Effect): void {
    if (effect.type === 'received') this.replied = this.#settings.transport.clock.now()
  }

  onClosed(outcome: Outcome): void {
    if (outcome.type === 'established') this.#end('established')
    else this.#end(outcomeOf(outcome.failure, outcome.error), outcome.failure.message)
  }

  #connect(signal: AbortSignal, tries: number): void {
    const { endpoint, sources } = this.target
    const source = sources.take()
    const { transport } = this.#settings
    transport.connect(endpoint, source ? { signal, localAddress: source } : { signal }).then(
      (connection) => this.#open(connection),
      (error: NodeJS.ErrnoException) => {
        if (!signal.aborted && error.code === 'EADDRNOTAVAIL' && tries < sources.count) {
          sources.exhausted(source)
          this.#connect(signal, tries + 1)
        } else if (signal.aborted) {
          this.#end('connectTimedOut', `no connection within ${this.#settings.timing.timeoutMs} ms`)
        } else {
          this.#end(connectOutcomeOf(error), error.message)
        }
      },
    )
  }

  #open(connection: Connection): void {
    const { transport, protocol, timing, slowMs, silentMs, traced } = this.#settings
    const { clock } = transport
    this.connected = clock.now()
    if (traced) this.localPort = connection.local.port
    this.#observer.onConnected(this)
    if (this.#stopped) {
      connection.abort()
      this.#end('unfinished')
    } else if (this.kind === 'silent' || this.kind === 'reset') {
      const client = new ScriptedClient(connection, (error) =>
        this.#end(isOutOfDescriptors(error) ? 'noDescriptors' : 'played'),
      )
      this.#playing = client
      if (this.kind === 'silent') client.play(undefined, clock, silentMs)
      else client.play(this.#x, clock, RESET_AFTER_MS)
    } else {
      const stream = this.kind === 'slow' ? new SlowConnection(connection, clock, slowMs) : connection
      const drive = new Drive(clientHandshake(this.#x, protocol), stream, timing, this)
      this.#playing = drive
      drive.start(this.connected - this.started)
    }
  }

  #end(outcome: LoadOutcome, message = ''): void {
    this.#observer.onOver(this, this.#stopped && outcome !== 'established' ? 'unfinished' : outcome, message)
  }
}

/** How a handshake failed on a connection that was open. */
function outcomeOf(failure: HelloFailure, error: Error | undefined): FailedOutcome {
  if (isPeerError(failure)) return 'wrong'
  // Watching a connection may take one more descriptor.
  if (isOutOfDescriptors(error)) return 'noDescriptors'
  switch (failure.code) {
    case 'ERR_HS_TIMEOUT':
      return 'timedOut'
    case 'ERR_HS_CLOSED_EARLY':
      return 'closedEarly'
    default:
      return 'reset'
  }
}

/** Why there was no connection. */
function connectOutcomeOf(error: NodeJS.ErrnoException): FailedOutcome {
  if (isOutOfDescriptors(error)) return 'noDescriptors'
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'refused'
    case 'ETIMEDOUT':
      return 'connectTimedOut'
    case 'EADDRNOTAVAIL':
      return 'noPorts'
    default:
      return 'unreachable'
  }
}

function isOutOfDescriptors(error: Error | undefined): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  return code === 'EMFILE' || code === 'ENFILE'
}
