import { crashless, endsAtOnce, type Trial, trialIn } from '../both.js'
import { type Judgement, UNANSWERED } from '../judgement.js'
import type { ServerJudge } from './common.js'

/** A run with other arguments. */
const ofTrial =
  (purpose: string, judge: (trial: Trial) => Judgement): ServerJudge =>
  ({ observations, settings }) => {
    const trial = trialIn(observations, 'usage', purpose)
    if (trial) return judge(trial)
    return settings.placeholders.includes('{port}') ? UNANSWERED : { unseen: 'no-argument', applicable: false }
  }

export const usage = {
  'S8.1': ofTrial('without arguments', endsAtOnce),
  'S8.2': ofTrial('an extra argument', endsAtOnce),
  'S8.3': ofTrial('without arguments', (trial) => (trial.exit ? crashless([trial]) : endsAtOnce(trial))),
} satisfies Record<string, ServerJudge>
