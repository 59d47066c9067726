import type { Exchange } from '../../observe/exchange.js'
import { complaintIn, errorIn, linesOf, throws } from '../../observe/output.js'
import type { Omission } from '../errors.js'
import { type Evidence, type Judgement, type Shown, shown } from '../judgement.js'
import type { ClientSeen } from './common.js'

/** Whether a line that begins with ERROR is where it has to be. */
export const printsError = ({ settings }: ClientSeen, run: Exchange): boolean => errorIn(run, settings.errors).right

/** What it says instead of ERROR: a complaint, or any line that it does not print if all is right. */
export function wordsInstead({ facts: { first } }: ClientSeen, run: Exchange): string | undefined {
  const usual = new Set(first ? linesOf(first.out + first.err) : [])
  const others = [...linesOf(run.err), ...linesOf(run.out)]
  return complaintIn(run) ?? others.find((line) => !/hello/i.test(line) && !usual.has(line))
}

/** What is known of a run without ERROR. */
export const omissionOf = (seen: ClientSeen, run: Exchange, evidence: Evidence): Omission => ({
  received: run.out || run.err,
  ...evidence,
  instead: wordsInstead(seen, run),
})

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
