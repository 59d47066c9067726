import { text } from '../../message.js'
import { type Exchange, thirdNumber } from '../../observe/exchange.js'
import { complaintIn, errorIn, hasError, mentions } from '../../observe/output.js'
import { bareThird } from '../both.js'
import { errorLines, withoutError } from '../errors.js'
import { type Judgement, leftOpen, RIGHT, shown, UNANSWERED } from '../judgement.js'
import { linesText, type ServerJudge, type ServerSeen, unprinted, wrongAnswer } from './common.js'

/** The largest X whose Z is certain: beyond, Z depends on how a program counts. */
const LARGEST = 2147483645

const wrongs = (seen: ServerSeen): readonly Exchange[] =>
  seen.exchanges.get('wrong third').filter(({ purpose }) => purpose !== 'next' && purpose !== 'no-number')

const namedIn = (seen: ServerSeen, name: string) =>
  seen.exchanges.get('wrong third').find(({ purpose }) => purpose === name)

/** Nothing shows that the program reads what follows its answer: it neither prints it nor closes. */
const ignoresThird = ({ facts: { closes, printsThird }, settings: { observed } }: ServerSeen) =>
  observed && !closes && !printsThird

const printedAlso: ServerJudge = (seen) => {
  const [exchange] = wrongs(seen)
  const judged = unprinted(seen)
  if (judged || !exchange) return judged ?? UNANSWERED
  if (!exchange.right) return wrongAnswer(exchange)
  const message = bareThird(exchange)
  const lines = linesText(seen, exchange)
  const about = { sent: exchange.third!, expected: `${message}\nERROR`, received: lines, values: { message } }
  if (!mentions(lines, message)) return shown('third-not-printed', exchange, about)
  // The last one: an ERROR before that is not about this message.
  const error = lines.lastIndexOf('ERROR')
  return error >= 0 && error < lines.lastIndexOf(message) ? shown('error-before-line', exchange, about) : RIGHT
}

/** ERROR came with the lines of the next client. */
function isLate(seen: ServerSeen, { process, exit }: Exchange): boolean {
  const next = namedIn(seen, 'next')
  return !exit && next?.process === process && errorComesFirst(seen, next)
}

/** No ERROR followed these wrong third messages. */
function unnoticed(seen: ServerSeen, missing: readonly Exchange[]): Judgement {
  const exchange = missing[0]!
  return withoutError(exchange, seen.settings, {
    sent: exchange.third!,
    received: linesText(seen, exchange),
    instead: complaintIn(exchange),
    late: isLate(seen, exchange),
    values: {
      message: bareThird(exchange),
      right: text(exchange.x! + 2),
      ignored: Number(ignoresThird(seen) && exchange.exit === undefined),
      unnoticed: missing.map(({ purpose }) => purpose).join(' '),
    },
  })
}

const errorPrinted: ServerJudge = (seen) => {
  const all = wrongs(seen)
  if (seen.facts.printing === 'late') return unprinted(seen)!
  if (!all[0]) return UNANSWERED
  if (!all[0].right) return wrongAnswer(all[0])
  const right = all.filter((exchange) => exchange.right)
  const { errors } = seen.settings
  const missing = right.filter((exchange) => !errorIn(exchange, errors).right)
  if (missing.length > 0) return unnoticed(seen, missing)
  return errorLines(right)
}

const closesAlso: ServerJudge = (seen) => {
  const [exchange] = wrongs(seen)
  if (!exchange) return UNANSWERED
  if (!exchange.right) return wrongAnswer(exchange)
  if (exchange.ended) return RIGHT
  return leftOpen('stays-open', exchange, { message: bareThird(exchange) })
}

/** A program that closes did so after the Z of this client, too. */
const isFinished = ({ facts: { closes } }: ServerSeen, { right, third, ended, exit }: Exchange) =>
  right && (!closes || third === undefined || ended !== undefined || exit !== undefined)

const continues: ServerJudge = (seen) => {
  const [first] = wrongs(seen)
  const next = namedIn(seen, 'next')
  if (!first) return UNANSWERED
  if (!first.right) return wrongAnswer(first)
  const values = { context: `a wrong ${bareThird(first)}`, after: 'wrong-third' }
  const expected = 'a program that serves others'
  if (first.exit) return shown('ended', first, { sent: first.third!, expected, received: '', words: true, values })
  if (!next) return UNANSWERED
  if (isFinished(seen, next)) return RIGHT
  if (next.right) return leftOpen('next-not-finished', next, { message: bareThird(next), wrong: bareThird(first) })
  const sent = next.sent
  const printed = Number(mentions(next.out, next.x!))
  return shown('next-not-served', next, {
    sent,
    expected: text(next.x! + 1),
    received: next.reply,
    values: { ...values, x: next.x!, printed },
  })
}

