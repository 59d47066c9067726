import { crashless, endsAtOnce, type Trial, trialIn } from '../both.js'
import { type Judgement, RIGHT, shown, UNANSWERED } from '../judgement.js'
import { type ClientJudge, ofFirst } from './common.js'

const NONE = 'without arguments'
const LAST = 'without its last argument'

const succeeds = ofFirst((first) => {
  if (first.exit?.code === 0) return RIGHT
  const received = first.exit ? '' : 'it runs on'
  return shown('status-not-zero', first, { expected: 'status 0', received, words: true })
})

/** Trials of the program with fewer arguments; some commands have none that could be left out. */
const ofTrials =
  (hows: readonly string[], judge: (made: readonly [Trial, ...Trial[]]) => Judgement): ClientJudge =>
  ({ observations }) => {
    if (!observations.has('usage')) return UNANSWERED
    const [first, ...others] = hows.flatMap((how) => trialIn(observations, 'usage', how) ?? [])
    return first ? judge([first, ...others]) : { unseen: 'no-argument', applicable: false }
  }

export const usage = {
  'C6.1': succeeds,
  'C6.2': ofTrials([NONE], ([trial]) => endsAtOnce(trial)),
  'C6.3': ofTrials([LAST], ([trial]) => endsAtOnce(trial)),
  'C6.4': ofTrials([NONE, LAST], crashless),
} satisfies Record<string, ClientJudge>
