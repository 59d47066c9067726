import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Share } from '@hs/transport'
import type { ConnectionOrigin, ServerEvent } from '../events.js'
import type { ThreadWork } from '../strategy.js'
import type { Loading } from './loading.js'
import type { FromThread, ThreadData, ToThread } from './thread.js'

/** How a worker thread ended. */
export interface WorkerEnd {
  /** It was asked to stop, and had nothing left to do. */
  readonly done: boolean
  /** It has served, or could have. */
  readonly ready: boolean
  readonly reason: string
  /** What killed it, if anything was thrown. */
  readonly error: unknown
}

/** What a worker is for, and where it is kept account of. */
export interface WorkerOptions {
  readonly thread: number
  /** Connections that it serves at a time. */
  readonly atOnce: number
  readonly work: ThreadWork
  /** Kept up to date: connections that would be lost with the worker. */
  readonly open: Map<number, ConnectionOrigin>
  readonly loading: Loading
  readonly onReady: () => void
}

/** One worker, from its start to its end. Never rejects: how it ended is a value. */
export function runWorker(
  share: Share,
  { thread, atOnce, work, open, loading, onReady }: WorkerOptions,
): Promise<WorkerEnd> {
  const { elsewhere, stopping, dropping } = work
  return new Promise((resolve) => {
    const data: ThreadData = {
      thread,
      module: share.module,
      share: share.data,
      atOnce,
      settings: elsewhere.settings,
      counters: elsewhere.counters,
      loading: loading.states,
      watched: elsewhere.watched,
    }
    loading.begin(thread)
    const worker = new Worker(new URL(/* webpackIgnore: true */ './thread.js', import.meta.url), {
      workerData: data,
      transferList: [...share.transfer] as never,
      name: `hs-${thread}`,
      // What the program was started with is not meant for it: with `--eval`, for one, no worker would start.
      execArgv: [],
    })
    let done = false
    let ready = false
    let reason = 'it ended by itself'
    let thrown: unknown
    const tell = (message: ToThread) => worker.postMessage(message)
    const stop = () => tell('stop')
    const drop = () => tell('drop')
    stopping.addEventListener('abort', stop)
    dropping.addEventListener('abort', drop)
    worker.on('message', (message: FromThread) => {
      switch (message.type) {
        case 'ready':
          ready = true
          loading.end(thread)
          onReady()
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
          elsewhere.fail(Object.assign(new Error(message.message), { code: message.code, syscall: message.syscall }))
          break
        case 'done':
          done = true
          void worker.terminate()
          break
      }
    })
    worker.on('error', (error: unknown) => {
      thrown = error
      reason = error instanceof Error ? error.message : String(error)
    })
    worker.on('exit', () => {
      stopping.removeEventListener('abort', stop)
      dropping.removeEventListener('abort', drop)
      resolve({ done, ready, reason, error: thrown })
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

/** Why no worker can start, if it is because a bundler has left the file out that runs in it. */
export function missingThreadFile(): Error | undefined {
  let file: string
  try {
    const url = new URL(/* webpackIgnore: true */ './thread.js', import.meta.url)
    if (url.protocol !== 'file:') return undefined
    file = fileURLToPath(url)
    if (existsSync(file)) return undefined
  } catch {
    // Made into CommonJS, a module does not know where it is.
    file = 'thread.js'
  }
  const message =
    `The strategy threads needs the file ${file}, which is not there: a bundler left it out. ` +
    'Keep the packages @hs/server-core and @hs/transport out of the bundle (esbuild: --external:@hs/*), and install them beside it; or use another strategy'
  return Object.assign(new Error(message), { code: 'ERR_HS_THREADS_UNSUPPORTED' })
}
