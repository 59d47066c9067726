import { text } from '../../message.js'
import { isThird } from '../../observe/client/facts.js'
import type { Exchange } from '../../observe/exchange.js'
import { linesOf, mentions, visible } from '../../observe/output.js'
import { bareThird } from '../both.js'
import { type Judgement, RIGHT, shown, UNANSWERED } from '../judgement.js'
import { type ClientJudge, type ClientSeen, lostAtEnd, ofFirst, unprinted, wrongFirst, wrongThird } from './common.js'

/** X of runs whose answer is negative, or long. */
const UNUSUAL = [-100, 123456789]

/** A judge of what the first right run printed. */
const ofPrinted = (judge: (run: Exchange, seen: ClientSeen) => Judgement): ClientJudge =>
  ofFirst((run, seen) => unprinted(seen) ?? judge(run, seen))

const answerPrinted = ofFirst((first, seen) => {
  const { x = 0, out, err, third = '' } = first
  const values = { x: x + 1 }
  if (mentions(out, x + 1)) return lostAtEnd(seen, 'right', (run) => mentions(run.out, run.x! + 1)) ?? RIGHT
  if (mentions(err, x + 1)) {
    const expected = `${text(x + 1)} on stdout`
    return shown('printed-on-stderr', first, { expected, received: err, words: true, values })
  }
  return shown('not-printed', first, { sent: third, expected: `${text(x + 1)}\n`, received: out, values })
})

function onItsLine(run: Exchange): Judgement | undefined {
  const message = text(run.x! + 1)
  const lines = linesOf(run.out)
  const line = lines.find((one) => mentions(one, message))
  if (!lines.includes(message)) {
    if (line !== undefined)
      return shown('not-alone-on-line', run, { expected: message, received: line, values: { message } })
    const values = { x: run.x! + 1, whole: 1 }
    return shown('not-printed', run, { expected: message, received: lines[0] ?? '', values })
  }
  if (run.out.includes('\n')) return undefined
  return shown('line-open', run, { expected: `${message}\n`, received: run.out })
}

const alone = ofPrinted((first, seen) => {
  const unusual = seen.exchanges.get('numbers').filter((run) => UNUSUAL.includes(run.x!) && isThird(run))
  for (const run of [first, ...unusual]) {
    const wrong = onItsLine(run)
    if (wrong) return wrong
  }
  return RIGHT
})

/** ERROR is printed twice. */
function twiceIfWrong(seen: ClientSeen): Judgement | undefined {
  const run = seen.exchanges.get('wrong answers').find(({ purpose }) => purpose === 'too-large')
  if (!run || linesOf(run.out).filter((line) => line === 'ERROR').length < 2) return undefined
  const message = 'ERROR'
  const expected = `${bareThird(run)}\n${message}`
  return shown('printed-twice', run, { expected, received: run.out, words: true, values: { message } })
}

const nothingElse = ofPrinted((run, seen) => {
  const message = text(run.x! + 1)
  const lines = linesOf(run.out)
  const about = { expected: `${message}\n`, received: run.out }
  if (lines.filter((line) => mentions(line, message)).length > 1)
    return shown('printed-twice', run, { ...about, words: true, values: { message } })
  const extra = lines.find((line) => !mentions(line, message) && !line.startsWith('ERROR'))
  if (extra === undefined) return twiceIfWrong(seen) ?? RIGHT
  const sent = Number(mentions(extra, run.x!) || mentions(extra, run.x! + 2))
  return shown('more-on-stdout', run, { ...about, words: true, values: { sent } })
})

const nothingInvisible = ofPrinted((run) => {
  // After the last newline is nothing, or a line that C2.2 judges.
  const dirty = run.out
    .split('\n')
    .slice(0, -1)
    .find((line) => line === '' || visible(line) !== line)
  if (dirty === undefined) return RIGHT
  const about = { sent: run.third!, expected: `${text(run.x! + 1)}\n`, received: run.out }
  return shown(dirty === '' ? 'empty-line' : 'invisible-bytes', run, about)
})

const printedFirst: ClientJudge = (seen) => {
  const counts = seen.observations.get('full pipe')?.counts
  const [run] = seen.exchanges.get('full pipe')
  if (!run || !counts) return UNANSWERED
  if (counts.unfilled) return { unseen: 'no-full-pipe' }
  const wrong = wrongFirst(run)
  if (wrong) return wrong
  if (!counts.early) return wrongThird(run) ?? RIGHT
  const x = run.x! + 2
  return shown('sent-before-printed', run, {
    sent: run.third!,
    expected: `${text(x - 1)} on stdout, then ${text(x)}`,
    received: `${text(x)}, while stdout was full`,
    words: true,
    values: { x },
  })
}

export const printing = {
  'C2.1': answerPrinted,
  'C2.2': alone,
  'C2.3': nothingElse,
  'C2.4': nothingInvisible,
  'C2.5': printedFirst,
} satisfies Record<string, ClientJudge>
