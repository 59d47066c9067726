import { text } from '../../message.js'
import { longestPause, thirdNumber } from '../../observe/exchange.js'
import { mentions } from '../../observe/output.js'
import { LONGEST_PAUSE_MS } from '../../observe/server/patience.js'
import { leftOpen, RIGHT, shown, UNANSWERED } from '../judgement.js'
import { linesText, type ServerJudge, wrongAnswer } from './common.js'

const closesByItself: ServerJudge = (seen) => {
  const { answered, closes } = seen.facts
  if (answered && closes) return RIGHT
  const [exchange] = seen.exchanges.get('waiting client')
  if (!exchange) return UNANSWERED
  const { right, ended, endedLate } = exchange
  if (!right) return wrongAnswer(exchange)
  if (ended) return RIGHT
  const values = { message: text(thirdNumber(exchange)!), follows: Number(endedLate ?? false) }
  const received = endedLate
    ? 'the end, but only after the client had closed'
    : 'nothing, even after the client had closed'
  return leftOpen('stays-open', exchange, values, received)
}

const waits: ServerJudge = (seen) => {
  const [exchange] = seen.exchanges.get('slow client')
  if (!exchange) return UNANSWERED
  const { right, ended, sent, third, x = 0, from, to } = exchange
  const events = seen.observations.get('slow client')!.events.slice(from, to)
  if (ended?.beforeThird && longestPause(events) > LONGEST_PAUSE_MS) return { unseen: 'machine-late' }
  if (!right) return wrongAnswer(exchange)
  if (ended?.beforeThird) {
    const expected = 'an open connection'
    return shown('closed-early', exchange, { sent, expected, received: 'its end', words: true, values: { x } })
  }
  const z = thirdNumber(exchange)!
  const lines = linesText(seen, exchange)
  if (!seen.facts.printsThird || mentions(lines, z)) return RIGHT
  const about = { sent: third!, expected: `${text(z)}\n`, received: lines, values: { message: text(z) } }
  return shown('third-not-printed', exchange, about)
}

export const closing = { 'S4.1': closesByItself, 'S4.2': waits } satisfies Record<string, ServerJudge>
