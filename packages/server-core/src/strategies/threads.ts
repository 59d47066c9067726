import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { isShareable, type Share, type ShareableListener } from '@hs/transport'
import { CounterTable } from '../counters.js'
import type { ConnectionOrigin, ServerEvent } from '../events.js'
import type { ConcurrencyStrategy, Work } from '../strategy.js'
import { serveAtOnce } from './events.js'
import type { FromThread, ThreadData, ToThread } from './thread.js'

export interface ThreadsOptions {
  /** Default: one per core. */
  readonly threads?: number
  /** Connections that each thread serves at a time; 1 is the classic blocking pool. Default: no limit but the server's. */
  readonly atOnce?: number
}

/**
 * All connections at once, on several threads. How they get there is the transport's affair (its `sharing`). What
 * reaches the caller's own thread all the same is served there, so that nobody is lost: its part where every thread
 * listens for itself, and else at most what still waits when the listener is closed.
 */
export function threads({
  threads = availableParallelism(),
  atOnce = Number.POSITIVE_INFINITY,
}: ThreadsOptions = {}): ConcurrencyStrategy {
  if (!(Number.isInteger(threads) && threads >= 1)) throw new RangeError(`threads must be at least 1, got ${threads}`)
  if (!(atOnce >= 1)) throw new RangeError(`atOnce must be at least 1, got ${atOnce}`)
  return {
    name: 'threads',
    threads,
    async run(work) {
      const { listener } = work
      if (!isShareable(listener)) throw new TypeError('this transport cannot share a listener with threads')
      const crew = Array.from({ length: threads }, (_, at) => runThread(at + 1, listener, atOnce, work))
      await Promise.all([...crew, serveAtOnce(work, atOnce)])
    },
  }
}

/** Keeps one thread of the crew filled until the work is done: one that dies is replaced. */
async function runThread(thread: number, listener: ShareableListener, atOnce: number, work: Work): Promise<void> {
  const row = new CounterTable(work.elsewhere.counters).row(thread)
  for (;;) {
    const share = listener.share(thread)
    const open = new Map<number, ConnectionOrigin>()
    const end = await runWorker(thread, share, atOnce, work, open)
    share.revoke()
    if (end.done) return
    const lost = row.bury()
    const { forward, observe } = work.elsewhere
    observe({ type: 'thread-died', thread, lost, reason: end.reason })
    for (const origin of open.values()) {
      const message = `Thread ${thread} died while it served this connection.`
      const failure = { code: 'ERR_HS_THREAD_DIED', side: 'server', state: 'failed', clause: 'HS-4', message } as const
      forward({ type: 'failed', ...origin, failure })
      forward({ type: 'closed', ...origin, durationMs: Number.NaN })
    }
    if (!end.ready) work.elsewhere.fail(new Error(`thread ${thread} died before it served: ${end.reason}`))
    if (work.stopping.aborted) return
  }
}

interface WorkerEnd {
  readonly done: boolean
  readonly ready: boolean
  readonly reason: string
}

/** One worker, from its start to its end. Never rejects: how it ended is a value. */
function runWorker(
  thread: number,
  share: Share,
  atOnce: number,
  { elsewhere, stopping, dropping }: Work,
  open: Map<number, ConnectionOrigin>,
): Promise<WorkerEnd> {
  return new Promise((resolve) => {
    const data: ThreadData = {
      thread,
      module: share.module,
      share: share.data,
      atOnce,
      settings: elsewhere.settings,
      counters: elsewhere.counters,
      watched: elsewhere.watched,
    }
    const worker = new Worker(new URL('./thread.js', import.meta.url), {
      workerData: data,
      transferList: [...share.transfer] as never,
      name: `hs-${thread}`,
      // What the program was started with is not meant for it: with `--eval`, for one, no worker would start.
      execArgv: [],
    })
    let done = false
    let ready = false
    let reason = 'it ended by itself'
    const tell = (message: ToThread) => {
      worker.postMessage(message)
      share.wake()
    }
    const stop = () => tell('stop')
    const drop = () => tell('drop')
    stopping.addEventListener('abort', stop)
    dropping.addEventListener('abort', drop)
    worker.on('message', (message: FromThread) => {
      switch (message.type) {
        case 'ready':
          ready = true
          if (stopping.aborted) stop()
          if (dropping.aborted) drop()
          break
        case 'events':
          for (const event of message.events) {
            note(open, event)
            elsewhere.forward(event)
          }
          break
        case 'output-lost':
          elsewhere.fail(Object.assign(new Error(message.message), { code: message.code }))
          break
        case 'done':
          done = true
          void worker.terminate()
          share.wake()
          break
      }
    })
    worker.on('error', (error: unknown) => {
      reason = error instanceof Error ? error.message : String(error)
    })
    worker.on('exit', () => {
      stopping.removeEventListener('abort', stop)
      dropping.removeEventListener('abort', drop)
      resolve({ done, ready, reason })
    })
  })
}

/** Keeps the list of connections that would be lost with their thread. */
function note(open: Map<number, ConnectionOrigin>, event: ServerEvent): void {
  if (event.type === 'connection') {
    const { connection, remote, strategy, thread } = event
    open.set(connection, { connection, remote, strategy, thread })
  } else if (event.type === 'closed') {
    open.delete(event.connection)
  }
}
