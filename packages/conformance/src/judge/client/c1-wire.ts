import { readText, text } from '../../message.js'
import { CLIENT_NUMBERS } from '../../observe/client/numbers.js'
import type { Exchange } from '../../observe/exchange.js'
import { endsWithNewline, nulsIn, unsplit } from '../both.js'
import { type Judgement, noted, RIGHT, shown, UNANSWERED } from '../judgement.js'
import type { Symptom } from '../symptoms.js'
import { type ClientJudge, type ClientSeen, wrongFirst, wrongThird } from './common.js'

interface Message {
  readonly run: Exchange
  readonly number: number
  readonly received: string
}

/** Everything that the program sent in right runs: short, long, negative and zero. */
function messages(seen: ClientSeen): Message[] {
  const { first } = seen.facts
  const runs = [...(first ? [first] : []), ...seen.exchanges.get('numbers')]
  return runs
    .flatMap((run) => [
      { run, number: run.x!, received: run.reply },
      { run, number: run.x! + 2, received: run.after },
    ])
    .filter(({ received, number }) => readText(received).sequence === number)
}

const ofMessages =
  (
    isSo: (received: string) => boolean,
    symptom: Symptom,
    values: (received: string) => Record<string, number> = () => ({}),
  ): ClientJudge =>
  (seen) => {
    const all = messages(seen)
    if (all.length === 0) return UNANSWERED
    const found = all.find(({ received }) => isSo(received))
    if (!found) return RIGHT
    const { run, number, received } = found
    return shown(symptom, run, {
      expected: text(number),
      received,
      values: { x: number, y: number, ...values(received) },
    })
  }

const speaks: ClientJudge = ({ facts: { bare } }) => (bare ? (wrongFirst(bare) ?? RIGHT) : UNANSWERED)

const goesOn: ClientJudge = ({ facts: { speaks: right, first, bare, understands } }) => {
  if (!right || !first || !bare) return UNANSWERED
  return wrongThird(understands ? first : bare) ?? RIGHT
}

const needsNothingBehind: ClientJudge = ({ facts: { bare, dress, stale, understands } }) => {
  if (!bare || !understands) return UNANSWERED
  if (dress === '' || stale) return RIGHT
  const newline = dress.includes('\n')
  const what =
    dress.length > 4 ? 'a whole buffer' : newline ? `a newline${dress.includes('\0') ? ' and a NUL' : ''}` : 'a NUL'
  const compared = Number(newline && (bare.after !== '' || /ERROR/.test(bare.out + bare.err)))
  return shown('needs-dress', bare, {
    sent: bare.third!,
    expected: text(bare.x! + 2),
    received: bare.after,
    values: { what, compared },
  })
}

const oneAtATime: ClientJudge = (seen) => {
  const run = seen.exchanges.get('patient').find(({ purpose }) => purpose === 'slow')
  if (!run) return UNANSWERED
  for (const [number, received] of [
    [run.x!, run.reply],
    [run.x! + 2, run.after],
  ] as const) {
    if (received === '' || readText(received).surplus.length === 0) continue
    return shown('says-more', run, { expected: text(number), received })
  }
  return RIGHT
}

const nothingStale: ClientJudge = ({ facts: { stale, understands } }) => {
  if (!understands) return UNANSWERED
  if (!stale) return RIGHT
  const { exchange, seen, line } = stale
  const { x = 0, third = '', after, out } = exchange
  const values = { x: x + 1 }
  if (seen === 'taken')
    return shown('stale-judged', exchange, {
      sent: third,
      expected: text(x + 2),
      received: 'nothing',
      words: true,
      values,
    })
  if (seen === 'third')
    return shown('stale-reply', exchange, { sent: third, expected: text(x + 2), received: after, values })
  return shown('stale-line', exchange, { sent: third, expected: text(x + 1), received: line ?? out, values })
}

/** Right runs with these numbers. */
function numbered(id: keyof typeof CLIENT_NUMBERS): ClientJudge {
  const numbers: readonly number[] = CLIENT_NUMBERS[id]
  return (seen) => {
    if (!seen.facts.understands) return UNANSWERED
    const runs = seen.exchanges.get('numbers').filter(({ x }) => numbers.includes(x!))
    if (runs.length === 0) return { symptom: 'no-room', evidence: { values: { x: numbers.at(-1)! } } }
    for (const run of runs) {
      const small = Number(seen.facts.small && Math.abs(run.x! + 2) >= 10)
      const wrong: Judgement | undefined = wrongFirst(run, { others: 1 }) ?? wrongThird(run, { small })
      if (wrong) return wrong
    }
    return noted('tried', { numbers: runs.map(({ x }) => x).join(', ') })
  }
}

const edge: ClientJudge = (seen) => {
  const judged = numbered('C1.15')(seen)
  if (!('right' in judged)) return judged
  const run = seen.exchanges.get('numbers').find(({ x }) => x === CLIENT_NUMBERS['C1.15'][0])!
  return noted(readText(run.after).sequence! < 0 ? 'counts-in-32-bits' : 'counts-on')
}

export const wire = {
  'C1.1': speaks,
  'C1.2': goesOn,
  'C1.3': needsNothingBehind,
  'C1.4': ofMessages((received) => !readText(received).wellFormed, 'malformed'),
  'C1.5': ofMessages(endsWithNewline, 'newline-sent'),
  'C1.6': ofMessages(
    (received) => nulsIn(received) > 0,
    'nul-sent',
    (received) => ({ nuls: nulsIn(received) }),
  ),
  'C1.7': oneAtATime,
  'C1.8': (seen) => unsplit(seen.exchanges.get('patient'), 2),
  'C1.9': nothingStale,
  'C1.10': numbered('C1.10'),
  'C1.11': numbered('C1.11'),
  'C1.12': numbered('C1.12'),
  'C1.13': numbered('C1.13'),
  'C1.14': numbered('C1.14'),
  'C1.15': edge,
} satisfies Record<string, ClientJudge>
