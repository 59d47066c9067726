/** What judges of servers and of clients have in common. */
import { type Exchange, outputOf } from '../observe/exchange.js'
import type { EventOf, Observations } from '../observe/observation.js'
import { thrownLine } from '../observe/output.js'
import { type Evidence, type Judgement, noted, RIGHT, type Shown, shown, UNANSWERED } from './judgement.js'

export const endsWithNewline = (message: string): boolean => /^[^\n\r]*\d\0*[\n\r]/.test(message)

/** NULs after the number; those before it are another fault. */
export const nulsIn = (message: string): number =>
  message.slice(Math.max(0, message.indexOf('HELLO'))).split('\0').length - 1

/** What was sent as the third message (servers), or as the answer (clients), without what it was dressed with. */
export const bareThird = ({ third = '' }: Exchange): string => third.replace(/[\0\r\n]+$/, '')

/**
 * Each message in a segment of its own.
 *
 * @param isAlone - Whether nothing else of the program came meanwhile, so that what came in pieces was sent in pieces.
 */
export function unsplit(all: readonly Exchange[], messages: 1 | 2, isAlone = (_: Exchange) => true): Judgement {
  if (all.length === 0) return UNANSWERED
  const pieces = (one: Exchange) => Math.max(one.segments ?? messages, isAlone(one) ? one.chunks.length : messages)
  const split = all.filter((one) => pieces(one) > messages)
  const example = split.find(({ chunks }) => chunks.length > messages) ?? split[0]
  if (!example) return all.some(({ segments }) => segments !== undefined) ? RIGHT : noted('without-ss')
  const { chunks, segments } = example
  return shown('split', example, {
    expected: messages === 1 ? 'one segment' : 'two segments',
    received: chunks.length > messages ? chunks.join(' | ') : `${segments} segments`,
    words: true,
    values: { split: split.length, of: all.length },
  })
}

/** The program with other arguments, and how it ended by itself. */
export type Trial = Shown & { readonly purpose: string }

export function trialIn(observations: Observations, probe: string, purpose: string): Trial | undefined {
  const events = observations.get(probe)?.events ?? []
  const trial = events.find((event) => event.type === 'trial' && event.purpose === purpose)
  if (trial?.type !== 'trial') return undefined
  const { process } = trial
  const own = events.filter((event) => 'process' in event && event.process === process)
  const exit = own.find((event): event is EventOf<'exit'> => event.type === 'exit')
  return {
    purpose,
    probe,
    from: events.indexOf(trial),
    to: events.indexOf(own.at(-1)!) + 1,
    ...(exit && { exit }),
    out: outputOf(own, process, 'out'),
    err: outputOf(own, process, 'err'),
  }
}

/** How a program ended, for a note. */
export const exitText = ({ exit }: Pick<Exchange, 'exit'>): string =>
  exit?.signal ? `signal ${exit.signal}` : `status ${exit?.code}`

export function endsAtOnce(trial: Trial, how = trial.purpose): Judgement {
  if (trial.exit) return noted('ends-with', { end: exitText(trial) })
  const expected = 'its end within 3 s'
  return shown('runs-on', trial, { expected, received: 'it runs on', words: true, values: { how } })
}

/** How a program ended, in words, and what it said last; undefined while it runs. */
export function endOf({ exit, err = '' }: Pick<Evidence, 'exit' | 'err'>): string | undefined {
  if (!exit) return undefined
  const end = exit.excess ?? (exit.signal ? `it was killed by ${exit.signal}` : `it ended with status ${exit.code}`)
  // A trace of calls may follow.
  const last = thrownLine(err) ?? err.trimEnd().split('\n').at(-1)
  return last ? `${end}, and said: ${last}` : end
}

/** None of these was killed by a signal. */
export function crashless(trials: readonly Trial[]): Judgement {
  const crashed = trials.find(({ exit }) => exit?.signal)
  if (!crashed) return RIGHT
  const expected = 'an end of its own accord'
  const values = { how: crashed.purpose, signal: crashed.exit!.signal! }
  return shown('crashed', crashed, { expected, received: endOf(crashed)!, words: true, values })
}
