import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkOptions, count, optional, type Table, threadCount } from '@hs/options'
import { isShareable, type Share, type ShareableListener } from '@hs/transport'
import { CounterTable } from '../counters.js'
import { isOutOfDescriptors } from '../descriptors.js'
import type { ConnectionOrigin } from '../events.js'
import type { ConcurrencyStrategy, ThreadStrategy, ThreadWork } from '../strategy.js'
import { serveAtOnce } from './events.js'
import { Loading } from './loading.js'
import { missingThreadFile, runWorker, type WorkerEnd, type WorkerOptions } from './worker.js'

/** How long to wait until a thread is tried again: a connection may have ended by then, and left a descriptor. */
const RETRY_MS = 100

/** How often a thread is tried that dies before it serves. One that is short of descriptors is tried for ever. */
const TRIES = 3

export interface ThreadsOptions {
  /** Default: one per core. */
  readonly threads?: number
  /** Connections that each thread serves at a time; 1 is the classic blocking pool. Default: no limit but the server's. */
  readonly atOnce?: number
}

const THREADS_OPTIONS = {
  threads: optional(threadCount),
  atOnce: optional(count),
} satisfies Table<ThreadsOptions>

/**
 * All connections at once, on several threads. How they get there is the transport's affair (its `sharing`). What
 * reaches the caller's own thread all the same is served there, so that no connection is lost: its part if every
 * thread listens for itself, and else at most what still waits when the listener is closed.
 */
export function threads(options: ThreadsOptions = {}): ConcurrencyStrategy {
  const { threads = availableParallelism(), atOnce = Number.POSITIVE_INFINITY } = checkOptions(
    'threads',
    options,
    THREADS_OPTIONS,
  )
  const strategy: ThreadStrategy = {
    name: 'threads',
    threads,
    async run(work) {
      const { listener } = work
      if (!isShareable(listener)) throw new TypeError('this transport cannot share a listener with threads')
      const starting = new Start(threads, () => work.elsewhere.ready())
      const crew = { listener, atOnce, work, starting }
      const lives = Array.from({ length: threads }, (_, at) => runThread(at + 1, crew))
      await Promise.all([...lives, serveAtOnce(work, atOnce)])
    },
  }
  return strategy
}

/** Knows when the server can serve: every thread is ready or waits for descriptors, and at least one is ready. */
class Start {
  readonly #threads: number
  readonly #onReady: () => void
  readonly #ready = new Set<number>()
  readonly #waiting = new Set<number>()
  readonly loading: Loading
  /** Threads that are short of descriptors start one after the other, or they would keep each other from starting. */
  turn: Promise<void> = Promise.resolve()

  constructor(threads: number, onReady: () => void) {
    this.#threads = threads
    this.loading = new Loading(threads)
    this.#onReady = onReady
  }

  ready(thread: number): void {
    this.#ready.add(thread)
    this.#waiting.delete(thread)
    this.#check()
  }

  /** @returns Whether that is news. */
  waits(thread: number): boolean {
    const isNews = !this.#waiting.has(thread)
    this.#waiting.add(thread)
    this.#check()
    return isNews
  }

  #check(): void {
    if (this.#ready.size > 0 && new Set([...this.#ready, ...this.#waiting]).size === this.#threads) this.#onReady()
  }
}

/** What all threads share. */
interface Crew {
  readonly listener: ShareableListener
  readonly atOnce: number
  readonly work: ThreadWork
  readonly starting: Start
}

/** Keeps one thread of the crew filled until the work is done: one that dies is replaced. */
async function runThread(thread: number, { listener, atOnce, work, starting }: Crew): Promise<void> {
  let failures = 0
  const onReady = () => {
    failures = 0
    starting.ready(thread)
  }
  for (;;) {
    const open = new Map<number, ConnectionOrigin>()
    const end = await runOnce(listener, { thread, atOnce, work, open, loading: starting.loading, onReady })
    if (end.done) return
    if (end.ready) {
      bury(thread, end.reason, open, work)
      if (work.stopping.aborted) return
      continue
    }
    if (work.stopping.aborted) return
    failures++
    const short = end.error !== undefined && isOutOfDescriptors(end.error)
    const missing = missingThreadFile()
    if (missing || (!short && failures >= TRIES)) {
      const error = missing ?? new Error(`thread ${thread} died before it served: ${end.reason}`, { cause: end.error })
      work.elsewhere.fail(error)
      return
    }
    if (short && starting.waits(thread)) {
      work.elsewhere.observe({ type: 'thread-waiting', thread, reason: end.reason })
    }
    await takeTurn(starting, work.stopping)
  }
}

/** Waits for the threads that wait already, and then for a while of its own. */
async function takeTurn(starting: Start, stopping: AbortSignal): Promise<void> {
  const turn = starting.turn.then(() => sleep(RETRY_MS, undefined, { signal: stopping }).catch(() => {}))
  starting.turn = turn
  await turn
}

/** One life of a thread. What keeps it from being born is an end, too. */
async function runOnce(listener: ShareableListener, worker: WorkerOptions): Promise<WorkerEnd> {
  let share: Share | undefined
  try {
    share = listener.share(worker.thread)
    return await runWorker(share, worker)
  } catch (error) {
    return { done: false, ready: false, reason: (error as Error).message, error }
  } finally {
    worker.loading.end(worker.thread)
    share?.revoke()
  }
}

/** What the thread was serving has failed. */
function bury(
  thread: number,
  reason: string,
  open: ReadonlyMap<number, ConnectionOrigin>,
  { elsewhere: { counters, forward, observe } }: ThreadWork,
): void {
  const lost = new CounterTable(counters).row(thread).bury()
  observe({ type: 'thread-died', thread, lost, reason })
  for (const origin of open.values()) {
    const message = `Thread ${thread} died while it served this connection.`
    const failure = { code: 'ERR_HS_THREAD_DIED', side: 'server', state: 'failed', clause: 'HS-4', message } as const
    forward({ type: 'failed', ...origin, failure })
    forward({ type: 'closed', ...origin, durationMs: Number.NaN })
  }
}
