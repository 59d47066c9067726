import { setMaxListeners } from 'node:events'
import { handshake } from '@hs/client'
import { checkOptions, wrongOptions, wrongValue } from '@hs/options'
import { HelloError } from '@hs/protocol'
import { type Clock, formatEndpoint, Slots, type Timer, type Transport } from '@hs/transport'
import { Attempt, type AttemptObserver, type AttemptSettings, type Target } from './attempt.js'
import { LOAD_OPTIONS } from './checks.js'
import { chooser } from './mix.js'
import { DEFAULT_CONCURRENCY, DEFAULT_DURATION_MS, type LoadOptions } from './options.js'
import { random } from './random.js'
import {
  type Counts,
  type FailedOutcome,
  type Histograms,
  type Interval,
  type Latency,
  type LoadOutcome,
  latencyOf,
  Results,
} from './results.js'
import { Sources } from './sources.js'
import { clientTransport, listenBriefly } from './transport.js'

/** After a connect that failed: without it, a server that is gone would be asked as fast as the machine can. */
const PAUSE_AFTER_FAILURE_MS = 10

/** Connects that begin within the same stretch of time share the signal that ends them when they take too long. */
const SIGNAL_SHARED_MS = 100

/** Timers are so late at most; what is due sooner is waited for by turns of the event loop. */
const TIMER_SLACK_MS = 3

/** What `setTimeout` can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** At a rate that is more than the machine can do, the rest of the program must have its turn, too: Ctrl-C, for one. */
const LONGEST_TURN_MS = 20

/** X has fewer than this many values, whose successors fit 32 bits. */
const SEQUENCES = 2 ** 31 - 2

/** What a load found out, as plain data. Times are in milliseconds. */
export interface LoadReport extends Readonly<Counts> {
  readonly targets: readonly string[]
  readonly transport: string
  readonly concurrency?: number
  readonly rate?: number
  readonly seed: number
  readonly warmupMs: number
  /** How long was measured. */
  readonly durationMs: number
  /** It was stopped before it was over. */
  readonly interrupted: boolean
  /** Established handshakes per second of `durationMs`. */
  readonly perSecond: number
  /** Of handshakes that were established, those of slow clients apart. */
  readonly latency: { readonly connect: Latency; readonly reply: Latency; readonly total: Latency }
  readonly slowLatency: Latency
  /** Open loop: how late the load began a handshake, at most. If it is much, the load was too slow, not the server. */
  readonly latestStartMs: number
  /** The first message for each way to fail. */
  readonly examples: Readonly<Partial<Record<FailedOutcome, string>>>
  readonly intervals: readonly Interval[]
}

export interface LoadResult {
  readonly report: LoadReport
  /** What the report's times are taken from, in microseconds. */
  readonly histograms: Histograms
}

/**
 * Does handshakes, each on a fresh connection, each answer verified, and counts and times them.
 *
 * @returns When all that were begun are over, or soon after `signal`: with what was measured until then.
 * @throws {HelloError} If a target does not answer right from the beginning (see `check`).
 * @throws {TypeError | RangeError} For an option that makes no sense: it names the option and the value.
 */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const settings = settle(options)
  const transport = await clientTransport(settings.transport)
  if (settings.check) {
    await checkSources(settings)
    await checkTargets(settings, transport)
  }
  return new Load(settings, transport).run()
}

type Settings = ReturnType<typeof settle>

function settle(options: LoadOptions) {
  const { timeoutMs, quietMs, prefixMs, mix, ...checked } = checkOptions('load', options, LOAD_OPTIONS)
  const { arithmetic, terminator, strict, maxMessageBytes, ...settings } = checked
  const { rate, concurrency, count, durationMs, seed } = settings
  if (rate !== undefined && concurrency !== undefined)
    throw wrongOptions('rate and concurrency exclude each other: give load one of them')
  return {
    ...settings,
    concurrency: concurrency ?? DEFAULT_CONCURRENCY,
    count: count ?? Number.POSITIVE_INFINITY,
    durationMs: durationMs ?? (count === undefined ? DEFAULT_DURATION_MS : Number.POSITIVE_INFINITY),
    seed: seed ?? Math.floor(Math.random() * 2 ** 32),
    choose: chooser(mix),
    patience: { timeoutMs, quietMs, prefixMs },
    protocol: {
      ...(arithmetic !== undefined && { arithmetic }),
      ...(terminator !== undefined && { terminator }),
      ...(strict !== undefined && { strict }),
      ...(maxMessageBytes !== undefined && { maxMessageBytes }),
    },
  }
}

