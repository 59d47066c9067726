import { text } from '../../message.js'
import { type Exchange, outputOf, thirdNumber } from '../../observe/exchange.js'
import { linesOf, mentions, visible } from '../../observe/output.js'
import { bareThird } from '../both.js'
import { type Judgement, noted, RIGHT, shown, UNANSWERED } from '../judgement.js'
import { linesText, type ServerJudge, type ServerSeen, unprinted, wrongAnswer } from './common.js'

/** A judge of lines; cases about lines that cannot be seen in time are all told in the same way. */
const ofLines =
  (judge: (seen: ServerSeen, right: readonly Exchange[]) => ReturnType<ServerJudge>): ServerJudge =>
  (seen) => {
    const right = seen.exchanges.get('handshakes').filter((exchange) => exchange.right)
    return unprinted(seen) ?? (right.length === 0 ? UNANSWERED : judge(seen, right))
  }

/** The first two handshakes, if one process served both: the second shows whether the first ended its last line. */
function pair(seen: ServerSeen, right: readonly Exchange[]): { exchanges: readonly Exchange[]; raw: string } {
  const exchanges = right.slice(0, 2).filter(({ process }) => process === right[0]!.process)
  const events = seen.observations.get('handshakes')!.events.slice(exchanges[0]!.from, exchanges.at(-1)!.to)
  const stream = seen.facts.printing === 'stderr' ? 'err' : 'out'
  return { exchanges, raw: outputOf(events, exchanges[0]!.process, stream) }
}

const messagesOf = (exchanges: readonly Exchange[]): string[] =>
  exchanges.flatMap((exchange) => [text(exchange.x!), text(thirdNumber(exchange)!)])

/** The handshake that a message belongs to. */
const ofMessage = (exchanges: readonly Exchange[], message: string): Exchange =>
  exchanges.find((exchange) => messagesOf([exchange]).includes(message))!

const firstPrinted: ServerJudge = ({ facts: { answered, printing, printed } }) => {
  if (!answered || !printed) return UNANSWERED
  const { x = 0, out, err, sent } = printed
  if (printing === 'late') return noted('seen-late')
  if (printing === 'stderr') {
    const expected = `${text(x)} on stdout`
    return shown('printed-on-stderr', printed, { expected, received: err, words: true, values: { x } })
  }
  if (mentions(out, x)) return RIGHT
  return shown('not-printed', printed, { sent, expected: `${text(x)}\n`, received: out, values: { x } })
}

const onItsLine = ofLines((seen, right) => {
  const { exchanges, raw } = pair(seen, right)
  const wanted = messagesOf(exchanges)
  const lines = linesOf(raw)
  // What is not printed at all is another case's.
  const [missing] = wanted.filter((message) => mentions(raw, message) && !lines.includes(message))
  const last = exchanges.at(-1)!
  if (missing !== undefined) {
    const line = lines.find((one) => mentions(one, missing)) ?? raw
    const both = wanted.filter((message) => mentions(line, message)).length > 1
    const about = both ? last : ofMessage(exchanges, missing)
    const values = { message: missing }
    return shown(both ? 'two-on-a-line' : 'not-alone-on-line', about, { expected: missing, received: line, values })
  }
  const order = lines.filter((line) => wanted.includes(line))
  const inOrder = wanted.filter((message) => order.includes(message))
  const mixed = inOrder.some((message, at) => order[at] !== message) && new Set(order).size === order.length
  if (!mixed) return RIGHT
  return shown('wrong-order', last, { expected: wanted.join('\n'), received: order.join('\n'), words: true })
})

const thirdPrinted = ofLines((seen, [first]) => {
  const z = thirdNumber(first!)!
  if (mentions(linesText(seen, first!), z)) return RIGHT
  return shown('not-printed', first!, {
    sent: text(z),
    expected: `${text(z)}\n`,
    received: linesText(seen, first!),
    values: { x: z, third: 1, closes: Number(seen.facts.closes) },
  })
})

const printedWhole = ofLines((seen) => {
  for (const exchange of seen.exchanges.get('numbers')) {
    const { x = 0, right, sent } = exchange
    if (![8, -50, 1234567890].includes(x) || mentions(linesText(seen, exchange), x)) continue
    if (!right) return wrongAnswer(exchange, { others: 1 })
    const [received = ''] = linesText(seen, exchange).split('\n')
    return shown('not-printed', exchange, { sent, expected: text(x), received, values: { x, whole: 1 } })
  }
  return RIGHT
})

