import { type Clock, formatEndpoint, type Transport } from '@hs/transport'
import { Slots } from '@hs/transport/internals'
import { type LoadResult, latenciesOf, REPORT_SCHEMA, REPORT_VERSION } from '../measure/report.js'
import { type LoadOutcome, latencyOf, Results } from '../measure/results.js'
import { Attempt, type AttemptObserver, type AttemptSettings, type Target } from './attempt.js'
import { checkSources, checkTargets } from './check.js'
import { ConnectDeadlines } from './connect-deadlines.js'
import type { LoadOptions } from './options.js'
import { ClosedLoop, OpenLoop, type Pacer, type PacerClock, type Starter } from './pacer.js'
import { random } from './random.js'
import { type Settings, settingsOf } from './settings.js'
import { Sources } from './sources.js'
import { clientTransport } from './transport.js'

/** X has fewer than this many values, whose successors fit 32 bits. */
const SEQUENCES = 2 ** 31 - 2

/** How often it is looked whether an interval is over, at least. */
const MOST_TICK_MS = 100

/**
 * Does handshakes, each on a new connection, verifies each answer, and counts and times them.
 *
 * @returns When all that were begun are over, or soon after `signal`: with what was measured until then.
 * @throws {HelloError} If a target does not answer right from the beginning (see `check`).
 * @throws {TypeError | RangeError} For an option that makes no sense: it names the option and the value.
 */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const settings = settingsOf(options)
  const transport = await clientTransport(settings.transport)
  if (settings.check) {
    await checkSources(settings)
    await checkTargets(settings, transport)
  }
  return new Load(settings, transport).run()
}

/** One load, from its beginning to its end. */
class Load implements AttemptObserver, Starter {
  readonly #settings: Settings
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #pacer: Pacer
  readonly #targets: readonly Target[]
  readonly #random: () => number
  readonly #results: Results
  readonly #shared: AttemptSettings
  readonly #attempts = new Slots<Attempt>()
  readonly #connects: ConnectDeadlines
  /** How many were begun, those of the warm-up included. */
  #begun = 0
  /** When measuring began. */
  #origin = 0
  #intervalStarted = 0
  /** What makes a time of the clock one of `performance`. */
  #wallOrigin = 0
  /** Established before the time was over. */
  #inTime = 0
  #stopped = false
  #finish: (() => void) | undefined

