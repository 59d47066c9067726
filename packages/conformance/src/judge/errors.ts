/** What judges of servers and of clients say of ERROR after a wrong number. */
import type { Exchange } from '../observe/exchange.js'
import type { Settings } from '../observe/observation.js'
import { errorIn, hasError, streamsOfError, throws } from '../observe/output.js'
import { type Evidence, type Judgement, noted, shown } from './judgement.js'
import type { Symptom } from './symptoms.js'

export interface Omission extends Evidence {
  /** Words of its own. */
  readonly instead: string | undefined
  /** ERROR came with the lines of the next client. */
  readonly late?: boolean
}

/** What came instead of ERROR. */
function symptomOf(exchange: Exchange, { errors }: Settings, { instead, late }: Omission): Symptom {
  if (errorIn(exchange, errors).elsewhere) return 'error-elsewhere'
  if (exchange.after.includes('ERROR')) return 'error-sent'
  if (instead !== undefined) return 'error-in-other-words'
  return late ? 'error-late' : 'error-missing'
}

/** No ERROR was printed, as it ought to be. */
export function withoutError(exchange: Exchange, settings: Settings, omission: Omission): Judgement {
  const { errors } = settings
  const { instead, late: _, ...more } = omission
  const streams = errors === 'either' ? 'stdout or stderr' : errors
  return shown(symptomOf(exchange, settings, omission), exchange, {
    ...more,
    expected: 'a line that begins with ERROR',
    received: instead ?? more.received ?? '',
    words: true,
    values: { streams, stream: errors, thrown: Number(throws(exchange)), ...more.values },
  })
}

const endsError = (output: string): boolean => /ERROR[^\n]*\n/.test(output)

/** All of these have printed ERROR: on lines of its own? */
export function errorLines(exchanges: readonly Exchange[]): Judgement {
  const open = exchanges.find(({ out, err }) => !endsError(out) && !endsError(err))
  if (!open) return noted('error-seen', { streams: streamsOfError(exchanges).join(' and ') })
  const received = hasError(open.out) ? open.out : open.err
  return shown('error-open', open, { sent: open.third ?? '', expected: 'ERROR\n', received })
}