/** A Z that is wrong, or its ERROR, is printed twice. */
function twiceIfWrong(seen: ServerSeen): Judgement | undefined {
  const wrong = seen.exchanges.get('wrong third').find(({ purpose }) => purpose === 'too-large')
  if (!wrong?.right) return undefined
  const lines = linesOf(wrong.out)
  const twice = [bareThird(wrong), 'ERROR'].find((line) => lines.filter((one) => one === line).length > 1)
  if (twice === undefined) return undefined
  const expected = [text(wrong.x!), bareThird(wrong), 'ERROR'].join('\n')
  const about = { sent: wrong.third!, expected, received: wrong.out, words: true as const }
  return shown('printed-twice', wrong, { ...about, values: { message: twice } })
}

const nothingElse = ofLines((seen, right) => {
  const { exchanges } = pair(seen, right)
  const wanted = messagesOf(exchanges)
  const { events } = seen.observations.get('handshakes')!
  // What it says before it listens counts, too.
  const out = outputOf(events.slice(0, exchanges.at(-1)!.to), exchanges[0]!.process, 'out')
  const lines = linesOf(out)
  const twice = wanted.find((message) => lines.filter((line) => line === message).length > 1)
  if (twice !== undefined) {
    const about = ofMessage(exchanges, twice)
    const expected = messagesOf([about]).join('\n')
    return shown('printed-twice', about, { expected, received: about.out, words: true, values: { message: twice } })
  }
  const extra = lines.find((line) => !wanted.some((message) => mentions(line, message)) && !line.startsWith('ERROR'))
  if (extra === undefined) return twiceIfWrong(seen) ?? RIGHT
  // What it says before it listens belongs to none.
  const about = exchanges.find(({ out }) => linesOf(out).includes(extra)) ?? exchanges.at(-1)!
  const expected = messagesOf([about]).join('\n')
  const sent = Number(exchanges.some(({ y }) => mentions(extra, y!)))
  return shown('more-on-stdout', about, { expected, received: extra, words: true, values: { sent } })
})

/** X came, at the latest with Z. */
const showsX = (seen: ServerSeen, exchange: Exchange) =>
  exchange.purpose === 'third' && mentions(linesText(seen, exchange), exchange.x!)

const survivesKill: ServerJudge = (seen) => {
  const { printing, printsThird } = seen.facts
  const all = seen.exchanges.get('killed')
  if (all.length === 0) return UNANSWERED
  for (const exchange of all) {
    const { purpose, x = 0, right, out, err } = exchange
    if (!right) return wrongAnswer(exchange)
    const number = purpose === 'first' ? x : x + 2
    if (mentions(printing === 'stderr' ? err : out, number)) continue
    // If nothing is printed, or no Z, other cases say so.
    if (printing === 'none') return { symptom: 'output-none', evidence: {} }
    if (purpose === 'third' && printing !== 'late' && !printsThird) continue
    return shown('lost-by-kill', exchange, {
      sent: text(number),
      expected: `${text(number)}\n`,
      received: out,
      values: { x: number, later: Number(purpose === 'first' && all.some((one) => showsX(seen, one))) },
    })
  }
  return RIGHT
}

const nothingInvisible = ofLines((seen, [first]) => {
  const lines = linesText(seen, first!).split('\n').slice(0, -1)
  // Lines that are not messages belong to another case.
  const dirty = lines.find((line) => line === '' || (visible(line) !== line && line.includes('HELLO')))
  if (dirty === undefined) return RIGHT
  if (dirty === '') return shown('empty-line', first!, { expected: text(first!.x!), received: linesText(seen, first!) })
  return shown('invisible-bytes', first!, { expected: visible(dirty), received: dirty })
})

const printedFirst: ServerJudge = (seen) => {
  const judged = unprinted(seen)
  const observation = seen.observations.get('full pipe')
  if (judged || !observation) return judged ?? UNANSWERED
  if (observation.counts.unfilled) return { unseen: 'no-full-pipe' }
  const [exchange] = seen.exchanges.get('full pipe')
  if (!exchange?.right) return exchange ? wrongAnswer(exchange) : UNANSWERED
  if (!observation.counts.early) return RIGHT
  const expected = `${text(exchange.x!)} on stdout, then the answer`
  const received = 'the answer, while stdout was full'
  return shown('answered-before-printed', exchange, {
    sent: exchange.sent,
    expected,
    received,
    words: true,
    values: { x: exchange.x! },
  })
}

export const printing = {
  'S2.1': firstPrinted,
  'S2.2': onItsLine,
  'S2.3': thirdPrinted,
  'S2.4': printedWhole,
  'S2.5': nothingElse,
  'S2.6': survivesKill,
  'S2.7': nothingInvisible,
  'S2.9': printedFirst,
} satisfies Record<string, ServerJudge>