/** All right handshakes in which Z was right. */
function rights(seen: ServerSeen): readonly Exchange[] {
  const all = [...seen.exchanges.get('handshakes'), ...seen.exchanges.get('numbers')]
  return all.filter(({ right, third, x, after, ended }) => {
    return right && third !== undefined && x! <= LARGEST && after === '' && !ended?.beforeThird
  })
}

/** What those have in common that were taken for wrong: it tells what is compared. */
function pattern(seen: ServerSeen, all: readonly Exchange[], bad: readonly Exchange[]): string {
  const good = all.filter((exchange) => !bad.includes(exchange))
  const negative = (exchange: Exchange) => exchange.x! < 0
  const length = (exchange: Exchange) => text(thirdNumber(exchange)!).length
  const grows = (exchange: Exchange) => length(exchange) > text(exchange.x!).length
  const newline = seen.exchanges.get('deliveries').find(({ purpose }) => purpose === 'newline')
  // One or two numbers are right by accident.
  if (good.length < 3) {
    const clean = newline?.right && newline.ended && !hasError(newline.out + newline.err)
    if (clean && complaintIn(newline) === undefined) return 'without newline'
    return errorComesFirst(seen, bad[0]!) ? 'before X' : 'always'
  }
  const below = (exchange: Exchange) => thirdNumber(exchange)! < 0
  if (bad.every(below) && !good.some(below)) return 'below zero'
  if (bad.every(negative)) return good.some(negative) ? 'one below zero' : 'below zero'
  if (Math.min(...bad.map(length)) > Math.max(...good.map(length))) return 'long'
  const zs = good.map((exchange) => thirdNumber(exchange)!)
  const isOutside = (z: number) => z > Math.max(...zs) || z < Math.min(...zs)
  if (bad.every((exchange) => isOutside(thirdNumber(exchange)!))) return 'long'
  if (bad.every(grows) && !good.some(grows)) return 'longer than X'
  return 'some'
}

/** ERROR came before any line of this handshake: it belongs to something else, or overtook them. */
function errorComesFirst({ observations }: ServerSeen, { probe, from, to, process }: Exchange): boolean {
  const outputs = observations.get(probe)!.events.slice(from, to)
  const first = outputs.find((event) => event.type === 'output' && event.process === process)
  return first?.type === 'output' && hasError(first.text) && first.text.trimStart().startsWith('ERROR')
}

/** An ERROR in front of all lines may belong to the client before, if that was not served as it should be. */
function isOfPrevious(seen: ServerSeen, exchange: Exchange, all: readonly Exchange[]): boolean {
  const before = seen.exchanges
    .get(exchange.probe)
    .filter(({ process, from }) => process === exchange.process && from < exchange.from)
  return before.length > 0 && !all.includes(before.at(-1)!) && errorComesFirst(seen, exchange)
}

const noError: ServerJudge = (seen) => {
  const all = rights(seen)
  const judged = unprinted(seen)
  if (judged || all.length === 0) return judged ?? UNANSWERED
  const complaint = wrongs(seen)
    .map((exchange) => complaintIn(exchange))
    .find((line) => line !== undefined)
  const complains = (exchange: Exchange) => complaint !== undefined && complaintIn(exchange) === complaint
  const bad = all.filter(
    (exchange) =>
      (errorIn(exchange, seen.settings.errors).right || complains(exchange)) && !isOfPrevious(seen, exchange, all),
  )
  const [first] = bad
  if (!first) return RIGHT
  const line = complains(first) ? complaint! : 'ERROR'
  const [x, z] = [first.x!, thirdNumber(first)!]
  return shown('error-for-right', first, {
    sent: first.third!,
    expected: `${text(x)}\n${text(z)}\n`,
    received: complains(first) ? line : linesText(seen, first) || first.err,
    values: { x, z, line, times: bad.length, of: all.length, pattern: pattern(seen, all, bad) },
  })
}

const withoutNumber: ServerJudge = (seen) => {
  const exchange = namedIn(seen, 'no-number')
  if (seen.facts.printing === 'late') return unprinted(seen)!
  if (!exchange) return UNANSWERED
  if (!exchange.right) return wrongAnswer(exchange)
  if (errorIn(exchange, seen.settings.errors).right) return RIGHT
  const judged = unnoticed(seen, [exchange])
  // What it left undone because it ended is reported by its end.
  return 'symptom' in judged && exchange.exit ? { ...judged, symptom: 'error-missing' } : judged
}

export const wrongThird = {
  'S3.1': printedAlso,
  'S3.2': errorPrinted,
  'S3.3': closesAlso,
  'S3.4': continues,
  'S3.5': noError,
  'S3.6': withoutNumber,
} satisfies Record<string, ServerJudge>