  constructor(settings: Settings, transport: Transport) {
    const { schedule, concurrency } = settings
    this.#settings = settings
    this.#transport = transport
    this.#clock = transport.clock
    const clock = pacerClock(transport.clock)
    this.#pacer = schedule ? new OpenLoop(schedule, clock, this) : new ClosedLoop(concurrency, clock, this)
    this.#connects = new ConnectDeadlines(transport.clock, settings.patience.timeoutMs)
    this.#shared = {
      ...settings,
      transport,
      timing: { clock: transport.clock, ...settings.patience },
      traced: settings.onHandshake !== undefined,
    }
    this.#targets = settings.targets.map((endpoint, number) => ({
      number,
      endpoint,
      text: formatEndpoint(endpoint),
      sources: new Sources(settings.sources, endpoint.host),
    }))
    this.#results = new Results(this.#targets.length)
    this.#random = random(settings.seed)
  }

  async run(): Promise<LoadResult> {
    const { signal, warmupMs, intervalMs } = this.#settings
    const stop = () => this.#stop()
    signal?.addEventListener('abort', stop)
    const began = this.#clock.now()
    this.#origin = began + warmupMs
    this.#wallOrigin = performance.timeOrigin + performance.now() - this.#clock.now()
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
        ticking = setInterval(tick, Math.min(intervalMs, MOST_TICK_MS))
        if (signal?.aborted) this.#stop()
        else this.#pacer.start(began)
        this.onIdle()
      })
    } finally {
      clearInterval(ticking)
      this.#connects.close()
      signal?.removeEventListener('abort', stop)
    }
    return this.#report()
  }

  mayBegin(intended: number): boolean {
    const { count, durationMs } = this.#settings
    return !this.#stopped && this.#results.counts.started < count && intended < this.#origin + durationMs
  }

  begin(intended: number, now: number): void {
    const number = this.#begun++
    const x = Math.floor(this.#random() * SEQUENCES)
    const kind = this.#settings.choose(this.#random())
    const slot = this.#attempts.take()
    const target = this.#targets[number % this.#targets.length]!
    const attempt = new Attempt(this.#shared, this, { slot, target, kind, x, intended, started: now })
    if (this.#isCounted(attempt)) this.#results.started(target.number, now - intended)
    this.#attempts.put(slot, attempt)
    attempt.start(this.#connects.signal(now))
  }

  onIdle(): void {
    if (this.#attempts.isEmpty && (this.#stopped || this.#pacer.isFinished)) this.#finish?.()
  }

  onConnected(attempt: Attempt): void {
    const { kind, target, connected, intended } = attempt
    if (this.#isCounted(attempt)) this.#results.connected(target.number, kind, connected - intended)
  }

  onOver(attempt: Attempt, outcome: LoadOutcome, message: string): void {
    this.#attempts.free(attempt.slot)
    try {
      if (this.#isCounted(attempt)) this.#count(attempt, this.#clock.now(), outcome, message)
    } finally {
      // Also if `onHandshake` throws, which is thrown outside, as an uncaught exception.
      this.#pacer.onOver(attempt.connected > 0)
    }
  }

  /** Those of the warm-up are not. */
  #isCounted({ intended }: Attempt): boolean {
    return intended >= this.#origin
  }

  #stop(): void {
    this.#stopped = true
    for (const attempt of this.#attempts) attempt.stop()
    this.#connects.abort()
    this.onIdle()
  }

  #count(attempt: Attempt, ended: number, outcome: LoadOutcome, message: string): void {
    const { kind, target, intended, started, connected, replied, localPort } = attempt
    const { durationMs, onHandshake } = this.#settings
    if (outcome === 'established') {
      this.#results.established(target.number, kind, { reply: replied - connected, total: ended - intended })
      if (ended <= this.#origin + durationMs) this.#inTime++
    } else if (outcome === 'played' || outcome === 'unfinished') this.#results.ended(target.number, outcome)
    else this.#results.failed(target.number, outcome, message)
    if (!onHandshake) return
    const at = (time: number) => this.#wallOrigin + time
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
    const { rate, stages, schedule, concurrency, seed, warmupMs } = this.#settings
    const { counts, byTarget, histograms, slow, latestStartMs, examples, intervals } = this.#results
    // Attempts under way when the time was over are awaited and counted, but do not enter the rate.
    const durationMs = Math.max(0, Math.min(now - this.#origin, this.#settings.durationMs))
    // What came after the last whole interval: an interval of its own, if it was anything.
    if (this.#results.hasRecent) this.#cut(now - this.#intervalStarted)
    return {
      histograms,
      report: {
        schema: REPORT_SCHEMA,
        version: REPORT_VERSION,
        ...counts,
        targets: this.#targets.map(({ text, number }) => ({ target: text, ...byTarget[number]! })),
        transport: this.#transport.name,
        ...(schedule ? { ...(rate && { rate }), ...(stages && { stages }) } : { concurrency }),
        seed,
        warmupMs,
        durationMs,
        interrupted: this.#stopped,
        perSecond: durationMs > 0 ? (this.#inTime * 1000) / durationMs : 0,
        latency: latenciesOf(histograms),
        slowLatency: latencyOf(slow),
        latestStartMs,
        examples,
        intervals,
      },
    }
  }
}

function pacerClock(clock: Clock): PacerClock {
  return {
    now: () => clock.now(),
    after: (ms, callback) => void setTimeout(callback, ms),
    soon: (callback) => void setImmediate(callback),
  }
}
