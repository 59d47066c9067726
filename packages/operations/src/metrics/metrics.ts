import { aFunction, checkOptions, optional, type Table } from '@hs/options'
import type { HelloServer } from '@hs/server-core'
import { handshakeMeter } from '../checks.js'
import { waitingInKernel } from './backlog.js'
import type { HandshakeMeter } from './meter.js'
import { Counter, collectDefaultMetrics, Gauge, Registry } from './prom.js'

/** Metrics that are read anew for each scrape. */
export interface Metrics {
  /**
   * @param accept - What the scraper understands (its header `Accept`). OpenMetrics if it says so, else the older text
   *   format of Prometheus.
   */
  scrape(accept?: string): Promise<{ readonly type: string; readonly text: string }>
}

export interface Observed {
  readonly meter?: HandshakeMeter | undefined
  /** Default: whether the server serves and is not full. */
  readonly isReady?: () => boolean
}

const OBSERVED = { meter: optional(handshakeMeter), isReady: optional(aFunction()) } satisfies Table<Observed>

/**
 * The counters of a server, and metrics of its process and event loop. Counters have the labels strategy, transport and
 * thread.
 *
 * @param observed - What has seen the server's events; histograms need it.
 */
export function metrics(server: HelloServer, observed: Observed = {}): Metrics {
  const { meter, isReady } = checkOptions('metrics', observed, OBSERVED)
  const register = new Registry()
  const registers = [register]
  collectDefaultMetrics({ register })
  const { strategy, transport } = server
  const labelNames = ['strategy', 'transport', 'thread'] as const
  const perThread = () =>
    server.countersByThread.map((counters, thread) => ({ counters, labels: { strategy, transport, thread } }))

  new Counter({
    name: 'hs_connections_accepted_total',
    help: 'Connections that reached the server, refused ones included.',
    labelNames,
    registers,
    collect() {
      this.reset()
      for (const { counters, labels } of perThread()) this.inc(labels, counters.accepted)
    },
  })
  new Counter({
    name: 'hs_handshakes_total',
    help: 'Connections that are over by outcome; a failure has a code. A probe closed without sending anything.',
    labelNames: [...labelNames, 'outcome', 'code'],
    registers,
    collect() {
      this.reset()
      for (const { counters, labels } of perThread()) {
        this.inc({ ...labels, outcome: 'established' }, counters.established)
        this.inc({ ...labels, outcome: 'probe' }, counters.probes)
        for (const [code, count] of Object.entries(counters.failed)) {
          this.inc({ ...labels, outcome: 'failed', code }, count)
        }
      }
    },
  })
  new Counter({
    name: 'hs_connections_dropped_total',
    help: 'Connections that were closed unserved for want of descriptors, or of room in the queue.',
    labelNames,
    registers,
    collect() {
      this.reset()
      for (const { counters, labels } of perThread()) this.inc(labels, counters.dropped)
    },
  })
  new Gauge({
    name: 'hs_connections_active',
    help: 'Connections that are being served.',
    labelNames,
    registers,
    collect() {
      for (const { counters, labels } of perThread()) this.set(labels, counters.active)
    },
  })
  new Counter({
    name: 'hs_output_lost_total',
    help: 'Lines that did not get out by stream, since it was not read, closed or full.',
    labelNames: [...labelNames, 'stream'],
    registers,
    collect() {
      this.reset()
      for (const { counters, labels } of perThread()) {
        this.inc({ ...labels, stream: 'stdout' }, counters.linesLost)
        this.inc({ ...labels, stream: 'stderr' }, counters.reasonsLost)
      }
    },
  })
  const gauge = (name: string, help: string, value: () => number | undefined) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const now = value()
        if (now === undefined) this.remove()
        else this.set(now)
      },
    })
  gauge('hs_connections_waiting', 'Connections in the queue of the kernel (Linux only).', () =>
    waitingInKernel(server.address.port),
  )
  gauge('hs_connections_limit', 'The most connections that are served at a time.', () => server.maxConnections)
  gauge('hs_ready', '1 if the server takes new connections.', () =>
    Number(isReady?.() ?? (server.state === 'serving' && server.counters.active < server.maxConnections)),
  )
  gauge('hs_threads_wanted', 'Threads that serve.', () => server.threads)
  gauge('hs_threads_alive', 'Threads that serve and live.', () => server.threads - (meter?.missingThreads ?? 0))
  meter?.registerIn(register)
  return {
    async scrape(accept = '') {
      const isOpen = accept.includes('application/openmetrics-text')
      const type = isOpen ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE
      register.setContentType(type as never)
      return { type, text: await register.metrics() }
    },
  }
}