/** A load on a server that is not there measures nothing: better to say so before than a million times. */
async function checkTargets(settings: Settings, transport: Transport): Promise<void> {
  const { targets, signal, patience, protocol } = settings
  for (const { host, port } of targets) {
    await handshake({ host, port, transport, ...patience, ...protocol, ...(signal && { signal }) }).catch(
      (error: HelloError) => {
        // Stopped before it began: the report says that there was nothing.
        if (signal?.aborted) return
        // Of several targets, which one? Who could not connect has said it.
        if (!error.failure || error.code === 'ERR_HS_CONNECT') throw error
        const message = `${formatEndpoint({ host, port })}: ${error.message}`
        throw new HelloError({ ...error.failure, message }, { cause: error })
      },
    )
  }
}

/** @throws {RangeError} For what is no address of this machine's: it would look like one without a port left. */
async function checkSources({ sources = [] }: Settings): Promise<void> {
  for (const host of sources) {
    const found = await listenBriefly(host).then(
      (address) => address.host,
      (error: Error) => error.message,
    )
    // A name may stand for several addresses, of which one would have to be chosen.
    if (found !== host) throw wrongValue('sources', 'addresses of this machine', host, found)
  }
}

/** One load, from its beginning to its end. */
class Load implements AttemptObserver {
  readonly #settings: Settings
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #targets: readonly Target[]
  readonly #random: () => number
  readonly #results = new Results()
  readonly #shared: AttemptSettings
  readonly #attempts = new Slots<Attempt>()
  /** How many were begun, those of the warm-up included. */
  #begun = 0
  /** When measuring began. */
  #origin = 0
  #intervalStarted = 0
  /** Established before the time was over. */
  #inTime = 0
  /** Open loop: nothing more is to be begun. */
  #paced = false
  #stopped = false
  #finish: (() => void) | undefined
  /** What ends the connects of one stretch of time, the latest last. */
  #connecting: { readonly since: number; readonly ending: AbortController; readonly timer: Timer }[] = []

