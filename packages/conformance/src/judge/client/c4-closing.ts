import { text } from '../../message.js'
import { endsAtOnce, exitText, trialIn } from '../both.js'
import { withoutError } from '../errors.js'
import { type Evidence, noted, RIGHT, type Shown, shown, UNANSWERED } from '../judgement.js'
import { type ClientJudge, type ClientSeen, closesItself, ofFirst, wrongFirst, wrongThird } from './common.js'
import { crash, omissionOf, printsError } from './errors.js'

const HOW: Readonly<Record<string, string>> = {
  close: 'the server closed the connection instead of answering',
  reset: 'the server reset the connection instead of answering',
}

/** The runs in which the server went instead of answering. */
const broken = (seen: ClientSeen) => seen.exchanges.get('accidents').filter(({ purpose }) => purpose! in HOW)

const goesOn = (run: Shown, how: string, expected: string, values: Evidence['values'] = {}) =>
  shown('runs-on', run, { expected, received: 'it runs on', words: true, values: { how, ...values } })

const closes = ofFirst((run) => closesItself(run, text(run.x! + 2)))

const ends = ofFirst((run) => {
  if (run.exit && run.exitFirst) return RIGHT
  return goesOn(run, 'it has closed the connection', 'its end', { late: Number(run.exit !== undefined) })
})

const waits: ClientJudge = (seen) => {
  const run = seen.exchanges.get('patient').find(({ purpose }) => purpose === 'slow')
  return run ? (wrongFirst(run) ?? wrongThird(run, { slow: 1 }) ?? RIGHT) : UNANSWERED
}

const endsIfBroken: ClientJudge = (seen) => {
  const runs = broken(seen)
  if (runs.length === 0) return UNANSWERED
  for (const run of runs) {
    const how = HOW[run.purpose!]!
    const wrong = wrongFirst(run) ?? (run.exit ? crash(run, how) : goesOn(run, how, 'its end'))
    if (wrong) return wrong
  }
  return RIGHT
}

const errorIfBroken: ClientJudge = (seen) => {
  const runs = broken(seen)
  if (runs.length === 0) return UNANSWERED
  const run = runs.find((one) => !printsError(seen, one))
  if (!run) return RIGHT
  const message = run.purpose === 'close' ? 'the end of the connection' : 'the reset of the connection'
  return wrongFirst(run) ?? withoutError(run, seen.settings, omissionOf(seen, run, { values: { message } }))
}

const survivesLong: ClientJudge = (seen) => {
  const run = seen.exchanges.get('accidents').find(({ purpose }) => purpose === 'long')
  return run ? (crash(run, 'an answer of 5,000 bytes came') ?? RIGHT) : UNANSWERED
}

const endsIfRefused: ClientJudge = (seen) => {
  const run = trialIn(seen.observations, 'refused', 'refused')
  if (!run || !seen.facts.speaks) return UNANSWERED
  const how = 'nothing listens at the address'
  return crash(run, how) ?? endsAtOnce(run, how)
}

const givesUp: ClientJudge = (seen) => {
  const [run] = seen.exchanges.get('silence')
  if (!run || !seen.facts.speaks) return UNANSWERED
  const wrong = wrongFirst(run)
  if (wrong) return wrong
  if (!run.exit)
    return shown('waits-for-ever', run, { expected: 'its end after 5 s', received: 'it runs on', words: true })
  const afterMs = run.ended?.afterMs ?? 0
  return noted('gave-up', { seconds: (afterMs / 1000).toFixed(1), end: exitText(run) })
}

export const closing = {
  'C4.1': closes,
  'C4.2': ends,
  'C4.3': waits,
  'C4.4': endsIfBroken,
  'C4.5': errorIfBroken,
  'C4.6': survivesLong,
  'C4.7': endsIfRefused,
  'C4.8': givesUp,
} satisfies Record<string, ClientJudge>
