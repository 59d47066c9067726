import { readText, text } from '../../message.js'
import { type Exchange, thirdNumber } from '../../observe/exchange.js'
import { endsWithNewline, nulsIn, unsplit } from '../both.js'
import { type Judgement, noted, RIGHT, shown, UNANSWERED } from '../judgement.js'
import { type ServerJudge, type ServerSeen, wrongAnswer } from './common.js'

/** All right answers: short, long, negative and zero. Demands on the shape of a message hold for each. */
function answers(seen: ServerSeen): Exchange[] {
  const { first } = seen.facts
  const all = [...(first ? [first] : []), ...seen.exchanges.get('handshakes'), ...seen.exchanges.get('numbers')]
  return all.filter(({ right }) => right)
}

/** The first answer of which something is true, as a symptom. */
function firstAnswer(
  seen: ServerSeen,
  isSo: (exchange: Exchange) => boolean,
  judge: (exchange: Exchange) => Judgement,
): Judgement {
  const all = answers(seen)
  if (all.length === 0) return UNANSWERED
  const found = all.find(isSo)
  return found ? judge(found) : RIGHT
}

const shape =
  (symptom: Parameters<typeof shown>[0], values = {}) =>
  (exchange: Exchange) =>
    shown(symptom, exchange, {
      sent: exchange.sent,
      expected: text(exchange.y!),
      received: exchange.reply,
      values: { x: exchange.x!, y: exchange.y!, ...values },
    })

const answersX: ServerJudge = ({ facts }) => {
  const { first, bare, sometimes } = facts
  if (!first || !bare) return UNANSWERED
  if (sometimes) {
    const values = { x: bare.x!, times: sometimes.times, of: sometimes.of }
    return shown('answered-sometimes', bare, {
      sent: bare.sent,
      expected: text(bare.x! + 1),
      received: bare.reply,
      values,
    })
  }
  return first.right ? RIGHT : wrongAnswer(bare)
}

const needsNothingBehind: ServerJudge = ({ facts: { answered, bare, dress, sometimes } }) => {
  if (!answered || !bare) return UNANSWERED
  if (bare.reply !== '' || dress === '' || sometimes) return RIGHT
  const what = dress === '\n' ? 'a newline' : dress.length > 1 ? 'a whole buffer' : 'a NUL'
  return shown('needs-dress', bare, { sent: bare.sent, expected: text(bare.x! + 1), received: '', values: { what } })
}

const portTaken: ServerJudge = ({ observations, facts: { fixedPort } }) => {
  const start = observations.get('learning')?.events.find((event) => event.type === 'start')
  if (start?.type !== 'start') return UNANSWERED
  const { port, told, host } = start
  if (told === undefined) return host === undefined ? RIGHT : noted('other-address', { host })
  const swapped = ((told & 0xff) << 8) | (told >> 8)
  return {
    symptom: 'other-port',
    evidence: {
      expected: `a listener on port ${told}`,
      received: `a listener on port ${port}`,
      words: true,
      values: { told, port, swapped, fixed: Number(fixedPort) },
    },
  }
}

const onlyTheMessage: ServerJudge = (seen) => {
  const inFront = answers(seen).find((exchange) => exchange.inFront)
  if (inFront) return shape('something-in-front')(inFront)
  return firstAnswer(seen, ({ reply }) => !readText(reply).wellFormed, shape('malformed'))
}

const noNewline: ServerJudge = (seen) => firstAnswer(seen, ({ reply }) => endsWithNewline(reply), shape('newline-sent'))

const noNul: ServerJudge = (seen) => {
  if (seen.facts.echo) return answers(seen).length === 0 ? UNANSWERED : noted('as-many-nuls-as-sent')
  return firstAnswer(
    seen,
    ({ reply }) => nulsIn(reply) > 0,
    (exchange) =>
      shape('nul-sent', {
        nuls: nulsIn(exchange.reply),
        lengthOfSent: Number(exchange.reply.length === exchange.sent.length),
      })(exchange),
  )
}

/** Those that were watched for more. */
const watched = (seen: ServerSeen) => seen.exchanges.get('handshakes').slice(0, 2)

