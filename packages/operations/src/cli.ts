/** The options of `tcpserver` for operators, and what they do in its life. The program plugs it into that of the core. */
import { type Option, parsers, UsageError } from '@hs/command-line'
import { count } from '@hs/options'
import type { Extension, ServerLife } from '@hs/server-core/cli'
import { type Endpoint, formatEndpoint } from '@hs/transport'
import { parseRange } from './gate/address.js'
import { type GateOptions, gated } from './gate/gate.js'
import type { MetricsEndpoint } from './metrics/endpoint.js'
import { activatedSocket } from './supervision/activation.js'
import { Supervisor } from './supervision/notify.js'

const options = {
  metrics: {
    describe: 'Serve /metrics, /healthz and /readyz by HTTP, on 127.0.0.1 unless a host is given',
    default: undefined,
    parse: parseListen,
    placeholder: '[host:]port',
  } as Option<Endpoint | undefined>,
  proxyProtocol: {
    describe: 'Addresses and blocks that send a PROXY header (version 1 or 2), with commas between, as in 10.0.0.0/8',
    default: undefined,
    parse: parseRanges,
    placeholder: 'addresses',
  } as Option<readonly string[] | undefined>,
  peerConnections: {
    describe: 'Connections of one address at a time; more are closed at once',
    default: undefined,
    parse: parsers.number(count),
    placeholder: 'n',
  } as Option<number | undefined>,
  peerRate: {
    describe: 'New connections of one address per second; more are closed at once',
    default: undefined,
    parse: parsers.number(count),
    placeholder: 'n',
  } as Option<number | undefined>,
  reusePort: {
    describe: 'Let another server listen on the same port, for a handover without a gap',
    default: false,
  } as Option<boolean>,
  lameDuck: {
    describe: 'How long to keep accepting after SIGTERM, while /readyz says that the server stops',
    default: 0,
    parse: parsers.duration,
    placeholder: 'duration',
  } as Option<number>,
}

/** The values of the options above, and of those of the core that matter here. */
interface OperationsValues {
  readonly metrics: Endpoint | undefined
  readonly proxyProtocol: readonly string[] | undefined
  readonly peerConnections: number | undefined
  readonly peerRate: number | undefined
  readonly reusePort: boolean
  readonly lameDuck: number
  readonly timeout: number
}

type Metering = typeof import('./metrics/index.js')

/** @param tell - Takes sentences for people about what goes wrong meanwhile. */
async function prepare(values: OperationsValues, tell: (sentence: string) => void): Promise<ServerLife> {
  const { metrics: at, reusePort, lameDuck, timeout } = values
  // A server without metrics does not pay for loading them.
  const { HandshakeMeter, serveMetrics } = at ? await import('./metrics/index.js') : ({} as Partial<Metering>)
  const meter = HandshakeMeter && new HandshakeMeter(timeout)
  const fd = activatedSocket(process.env, process.pid)
  const supervisor = new Supervisor(process.env, tell)
  const gate = gateOf(values)
  let endpoint: MetricsEndpoint | undefined
  return {
    serve: {
      ...(reusePort && { reusePort }),
      ...(fd !== undefined && { fd }),
      ...(gate && { wrapTransport: (transport, threads) => gated(transport, gate, threads) }),
      ...(meter && { onEvent: meter.onEvent }),
    },
    async listening(server) {
      endpoint = at && (await serveMetrics!(server, { ...at, ...(meter && { meter }) }).catch(explain))
      await supervisor.ready(`listening on ${formatEndpoint(server.address)}`)
      return endpoint ? [`metrics on http://${formatEndpoint(endpoint.address)}/metrics`] : []
    },
    async stopping() {
      endpoint?.drain()
      // A supervisor that is busy must not hold up the stop.
      void supervisor.stopping(lameDuck > 0 ? 'about to stop' : 'stopping')
      if (lameDuck > 0) await new Promise((resolve) => setTimeout(resolve, lameDuck))
    },
    async stopped() {
      supervisor.close()
      await endpoint?.close()
    },
  }
}

/** The plug for `main` of `@hs/server-core/cli`. */
export const operations: Extension = { options, prepare }

function explain(error: Error): never {
  throw new Error(`metrics cannot be served: ${error.message}; choose another address with --metrics`, { cause: error })
}

/** @returns undefined if no gate is needed: then nothing stands between the listener and the server. */
function gateOf({ proxyProtocol, peerConnections, peerRate }: OperationsValues): GateOptions | undefined {
  if (!proxyProtocol && peerConnections === undefined && peerRate === undefined) return undefined
  const peers = {
    ...(peerConnections !== undefined && { connections: peerConnections }),
    ...(peerRate !== undefined && { perSecond: peerRate }),
  }
  return { ...(proxyProtocol && { proxies: proxyProtocol }), ...(Object.keys(peers).length > 0 && { peers }) }
}

function parseListen(text: string): Endpoint {
  const [, host = '127.0.0.1', port] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? []
  if (port === undefined || Number(port) > 65535 || (host.includes(':') && !/^\[.*\]$/.test(host))) {
    throw new UsageError(`must be a port or host:port, as in 9464 or [::]:9464, got "${text}"`)
  }
  return { host: parsers.host(host), port: Number(port) }
}

function parseRanges(text: string): string[] {
  return text.split(',').map((range) => {
    if (parseRange(range)) return range
    throw new UsageError(`must be addresses or blocks such as 10.0.0.0/8, with commas between, got "${range}"`)
  })
}
