import { text } from '../../message.js'
import { hasError, mentions } from '../../observe/output.js'
import { type Evidence, leftOpen, RIGHT, shown, UNANSWERED } from '../judgement.js'
import type { Symptom } from '../symptoms.js'
import { linesText, type ServerJudge } from './common.js'

/** A handshake whose bytes travelled in an unusual way, and which has to end as always. */
function delivered(purpose: string): ServerJudge {
  return (seen) => {
    const exchange = seen.exchanges.get('deliveries').find((one) => one.purpose === purpose)
    if (!exchange) return UNANSWERED
    const { x = 0, right, ended, unconnected, reply, sent, third } = exchange
    const as = (symptom: Symptom, evidence: Evidence) =>
      shown(symptom, exchange, { ...evidence, values: { x, z: x + 2 } })
    if (!right) return as('not-understood', { sent, expected: text(x + 1), received: unconnected ?? reply })
    const lines = linesText(seen, exchange)
    const expected = `${text(x)}\n${text(x + 2)}\n`
    const { printsThird, closes } = seen.facts
    if (printsThird && !mentions(lines, x + 2))
      return as('third-cut', { ...(third !== undefined && { sent: third }), expected, received: lines })
    if (seen.settings.observed && (hasError(exchange.out) || hasError(exchange.err)))
      return as('error-for-delivery', { expected, received: lines })
    if (ended || !closes) return RIGHT
    return leftOpen('not-finished', exchange)
  }
}

export const robustness = {
  'S7.1': delivered('nul'),
  'S7.2': delivered('newline'),
  'S7.3': delivered('padded'),
  'S7.4': delivered('two segments'),
  'S7.5': delivered('terminator apart'),
  'S7.6': delivered('both at once'),
} satisfies Record<string, ServerJudge>