const nothingBehind: ServerJudge = (seen) => {
  const all = watched(seen)
  if (all.length === 0) return UNANSWERED
  for (const exchange of all) {
    if (!exchange.right) return wrongAnswer(exchange)
    if (readText(exchange.reply).surplus.length > 0 && !exchange.inFront) return shape('sent-too-much')(exchange)
  }
  return RIGHT
}

const withoutTerminators = (received: string) => received.replace(/[\0\r\n]/g, '')

const secondUnanswered: ServerJudge = (seen) => {
  const all = watched(seen)
  if (all.length === 0) return UNANSWERED
  // ERROR is often sent, too.
  const wrong = seen.exchanges.get('wrong third').filter(({ right, after }) => right && after.includes('ERROR'))
  const more = [...all, ...wrong].find(({ after }) => withoutTerminators(after) !== '')
  if (!more) return RIGHT
  return shown('answers-z', more, { sent: more.third!, expected: '', received: more.after })
}

const oneWrite: ServerJudge = (seen) => {
  const right = seen.exchanges.get('handshakes').filter((exchange) => exchange.right)
  return unsplit(right, 1, ({ after }) => after === '')
}

const nothingStale: ServerJudge = ({ facts: { stale, answered } }) => {
  if (!answered) return UNANSWERED
  if (!stale) return RIGHT
  const { exchange, seen, line = '' } = stale
  const { sent, third = '', x = 0, reply } = exchange
  if (seen === 'reply')
    return shown('stale-reply', exchange, { sent, expected: text(x + 1), received: reply, values: { x } })
  if (seen === 'line') {
    const number = line.includes(text(x)) ? x : (thirdNumber(exchange) ?? x)
    return shown('stale-line', exchange, {
      sent: sent + third,
      expected: text(number),
      received: line,
      values: { x: number },
    })
  }
  return shown('stale-judged', exchange, {
    sent: sent + third,
    expected: `${text(x)}\n${text(x + 2)}\n`,
    received: line,
    words: true,
    values: { x },
  })
}

/** Each of these numbers is answered with the next. */
function numbered(numbers: readonly number[]): ServerJudge {
  return (seen) => {
    const all = seen.exchanges.get('numbers').filter(({ x }) => numbers.includes(x!))
    if (all.length === 0) return UNANSWERED
    for (const exchange of all) {
      const { x = 0, right, after, y = 0, third, sent, reply } = exchange
      const expected = text(x + 1)
      if (!right && reply !== '' && expected.length > sent.length && reply === expected.slice(0, sent.length))
        return shown('length-of-received', exchange, { sent, expected, received: reply, values: { x, y } })
      if (!right) return wrongAnswer(exchange, { others: 1 })
      if (withoutTerminators(after) !== '')
        return shown('answers-z-of-number', exchange, { sent: third!, expected: '', received: after, values: { x, y } })
    }
    return noted('tried', { numbers: numbers.join(', ') })
  }
}

const oneMoreDigit: ServerJudge = (seen) => {
  const { echo } = seen.facts
  if (!echo) return numbered([9, 99, 999, 9999])(seen)
  const { sent, x = 0, reply } = echo
  return shown('length-of-received', echo, { sent, expected: text(x + 1), received: reply, values: { x } })
}

const edge: ServerJudge = (seen) => {
  const judged = numbered([2147483647, 2147483646])(seen)
  if (!('right' in judged)) return judged
  return noted(seen.facts.arithmetic === 'int32' ? 'counts-in-32-bits' : 'counts-on')
}

export const wire = {
  'S1.1': answersX,
  'S1.2': needsNothingBehind,
  'S1.3': portTaken,
  'S1.4': onlyTheMessage,
  'S1.5': noNewline,
  'S1.6': noNul,
  'S1.7': nothingBehind,
  'S1.8': secondUnanswered,
  'S1.9': oneWrite,
  'S1.10': nothingStale,
  'S1.11': numbered([0]),
  'S1.12': oneMoreDigit,
  'S1.13': numbered([-5, -100, -1234]),
  'S1.14': numbered([-1]),
  'S1.15': numbered([32767, 65535, 123456789, 2147483645]),
  'S1.16': edge,
} satisfies Record<string, ServerJudge>
