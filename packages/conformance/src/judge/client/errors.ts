import type { Exchange } from '../../observe/exchange.js'
import { complaintIn, errorIn, hasError, linesOf, thrownLine } from '../../observe/output.js'
import { type Evidence, type Judgement, type Shown, shown } from '../judgement.js'
import type { Symptom } from '../symptoms.js'
import type { ClientSeen } from './common.js'

/** Whether a line that begins with ERROR is where it has to be. */
export const printsError = ({ settings }: ClientSeen, run: Exchange): boolean => errorIn(run, settings.errors).right

/** An exception that was not caught has ended it. */
const throws = ({ exit, err }: Shown): boolean => exit !== undefined && exit.code !== 0 && thrownLine(err) !== undefined

/** What it says instead of ERROR: a complaint, or any line that it does not print if all is right. */
export function wordsInstead({ facts: { first } }: ClientSeen, run: Exchange): string | undefined {
  const usual = new Set(first ? linesOf(first.out + first.err) : [])
  const others = [...linesOf(run.err), ...linesOf(run.out)]
  return complaintIn(run) ?? others.find((line) => !/hello/i.test(line) && !usual.has(line))
}

function omission(seen: ClientSeen, run: Exchange): Symptom {
  if (hasError(run.out) || hasError(run.err)) return 'error-elsewhere'
  if (run.after.includes('ERROR')) return 'error-sent'
  return wordsInstead(seen, run) === undefined ? 'error-missing' : 'error-in-other-words'
}

/** No ERROR was printed in this run. */
export function withoutError(seen: ClientSeen, run: Exchange, evidence: Evidence): Judgement {
  const { errors } = seen.settings
  const streams = errors === 'either' ? 'stdout or stderr' : errors
  return shown(omission(seen, run), run, {
    ...evidence,
    expected: 'a line that begins with ERROR',
    received: wordsInstead(seen, run) ?? (run.out || run.err),
    words: true,
    values: { streams, stream: errors, thrown: Number(throws(run)), ...evidence.values },
  })
}

/** A signal has killed it. SIGPIPE is an end like others: it comes of writing to a connection that is gone. */
export function crash(run: Shown, how: string): Judgement | undefined {
  const { exit } = run
  if (!exit?.signal || exit.signal === 'SIGPIPE') return undefined
  return shown('crashed', run, {
    expected: 'an end of its own accord',
    received: '',
    words: true,
    values: { signal: exit.signal, how, thrown: Number(throws(run)) },
  })
}
