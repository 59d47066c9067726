import { text } from '../../message.js'
import { isThird } from '../../observe/client/facts.js'
import { RIGHT, shown, UNANSWERED } from '../judgement.js'
import { type ClientJudge, wrongFirst, wrongThird } from './common.js'
import { printsError } from './errors.js'

/** A right answer that travelled in an unusual way, and has to be understood as always. */
const delivered =
  (purpose: string): ClientJudge =>
  (seen) => {
    const run = seen.exchanges.get('deliveries').find((one) => one.purpose === purpose)
    if (!run) return UNANSWERED
    const { x = 0, out, err, third = '' } = run
    if (isThird(run) && !printsError(seen, run)) return RIGHT
    const { dress } = seen.facts
    // What it needs after a message did not follow the number.
    const undressed = Number(dress !== '' && !third.endsWith(`${x + 1}${dress}`))
    const wrong = wrongFirst(run) ?? wrongThird(run, { undressed })
    if (wrong) return wrong
    const expected = `${text(x + 1)}\n`
    return shown('error-for-delivery', run, { sent: third, expected, received: out || err, values: { undressed } })
  }

export const robustness = {
  'C5.1': delivered('nul'),
  'C5.2': delivered('newline'),
  'C5.3': delivered('padded'),
  'C5.4': delivered('pieces'),
  'C5.5': delivered('terminator apart'),
} satisfies Record<string, ClientJudge>
