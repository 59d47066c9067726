import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { checkOptions, host, listeningPort, optional, required, type Table } from '@hs/options'
import type { HelloServer } from '@hs/server-core'
import type { Endpoint } from '@hs/transport'
import { handshakeMeter } from '../checks.js'
import type { HandshakeMeter } from './meter.js'
import { metrics } from './metrics.js'
import { Readiness } from './readiness.js'

export interface EndpointOptions {
  readonly port: number
  /** Default `'127.0.0.1'`: reachable from this machine only. */
  readonly host?: string
  readonly meter?: HandshakeMeter
}

export interface MetricsEndpoint extends AsyncDisposable {
  readonly address: Endpoint
  /** `/readyz` says from now on that the server is about to stop. */
  drain(): void
  close(): Promise<void>
}

/** A connection is for one request, and may take this long in all: longer than a scraper waits by default. */
const MOST_MS = 10_000

/** Fewer than the descriptors that the server's own connections leave free (`DescriptorReserve`). */
const MOST_CONNECTIONS = 8

const ENDPOINT_OPTIONS = {
  port: required(listeningPort),
  host: optional(host, '127.0.0.1'),
  meter: optional(handshakeMeter),
} satisfies Table<EndpointOptions>

/**
 * Serves `/metrics` (OpenMetrics, or the older text format on request), `/healthz` (200 as long as the process
 * answers) and `/readyz` (503 with a reason while the server drains, is full or has no descriptors left) by HTTP.
 *
 * @throws System errors as Node shapes them if it cannot listen.
 */
export async function serveMetrics(server: HelloServer, options: EndpointOptions): Promise<MetricsEndpoint> {
  const { port, host, meter } = checkOptions('serveMetrics', options, ENDPOINT_OPTIONS)
  const readiness = new Readiness(server)
  const scraped = metrics(server, { ...(meter && { meter }), isReady: () => readiness.look() === undefined })
  const http = createServer((request, response) => {
    response.shouldKeepAlive = false
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(response, 405, 'Only GET is served here.')
      return
    }
    switch (request.url?.split('?')[0]) {
      case '/metrics':
        scraped.scrape(request.headers.accept).then(
          ({ text, type }) => answer(response, 200, text, type),
          (error: Error) => answer(response, 500, error.message),
        )
        break
      case '/healthz':
        answer(response, 200, 'ok')
        break
      case '/readyz': {
        const reason = readiness.look()
        answer(response, reason === undefined ? 200 : 503, reason ?? 'ok')
        break
      }
      default:
        answer(response, 404, 'There are /metrics, /healthz and /readyz.')
    }
  })
  http.maxConnections = MOST_CONNECTIONS
  // One that waits for another request would keep a descriptor from the next scraper, and one that brings many, the thread.
  http.maxRequestsPerSocket = 1
  http.on('connection', (socket) => {
    const deadline = setTimeout(() => socket.destroy(), MOST_MS).unref()
    socket.on('close', () => clearTimeout(deadline))
  })
  http.listen({ port, host })
  await once(http, 'listening')
  // A scraper found all descriptors taken. It will try again.
  http.on('error', () => {})
  // It must not keep a process alive whose server has stopped.
  http.unref()
  const { address, port: chosen } = http.address() as AddressInfo
  const close = async () => {
    http.closeAllConnections()
    await new Promise<void>((resolve) => http.close(() => resolve()))
  }
  return {
    address: { host: address, port: chosen },
    drain: () => readiness.drain(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function answer(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
  response.end(text.endsWith('\n') ? text : `${text}\n`)
}
