import { HelloError } from '@hs/protocol'
import type { HandshakeReport } from './handshake.js'

/** A server, and how its handshake ended. */
export interface Checked {
  readonly server: string
  readonly end: HandshakeReport | HelloError
}

/**
 * The line of a plugin of Nagios, which Icinga, Sensu and others read as well: the state, what happened, and times as
 * performance data.
 */
export function nagiosLine(checked: readonly Checked[]): string {
  const failed = checked.flatMap(({ server, end }) => (end instanceof HelloError ? [{ server, error: end }] : []))
  const performance = checked.flatMap(({ server, end }) => (end instanceof HelloError ? [] : timesOf(server, end)))
  const state = failed.length > 0 ? 'CRITICAL' : 'OK'
  const reasons = failed.map(({ server, error }) => `${server}: ${error.code} ${error.message}`)
  // What a peer sent is escaped in messages already; a bar would begin the performance data.
  const text = [`${checked.length - failed.length} of ${checked.length} established`, ...reasons]
    .join('; ')
    .replaceAll('|', '/')
  return `HELLO ${state}: ${text}${performance.length > 0 ? ` | ${performance.join(' ')}` : ''}`
}

function timesOf(server: string, { connectMs, replyMs, totalMs }: HandshakeReport): string[] {
  return Object.entries({ connect: connectMs, reply: replyMs, total: totalMs }).map(
    ([name, ms]) => `'${server} ${name}'=${(ms / 1000).toFixed(6)}s;;;0`,
  )
}
