import { endOf, type Judgement, noted, RIGHT, shown } from '../judgement.js'
import { type ClientJudge, type ClientSeen, exitText, type Trial, trialIn, UNANSWERED } from './common.js'

const NONE = 'without arguments'
const LAST = 'without its last argument'

const succeeds: ClientJudge = ({ facts: { understands, first } }) => {
  if (!understands || !first) return UNANSWERED
  if (first.exit?.code === 0) return RIGHT
  const received = first.exit ? '' : 'it runs on'
  return shown('status-not-zero', first, { expected: 'status 0', received, words: true })
}

/** Trials of the program with fewer arguments; some commands have none that could be left out. */
function trials(seen: ClientSeen, hows: readonly string[], judge: (made: readonly Trial[]) => Judgement): Judgement {
  if (!seen.observations.has('usage')) return UNANSWERED
  const made = hows.flatMap((how) => trialIn(seen, 'usage', how) ?? [])
  return made.length === 0 ? { unseen: 'no-argument', applicable: false } : judge(made)
}

const ends =
  (how: string): ClientJudge =>
  (seen) =>
    trials(seen, [how], ([trial]) => {
      if (trial!.exit) return noted('ends-with', { end: exitText(trial!) })
      const about = { expected: 'its end within 3 s', received: 'it runs on', words: true, values: { how } } as const
      return shown('runs-on', trial!, about)
    })

const doesNotCrash: ClientJudge = (seen) =>
  trials(seen, [NONE, LAST], (made) => {
    const crashed = made.find(({ exit }) => exit?.signal)
    if (!crashed) return RIGHT
    const values = { how: crashed.purpose!, signal: crashed.exit!.signal! }
    return shown('crashed', crashed, {
      expected: 'an end of its own accord',
      received: endOf(crashed)!,
      words: true,
      values,
    })
  })

export const usage = {
  'C6.1': succeeds,
  'C6.2': ends(NONE),
  'C6.3': ends(LAST),
  'C6.4': doesNotCrash,
} satisfies Record<string, ClientJudge>
