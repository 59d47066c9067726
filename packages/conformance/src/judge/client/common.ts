import { text } from '../../message.js'
import { type ClientFacts, isFirst, isThird } from '../../observe/client/facts.js'
import type { Exchange } from '../../observe/exchange.js'
import { mentions } from '../../observe/output.js'
import { type Evidence, type Judgement, leftOpen, RIGHT, type Seen, shown, UNANSWERED } from '../judgement.js'

export type ClientSeen = Seen<ClientFacts>
export type ClientJudge = (seen: ClientSeen) => Judgement

/** A judge of the first right run. */
export const ofFirst =
  (judge: (run: Exchange, seen: ClientSeen) => Judgement): ClientJudge =>
  (seen) => {
    const { understands, first } = seen.facts
    return understands && first ? judge(first, seen) : UNANSWERED
  }

/** @param message - What it closes after. */
export function closesItself(run: Exchange, message: string): Judgement {
  if (run.ended) return RIGHT
  const received = run.endedLate ? 'the end, but only after the server had closed' : 'nothing'
  return leftOpen('stays-open', run, { message }, received)
}

/** X did not come, or is another number; undefined: it is right. */
export function wrongFirst(run: Exchange, values: Evidence['values'] = {}): Judgement | undefined {
  if (isFirst(run)) return undefined
  const { x = 0, reply, unconnected } = run
  if (unconnected !== undefined) {
    const expected = 'a connection to {host}, {port}'
    return shown('no-connection', run, { expected, received: 'nothing', words: true, values: { x, ...values } })
  }
  return shown(reply === '' ? 'first-missing' : 'first-wrong', run, {
    expected: text(x),
    received: reply,
    values: { x, ...values },
  })
}

/** Z did not come, or is another number; undefined: it is right. */
export function wrongThird(run: Exchange, values: Evidence['values'] = {}): Judgement | undefined {
  if (isThird(run)) return undefined
  const { x = 0, after, third = '' } = run
  const all = { x, y: x + 1, z: x + 2, ...values }
  return shown(after === '' ? 'third-missing' : 'third-wrong', run, {
    sent: third,
    expected: text(x + 2),
    received: after,
    values: all,
  })
}

/** The first right answer is not on stdout, so nothing can be said of its line. */
export function unprinted({ facts: { first } }: ClientSeen): Judgement | undefined {
  return first && !mentions(first.out, first.x! + 1) ? { symptom: 'output-none', evidence: {} } : undefined
}

/** A line that is still in the buffer of stdout when the program ends, and is lost in a pipe. */
export function lostAtEnd(
  seen: ClientSeen,
  purpose: 'right' | 'wrong',
  isThere: (run: Exchange) => boolean,
): Judgement | undefined {
  const run = seen.exchanges.get('piped').find((one) => one.purpose === purpose)
  // A program that did not wait for the answer has nothing to print.
  if (!run?.exit || !isFirst(run) || (purpose === 'right' && !isThird(run)) || isThere(run)) return undefined
  const line = purpose === 'right' ? text(run.x! + 1) : 'ERROR'
  const received = run.out || run.err || 'nothing'
  return shown('lost-at-end', run, { sent: run.third ?? '', expected: line, received, words: true, values: { line } })
}
