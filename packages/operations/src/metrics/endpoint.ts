import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HelloServer } from '@hs/server-core'
import type { Endpoint } from '@hs/transport'
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

/** A request has no body and few headers: whatever takes longer is not a scraper. */
const MOST_MS = 5_000

/**
 * Serves `/metrics` (OpenMetrics, or the older text format on request), `/healthz` (200 as long as the process
 * answers) and `/readyz` (503 with a reason while the server drains, is full or has no descriptors left) by HTTP.
 *
 * @throws System errors as Node shapes them if it cannot listen.
 */
export async function serveMetrics(server: HelloServer, options: EndpointOptions): Promise<MetricsEndpoint> {
  const { port, host = '127.0.0.1', meter } = options
  const readiness = new Readiness(server)
  const scraped = metrics(server, { meter, isReady: () => readiness.look() === undefined })
  const http = createServer({ requestTimeout: MOST_MS, headersTimeout: MOST_MS }, (request, response) => {
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
  http.listen({ port, host })
  await once(http, 'listening')
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
