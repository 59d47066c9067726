/** The other end of threads.ts: what runs in each worker thread. A build entry of its own. */
import { parentPort, workerData } from 'node:worker_threads'
import type { TransportModule } from '@hs/transport'
import { CounterTable } from '../counters.js'
import type { ServerEvent } from '../events.js'
import { Service, type ServiceSettings } from '../service.js'
import { serveAtOnce } from './events.js'
import { load } from './loading.js'

export interface ThreadData {
  readonly thread: number
  readonly module: string
  readonly share: unknown
  readonly atOnce: number
  readonly settings: ServiceSettings
  readonly counters: SharedArrayBuffer
  readonly loading: SharedArrayBuffer
  readonly watched: boolean
}

export type ToThread = 'stop' | 'drop'

export type FromThread =
  | { readonly type: 'ready' }
  | { readonly type: 'events'; readonly events: readonly ServerEvent[] }
  | {
      readonly type: 'output-lost'
      readonly code: string | undefined
      readonly message: string
      readonly syscall: string | undefined
    }
  | { readonly type: 'done' }

const port = parentPort!
const { thread, module, share, atOnce, settings, counters, loading, watched } = workerData as ThreadData
const tell = (message: FromThread) => port.postMessage(message)

let pending: ServerEvent[] = []
/** Events of one turn of the loop travel together: a message costs more than a handshake. */
function forward(event: ServerEvent): void {
  if (pending.push(event) === 1) queueMicrotask(flush)
}
function flush(): void {
  if (pending.length > 0) tell({ type: 'events', events: pending })
  pending = []
}

const table = new CounterTable(counters)
const row = table.row(thread)
const { listener, clock } = await load(loading, thread, async () => {
  const { adopt } = (await import(/* webpackIgnore: true */ module)) as TransportModule
  return adopt(share, { atOnce, onDrop: (reason) => row.drop(reason) })
})
const service = new Service(settings, {
  thread,
  table,
  clock,
  forward: watched ? forward : undefined,
  onOutputLost(error) {
    const { code, message, syscall } = error as NodeJS.ErrnoException
    tell({ type: 'output-lost', code, message, syscall })
  },
})
port.on('message', (message: ToThread) => {
  if (message === 'drop') service.drop()
  else {
    service.stop()
    void listener.close()
  }
})
tell({ type: 'ready' })
await serveAtOnce({ listener, serve: (connection, onOver) => service.serve(connection, onOver) }, atOnce)
await service.idle()
flush()
tell({ type: 'done' })
