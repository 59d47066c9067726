import { setMaxListeners } from 'node:events'
import { checkOptions } from '@hs/options'
import {
  clientHandshake,
  type Handshake,
  type HandshakeResult,
  HelloError,
  type HelloFailure,
  type OutsideFailureCode,
} from '@hs/protocol'
import {
  type Connection,
  chooseTransport,
  Drive,
  deadlinePassed,
  type Endpoint,
  formatEndpoint,
  type Patience,
  type Timing,
  type Transport,
} from '@hs/transport'
import { connectBy } from '@hs/transport/internals'
import { HANDSHAKE_OPTIONS } from './checks.js'
import type { HandshakeOptions } from './options.js'

/** An established handshake. Times are in milliseconds, to the microsecond. */
export interface HandshakeReport extends HandshakeResult {
  readonly local: Endpoint
  readonly remote: Endpoint
  /** Until the connection was open, names looked up. */
  readonly connectMs: number
  /** From sending X until Y had come. */
  readonly replyMs: number
  /** From the call until the connection was closed. */
  readonly totalMs: number
}

/**
 * Connects, does one three-way handshake (HS-2), and closes.
 *
 * @returns When Z is sent and the connection is closed.
 * @throws {HelloError} For whatever the peer or the network did; `code` says what, `failure` in which state, what was
 *   expected and what came. A deadline (`timeoutMs`, in total) is `ERR_HS_TIMEOUT`.
 * @throws {TypeError | RangeError} For an option that makes no sense: it names the option and the value.
 * @throws `ERR_HS_TRANSPORT_UNAVAILABLE` If the Linux transport was asked for by name and cannot work here.
 */
export async function handshake(options: HandshakeOptions): Promise<HandshakeReport> {
  const { sequence = randomSequence(), ...settings } = checkOptions('handshake', options, HANDSHAKE_OPTIONS)
  const { signal, timeoutMs, quietMs, prefixMs, onEffect } = settings
  if (signal) allowMany(signal)
  const machine = clientHandshake(sequence, settings)
  const { transport } = await chooseTransport(settings.transport, (name) => import(/* webpackIgnore: true */ name))
  const { clock } = transport

  const started = clock.now()
  const connection = await connect(transport, machine, settings)
  const { local, remote } = connection
  const connectMs = clock.now() - started
  let replyMs = 0

  return new Promise((resolve, reject) => {
    const timing: Timing = { clock, timeoutMs, quietMs, prefixMs }
    const drive = new Drive(machine, connection, timing, {
      onEffect(effect) {
        if (effect.type === 'received') replyMs = clock.now() - started - connectMs
        onEffect?.(effect)
      },
      onClosed(outcome) {
        signal?.removeEventListener('abort', onAbort)
        if (outcome.type === 'failed') {
          reject(new HelloError(outcome.failure, { cause: outcome.error ?? signal?.reason }))
        } else {
          const totalMs = clock.now() - started
          const times = { connectMs: round(connectMs), replyMs: round(replyMs), totalMs: round(totalMs) }
          resolve({ ...outcome.result, local, remote, ...times })
        }
      },
    })
    const onAbort = () => drive.fail('ERR_HS_ABORTED', 'The caller aborted')
    signal?.addEventListener('abort', onAbort)
    drive.start(connectMs)
    if (signal?.aborted) onAbort()
  })
}

/** Any number of handshakes may share a signal; Node takes more than ten for a leak, and says so on stderr. */
function allowMany(signal: AbortSignal): void {
  try {
    setMaxListeners(0, signal)
  } catch {
    // Of another class than that of Node, which does not count, or frozen.
  }
}

/** To the microsecond: further digits are noise. */
const round = (ms: number) => Math.round(ms * 1000) / 1000

/** A number to begin with, so that no two runs look alike: 0 to 2147483645, whose successors fit 32 bits. */
export function randomSequence(): number {
  return Math.floor(Math.random() * (2 ** 31 - 2))
}

/** Connects within the deadline, or throws what went wrong as the handshake's failure. */
async function connect(
  transport: Transport,
  machine: Handshake,
  options: Pick<HandshakeOptions, 'family' | 'signal'> & Endpoint & Pick<Patience, 'timeoutMs'>,
): Promise<Connection> {
  const { host, port, family, signal, timeoutMs } = options
  const to = { host, port }
  const ending = new AbortController()
  const onAbort = () => ending.abort(signal!.reason)
  const deadline = transport.clock.after(timeoutMs, () => ending.abort(deadline))
  signal?.addEventListener('abort', onAbort)
  if (signal?.aborted) onAbort()
  try {
    return await connectBy(transport, to, { signal: ending.signal, ...(family && { family }) })
  } catch (cause) {
    const at = formatEndpoint(to)
    if (signal?.aborted) throw failed(machine, 'ERR_HS_ABORTED', 'The caller aborted', signal.reason)
    if (ending.signal.aborted) {
      throw failed(machine, 'ERR_HS_TIMEOUT', `${deadlinePassed(timeoutMs)} while connecting to ${at}`)
    }
    // The server had accepted it already.
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ECONNRESET') throw failed(machine, 'ERR_HS_RESET', `The connection broke (${code})`, cause)
    throw failed(machine, 'ERR_HS_CONNECT', explain(cause as NodeJS.ErrnoException, to, family), cause)
  } finally {
    deadline.cancel()
    signal?.removeEventListener('abort', onAbort)
  }
}

function failed(machine: Handshake, code: OutsideFailureCode, reason: string, cause?: unknown): HelloError {
  const [effect] = machine.step({ type: 'fail', code, reason })
  return new HelloError((effect as { failure: HelloFailure }).failure, { cause })
}

/** Why a connection could not be opened, and what to look at. */
function explain(error: NodeJS.ErrnoException, to: Endpoint, family: 4 | 6 | undefined): string {
  const at = formatEndpoint(to)
  // A name with several addresses fails once for each of them.
  const [first = error, ...others] = ((error as unknown as AggregateError).errors ?? [error]) as NodeJS.ErrnoException[]
  const tried =
    others.length > 0
      ? ` (tried ${[first, ...others].map((each) => (each as { address?: string }).address).join(' and ')})`
      : ''
  switch (first.code) {
    case 'ECONNREFUSED':
      return `Nothing listens on ${at}${tried}: start the server, or check the address and the port`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The name "${to.host}" ${family ? `has no IPv${family} address` : 'could not be resolved'} (${first.code})`
    case 'EMFILE':
    case 'ENFILE':
      return `Out of file descriptors while connecting to ${at} (${first.code}): raise the limit (ulimit -n)`
    case 'ETIMEDOUT':
      return `${at} did not answer: a firewall, or no such machine`
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return `There is no way to ${at} from here (${first.code}): check the address and the network`
    default:
      return `Cannot connect to ${at}: ${first.message}`
  }
}