  constructor(settings: Settings, transport: Transport) {
    this.#settings = settings
    this.#transport = transport
    this.#clock = transport.clock
    this.#shared = { ...settings, transport, traced: settings.onHandshake !== undefined }
    this.#targets = settings.targets.map((endpoint) => ({
      endpoint,
      text: formatEndpoint(endpoint),
      sources: new Sources(settings.sources, endpoint.host),
    }))
    this.#random = random(settings.seed)
  }

  async run(): Promise<LoadResult> {
    const { signal, rate, concurrency, warmupMs } = this.#settings
    const stop = () => this.#stop()
    signal?.addEventListener('abort', stop)
    this.#origin = this.#clock.now() + warmupMs
    this.#intervalStarted = this.#origin
    let ticking: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        this.#finish = resolve
        const tick = () => {
          try {
            this.#tick()
          } catch (error) {
            // What `onInterval` throws is for the caller.
            reject(error)
            this.#stop()
          }
        }
        ticking = setInterval(tick, Math.min(this.#settings.intervalMs, 100))
        if (signal?.aborted) this.#stop()
        else if (rate !== undefined) this.#pace(rate)
        else for (let client = 0; client < concurrency; client++) this.#next(this.#clock.now())
        this.#finishIfOver()
      })
    } finally {
      clearInterval(ticking)
      for (const { timer } of this.#connecting) timer.cancel()
      signal?.removeEventListener('abort', stop)
    }
    return this.#report()
  }

  /** Whether one that would begin now is to begin. */
  #goesOn(at: number): boolean {
    const { count, durationMs } = this.#settings
    return !this.#stopped && this.#results.counts.started < count && at < this.#origin + durationMs
  }

  /** Closed loop: one client's next handshake. */
  #next(now: number): void {
    if (this.#goesOn(now)) this.#begin(now, now)
    else this.#finishIfOver()
  }

  /** Open loop: begins everything that is due, and comes back for the rest. */
  #pace(rate: number): void {
    const began = this.#clock.now()
    let number = 0
    const turn = () => {
      const now = this.#clock.now()
      let intended = began + (number * 1000) / rate
      let time = now
      while (intended <= now && time < now + LONGEST_TURN_MS && this.#goesOn(intended)) {
        time = this.#clock.now()
        this.#begin(intended, time)
        intended = began + (++number * 1000) / rate
      }
      if (!this.#goesOn(intended)) {
        this.#paced = true
        this.#finishIfOver()
        return
      }
      const wait = intended - now
      // A timer would be late by more than a handshake takes, and its lateness would look like the server's.
      if (wait > TIMER_SLACK_MS) setTimeout(turn, Math.min(wait - TIMER_SLACK_MS, MAX_TIMER_MS))
      else setImmediate(turn)
    }
    turn()
  }

  #finishIfOver(): void {
    if (!this.#attempts.isEmpty) return
    const allBegun = this.#settings.rate === undefined ? !this.#goesOn(this.#clock.now()) : this.#paced
    if (this.#stopped || allBegun) this.#finish?.()
  }

  #stop(): void {
    this.#stopped = true
    for (const attempt of this.#attempts) attempt.stop()
    for (const { ending } of this.#connecting) ending.abort()
    this.#finishIfOver()
  }

  #begin(intended: number, now: number): void {
    const number = this.#begun++
    const x = Math.floor(this.#random() * SEQUENCES)
    const kind = this.#settings.choose(this.#random())
    const slot = this.#attempts.take()
    const target = this.#targets[number % this.#targets.length]!
    const attempt = new Attempt(this.#shared, this, slot, target, kind, x, intended, now)
    if (this.#isCounted(attempt)) {
      this.#results.counts.started++
      this.#results.latestStartMs = Math.max(this.#results.latestStartMs, now - intended)
    }
    this.#attempts.put(slot, attempt)
    attempt.start(this.#connectSignal(now))
  }

  /** Those of the warm-up are not. */
  #isCounted({ intended }: Attempt): boolean {
    return intended >= this.#origin
  }

  onConnected(attempt: Attempt): void {
    if (this.#isCounted(attempt)) this.#results.connected(attempt.kind, attempt.connected - attempt.intended)
  }

  onOver(attempt: Attempt, outcome: LoadOutcome, message: string): void {
    const now = this.#clock.now()
    this.#attempts.free(attempt.slot)
    if (this.#isCounted(attempt)) this.#count(attempt, now, outcome, message)
    if (this.#settings.rate !== undefined) this.#finishIfOver()
    else if (attempt.connected > 0 || this.#stopped) this.#next(now)
    else this.#clock.after(PAUSE_AFTER_FAILURE_MS, () => this.#next(this.#clock.now()))
  }

  #count(attempt: Attempt, ended: number, outcome: LoadOutcome, message: string): void {
    const { kind, target, intended, started, connected, replied, localPort } = attempt
    const { durationMs, onHandshake } = this.#settings
    if (outcome === 'established') {
      this.#results.established(kind, replied - connected, ended - intended)
      if (ended <= this.#origin + durationMs) this.#inTime++
    } else if (outcome === 'played' || outcome === 'unfinished') this.#results.counts[outcome]++
    else this.#results.failed(outcome, message)
    if (!onHandshake) return
    const at = (time: number) => performance.timeOrigin + time
    onHandshake({
      kind,
      target: target.text,
      intended: at(intended),
      started: at(started),
      ...(connected > 0 && { connected: at(connected), localPort }),
      ...(replied > 0 && { replied: at(replied) }),
      ended: at(ended),
      outcome,
    })
  }

  /** Ends a connect when the deadline has passed, a little later at most; a timer and a signal for each would cost more. */
  #connectSignal(now: number): AbortSignal {
    const latest = this.#connecting.at(-1)
    if (latest && now - latest.since < SIGNAL_SHARED_MS) return latest.ending.signal
    const ending = new AbortController()
    // As many listen to it as connects are under way; older versions of Node take more than ten for a leak.
    setMaxListeners(0, ending.signal)
    const timer = this.#clock.after(this.#settings.patience.timeoutMs + SIGNAL_SHARED_MS, () => {
      this.#connecting.shift()
      ending.abort()
    })
    this.#connecting.push({ since: now, ending, timer })
    return ending.signal
  }

  #tick(): void {
    const now = this.#clock.now()
    const { intervalMs } = this.#settings
    while (now - this.#intervalStarted >= intervalMs) this.#cut(intervalMs)
  }

  #cut(lengthMs: number): void {
    const interval = this.#results.cut(this.#intervalStarted - this.#origin, lengthMs)
    this.#intervalStarted += lengthMs
    this.#settings.onInterval?.(interval, this.#results.counts)
  }

  #report(): LoadResult {
    const now = this.#clock.now()
    this.#tick()
    const { targets, rate, concurrency, seed, warmupMs } = this.#settings
    const { counts, histograms, slow, latestStartMs, examples, intervals } = this.#results
    // What was under way when the time was over is waited for and counted, and is no part of the rate.
    const durationMs = Math.max(0, Math.min(now - this.#origin, this.#settings.durationMs))
    // What came after the last whole interval: an interval of its own, if it was anything.
    if (this.#results.hasRecent) this.#cut(now - this.#intervalStarted)
    return {
      histograms,
      report: {
        ...counts,
        targets: targets.map(formatEndpoint),
        transport: this.#transport.name,
        ...(rate === undefined ? { concurrency } : { rate }),
        seed,
        warmupMs,
        durationMs,
        interrupted: this.#stopped,
        perSecond: durationMs > 0 ? (this.#inTime * 1000) / durationMs : 0,
        latency: {
          connect: latencyOf(histograms.connect),
          reply: latencyOf(histograms.reply),
          total: latencyOf(histograms.total),
        },
        slowLatency: latencyOf(slow),
        latestStartMs,
        examples,
        intervals,
      },
    }
  }
}
