import { readText, text } from '../../message.js'
import { WITHOUT_NUMBER, WRONG_ANSWERS } from '../../observe/client/answers.js'
import { isThird } from '../../observe/client/facts.js'
import { type Exchange, outputOf } from '../../observe/exchange.js'
import { errorIn, hasError } from '../../observe/output.js'
import { bareThird } from '../both.js'
import { errorLines, withoutError } from '../errors.js'
import { RIGHT, shown, UNANSWERED } from '../judgement.js'
import { type ClientJudge, type ClientSeen, closesItself, lostAtEnd, ofFirst, unprinted, wrongFirst } from './common.js'
import { crash, omissionOf, printsError, wordsInstead } from './errors.js'

/** Sending on is not tried with every wrong answer: a program may take some of them for right, as C3.1 reports. */
const PLAIN = ['too-large', 'equal', 'one-more']

const wrongs = (seen: ClientSeen, purposes: readonly string[] = Object.keys(WRONG_ANSWERS)) =>
  seen.exchanges.get('wrong answers').filter(({ purpose }) => purposes.includes(purpose!))

/** What sentences say of a wrong answer. */
const about = (run: Exchange) => ({
  sent: run.third ?? '',
  values: { message: bareThird(run), right: text(run.x! + 1) },
})

const errorPrinted: ClientJudge = (seen) => {
  const runs = wrongs(seen)
  if (runs.length === 0) return UNANSWERED
  const missing = runs.filter((run) => !printsError(seen, run))
  const [run] = missing
  if (!run) {
    const judged = errorLines(runs)
    const lost = lostAtEnd(seen, 'wrong', ({ out, err }) => hasError(out) || hasError(err))
    return 'right' in judged ? (lost ?? judged) : judged
  }
  const wrong = wrongFirst(run)
  if (wrong) return wrong
  const { sent, values } = about(run)
  const unnoticed = missing.map(({ purpose }) => purpose).join(' ')
  return withoutError(
    run,
    seen.settings,
    omissionOf(seen, run, { sent, values: { ...values, unnoticed, noticed: runs.length - missing.length } }),
  )
}

const sendsNothing: ClientJudge = (seen) => {
  const runs = wrongs(seen, PLAIN)
  if (runs.length === 0) return UNANSWERED
  const run = runs.find(({ after }) => after !== '')
  if (!run) return RIGHT
  const { sent, values } = about(run)
  const number = readText(run.after).sequence !== undefined
  const { right, elsewhere } = errorIn(run, seen.settings.errors)
  const unaware = Number(number && !right && !elsewhere && wordsInstead(seen, run) === undefined)
  const all = { ...values, number: Number(number), unaware }
  return shown('sent-after-wrong', run, { sent, expected: '', received: run.after, values: all })
}

const closesAlso: ClientJudge = (seen) => {
  const [run] = wrongs(seen)
  return run ? closesItself(run, bareThird(run)) : UNANSWERED
}

const printedAlso: ClientJudge = (seen) => {
  const [run] = wrongs(seen)
  if (!run) return UNANSWERED
  const judged = unprinted(seen)
  if (judged) return judged
  const message = bareThird(run)
  const [at, errorAt] = [run.out.indexOf(message), run.out.indexOf('ERROR')]
  if (at >= 0 && (errorAt < 0 || at < errorAt)) return RIGHT
  const evidence = { ...about(run), expected: `${message}\nERROR`, received: run.out }
  return shown(at < 0 ? 'third-not-printed' : 'error-before-line', run, evidence)
}

/** What it printed before the checker closed the connection. */
function beforeClose({ observations }: ClientSeen, { probe, from, to, connection, process }: Exchange) {
  const events = observations.get(probe)!.events.slice(from, to)
  const end = events.findIndex(
    (event) => event.type === 'end' && event.connection === connection && event.by === 'checker',
  )
  const before = end < 0 ? events : events.slice(0, end)
  return { out: outputOf(before, process, 'out'), err: outputOf(before, process, 'err') }
}

const noError = ofFirst((first, seen) => {
  const run = [first, ...seen.exchanges.get('numbers')].find((one) => isThird(one) && printsError(seen, one))
  if (!run) return RIGHT
  const late = Number(!errorIn(beforeClose(seen, run), seen.settings.errors).right)
  const y = run.x! + 1
  const expected = `${text(y)}\n`
  return shown('error-for-right', run, {
    sent: run.third!,
    expected,
    received: run.out || run.err,
    values: { y, late },
  })
})

const withoutNumber: ClientJudge = (seen) => {
  const runs = wrongs(seen, Object.keys(WITHOUT_NUMBER))
  if (runs.length === 0) return UNANSWERED
  for (const run of runs) {
    const crashed = crash(run, `${bareThird(run)} came`)
    if (crashed) return crashed
  }
  const run = runs.find((one) => !printsError(seen, one))
  return run ? (wrongFirst(run) ?? withoutError(run, seen.settings, omissionOf(seen, run, about(run)))) : RIGHT
}

export const wrongNumbers = {
  'C3.1': errorPrinted,
  'C3.2': sendsNothing,
  'C3.3': closesAlso,
  'C3.4': printedAlso,
  'C3.5': noError,
  'C3.6': withoutNumber,
} satisfies Record<string, ClientJudge>
