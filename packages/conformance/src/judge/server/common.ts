import { text } from '../../message.js'
import type { Exchange } from '../../observe/exchange.js'
import type { ServerFacts } from '../../observe/server/facts.js'
import { type Evidence, type Judgement, type Seen, shown } from '../judgement.js'

export type ServerSeen = Seen<ServerFacts>
export type ServerJudge = (seen: ServerSeen) => Judgement

/** Lines of this program cannot be seen in time. */
export function unprinted({ facts: { printing } }: ServerSeen): Judgement | undefined {
  if (printing === 'late') return { symptom: 'output-late', evidence: {} }
  if (printing === 'none') return { symptom: 'output-none', evidence: {} }
  return undefined
}

/** What the program printed, on the stream on which it prints its lines. */
export const linesText = ({ facts: { printing } }: ServerSeen, { out, err }: { out: string; err: string }): string =>
  printing === 'stderr' ? err : out

/** The answer to X did not come, or has another number. */
export function wrongAnswer(exchange: Exchange, values: Evidence['values'] = {}): Judgement {
  const { x = 0, sent, reply, unconnected } = exchange
  const about = { sent, expected: text(x + 1), received: reply, values: { x, ...values } }
  if (unconnected !== undefined) {
    return shown('unconnected', exchange, {
      expected: 'a connection',
      received: unconnected,
      words: true,
      values: { x, why: unconnected },
    })
  }
  return shown(reply === '' ? 'silent' : 'wrong-number', exchange, about)
}
