/** One end is one fault: when a program comes to the same end, or to the same standstill, in several cases. */
import type { Evidence } from '../judge/judgement.js'
import type { Rule } from './rules.js'

const linesOf = (output: string) => output.split('\n').filter((line) => line.trim() !== '')

/** The last that a program said before it ended, without what the system adds to it. */
function lastWords({ out = '', err = '' }: Evidence): string {
  const error = linesOf(out).findLast((line) => line.includes('ERROR'))
  const words = linesOf(err).at(-1) ?? error?.slice(error.indexOf('ERROR')) ?? ''
  return words.replace(/: [A-Z][a-z][a-z ]+$/, '').replace(/\d+/g, '#')
}

/** Both ended with the same status, by the same signal, or beyond the same limit. */
const sameWay = ({ exit: own }: Evidence, { exit: other }: Evidence): boolean =>
  own !== undefined &&
  other !== undefined &&
  own.code === other.code &&
  own.signal === other.signal &&
  own.excess === other.excess

const isSignal = ({ exit }: Evidence, signal: RegExp) => signal.test(exit?.signal ?? '')

/** The same way, with the same last words; SIGPIPE always comes of the same line. */
const sameEnd = (own: Evidence, other: Evidence): boolean =>
  sameWay(own, other) && ((lastWords(own) !== '' && lastWords(own) === lastWords(other)) || isSignal(own, /^SIGPIPE$/))

/** main has returned, as if all were done: the loop around accept was left. */
const bothReturn = ({ exit: own }: Evidence, { exit: other }: Evidence): boolean => own?.code === 0 && other?.code === 0

/** A program that finds no message looks at memory that is not there, whichever way it was left without one. */
const sameMemoryFault = (own: Evidence, other: Evidence): boolean =>
  sameWay(own, other) && isSignal(own, /^SIG(?:SEGV|BUS|ABRT)$/)

/** Of wrong messages: other signals come of what is in them. */
const sameStatus = (own: Evidence, other: Evidence): boolean => sameWay(own, other) && !own.exit?.signal

/** Many clients that all do right: whatever kills the program is the same. */
const sameInCrowd = (own: Evidence, other: Evidence): boolean =>
  sameEnd(own, other) || (sameWay(own, other) && isSignal(own, /SIG/))

/** The next client was answered by a close, or its message was read: the program still runs, and something is left over. */
const turnedAway = ({ ended, values }: Evidence): boolean => ended === true || values?.printed === 1

const bothTurnedAway = (own: Evidence, other: Evidence): boolean => turnedAway(own) && turnedAway(other)
const bothStuck = (own: Evidence, other: Evidence): boolean => !turnedAway(own) && !turnedAway(other)

/** In the order in which they report: each is blocked by those before it. */
const ACCIDENTS = ['S3.4', 'S5.2', 'S5.4', 'S5.5', 'S5.3', 'S5.6', 'S3.6', 'S5.7', 'S5.8']
/** A message was expected, and recv says that the connection is over. */
const LEAVING = ['S5.2', 'S5.4', 'S5.5', 'S5.3', 'S5.8']
/** What should be read from a message is not in it. Of 5,000 bytes, the second part has no word. */
const MALFORMED = ['S5.6', 'S3.6', 'S5.7']
const WRONG_THIRD = ['S3.4', 'S5.7']
const WITHOUT_MESSAGE = ACCIDENTS.filter((id) => id !== 'S3.4')
/** Clients that do nothing wrong, but are many. */
const CROWDED = ['S5.9', 'S5.10', 'S6.1', 'S6.2', 'S6.3', 'S6.4', 'S2.8']

/** A row for each of these cases: it reports what those after it show, too. */
function inOrder(
  ids: readonly string[],
  row: Pick<Rule, 'symptoms' | 'having' | 'when'>,
  because = 'same-end',
): Rule[] {
  return ids.slice(0, -1).map((by, at) => ({ of: ids.slice(at + 1), by, because, ...row }))
}

const STANDSTILL = { symptoms: ['next-not-served'], having: ['next-not-served'] } as const

export const SAME_END: readonly Rule[] = [
  ...inOrder(ACCIDENTS, { when: sameEnd }),
  ...inOrder(ACCIDENTS, { when: bothReturn }),
  ...inOrder(WITHOUT_MESSAGE, { when: sameMemoryFault }),
  ...inOrder(LEAVING, { when: sameWay }),
  ...inOrder(MALFORMED, { when: sameWay }),
  ...inOrder(WRONG_THIRD, { when: sameStatus }),
  ...inOrder(ACCIDENTS, { ...STANDSTILL, when: bothTurnedAway }, 'same-standstill'),
  ...inOrder(LEAVING, { ...STANDSTILL, when: bothStuck }, 'same-standstill'),
  ...inOrder(WRONG_THIRD, { ...STANDSTILL, when: bothStuck }, 'same-standstill'),
  ...inOrder(CROWDED, { when: sameInCrowd }),
]
