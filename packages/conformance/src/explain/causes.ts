/**
 * Which mistake usually shows itself like this: the first condition that is true names the cause. Pure; the sentence and
 * the line that usually mends it are in explanations.md, under the same key.
 */
import { OF_TIME } from '../judge/symptoms.js'
import { readText, SHORT, successors } from '../message.js'
import { hasError, linesOf, mentions, thrownLine } from '../observe/output.js'
import { ANSWERS, ENDINGS } from './causes-of-clients.js'
import { CROWDS } from './causes-of-crowds.js'
import { SERIES, USED_UP } from './causes-of-series.js'
import { DELIVERIES, USAGE, WRONG_THIRD } from './causes-of-third.js'
import { also, type Cause, type Fault, is, last, signal, value } from './fault.js'

/** What the C library says before it calls abort because of damaged memory. */
const DAMAGED = /\*\*\*|free\(\)|malloc|realloc|munmap_chunk|corrupt/

/** The exception that ended it. */
const thrownIn = ({ err = '' }: Fault): string => thrownLine(err) ?? ''
const OF_SOCKET = /reset|Broken ?pipe|SocketException|EOFError/i
const TIMED_OUT = /timed? ?out/i

/** It gave itself up: by an assertion, or by a call of abort. */
const isAborted = (fault: Fault): boolean =>
  /Assertion/.test(thrownIn(fault)) ||
  (signal('SIGABRT')(fault) && thrownIn(fault) === '' && !DAMAGED.test(fault.err ?? ''))

/** How the program came to harm, if it did. */
const CRASHES: readonly Cause[] = [
  ['beyond-int', ({ id, exit }) => ['S1.16', 'C1.15'].includes(id) && exit !== undefined && exit.code !== 0],
  [
    'gives-up-early',
    (fault) => ['S4.2', 'C4.3'].includes(fault.id) && fault.exit !== undefined && TIMED_OUT.test(thrownIn(fault)),
  ],
  ['aborted', (fault) => fault.exit !== undefined && fault.exit.code !== 0 && isAborted(fault)],
  [
    'exception-of-socket',
    (fault) => fault.exit !== undefined && (OF_SOCKET.test(thrownIn(fault)) || TIMED_OUT.test(thrownIn(fault))),
  ],
  [
    'exception',
    ({ exit, err = '' }) =>
      exit !== undefined &&
      exit.code !== 0 &&
      (!exit.signal || exit.signal === 'SIGABRT') &&
      thrownLine(err) !== undefined,
  ],
  ['interrupted-call', (fault) => fault.exit !== undefined && /Interrupted system call$/.test(last(fault))],
  ['closed-descriptor', (fault) => fault.exit !== undefined && /Bad file descriptor$/.test(last(fault))],
  ['too-greedy', ({ exit }) => exit?.excess !== undefined],
  ['sigpipe', signal('SIGPIPE')],
  ['format-string', (fault) => signal('SIGSEGV', 'SIGBUS', 'SIGABRT')(fault) && /%s/.test(fault.sent ?? '')],
  ['sigsegv', signal('SIGSEGV', 'SIGBUS')],
  ['sigabrt', signal('SIGABRT')],
  ['sigalrm', signal('SIGALRM')],
  ['sigfpe', signal('SIGFPE')],
  ['sigxcpu', signal('SIGXCPU')],
]

/** A server that ends when a client was served, or was not. */
const ENDS: readonly Cause[] = [['ended-itself', ({ exit, id }) => exit !== undefined && id.startsWith('S')]]

const numberOf = (message = '') => readText(message).sequence
const begins = (number: number, digits: string) =>
  String(number).length > digits.length && String(number).startsWith(digits)

/** Whether a number below zero came out 2^32 too large, or 2^64. */
function lacksSign({ received = '', expected }: Fault): boolean {
  const digits = /\d+/.exec(received)?.[0]
  const number = numberOf(expected) ?? 0
  return number < 0 && [32, 64].some((bits) => digits === String(BigInt.asUintN(bits, BigInt(number))))
}

/** Digits are missing in front or at the end. */
function losesDigits({ sent, expected, received }: Fault): boolean {
  const [was = 0, want = 0, got = 0] = [sent, expected, received].map(numberOf)
  if (successors(was).some((number) => begins(number, String(got)))) return true
  if (Math.abs(was) >= 100 && begins(was, String(got - 1))) return true
  return Math.abs(want) >= 100 && String(want).includes(String(got))
}

/** The number that was read has more digits than the one that was sent. */
function addsDigits({ sent, expected, received }: Fault): boolean {
  const [was = 0, want = 0, got = 0] = [sent, expected, received].map(numberOf)
  return was !== 0 && String(got - (want - was || 1)).startsWith(String(was))
}

/** A number that a char or a short, signed or not, makes of a larger one. */
const isNarrowed = (want: number, got: number): boolean =>
  got !== want &&
  [8, 16].some(
    (bits) => got === Number(BigInt.asIntN(bits, BigInt(want))) || got === Number(BigInt.asUintN(bits, BigInt(want))),
  )

const cut = ({ expected = '', received = '' }: Fault) => expected.startsWith(received)

/** An answer with another number, or without one. */
const NUMBERS: readonly Cause[] = (
  [
    [
      'length-of-received',
      ({ sent = '', expected = '', received = '' }) =>
        expected.length > sent.length && received === expected.slice(0, sent.length),
    ],
    ['no-digits', ({ received = '' }) => /^HELLO ?$/.test(received)],
    ['size-of-pointer', (fault) => cut(fault) && fault.received?.length === 8],
    ['reply-cut', cut],
    ['no-sign', lacksSign],
    ['no-number', ({ received = '' }) => numberOf(received) === undefined && /HELLO/i.test(received)],
    ['no-message', ({ received }) => numberOf(received) === undefined],
    ['number-unchanged', ({ sent, received }) => numberOf(received) === numberOf(sent)],
    ['past-the-array', ({ expected = '', received = '' }) => !/HELLO/i.test(received) && expected.length > SHORT],
    ['increased-twice', ({ expected, received }) => numberOf(received) === numberOf(expected)! + 1],
    ['atoi-of-all', ({ expected, received }) => numberOf(received) === 1 && numberOf(expected) !== 1],
    ['sign-lost', ({ sent, received }) => numberOf(sent)! < 0 && numberOf(received) === 1 - numberOf(sent)!],
    ['text-plus-one', ({ sent, received }) => String(numberOf(received)) === `${numberOf(sent)}1`],
    ['narrow-type', ({ expected, received }) => isNarrowed(numberOf(expected)!, numberOf(received)!)],
    ['previous-digits', addsDigits],
    ['digits-lost', losesDigits],
    [
      'float',
      ({ expected, received }) =>
        Math.abs(numberOf(expected)!) > 2 ** 24 && Math.abs(numberOf(received)! - numberOf(expected)!) < 256,
    ],
    ['unrelated-number', () => true],
  ] as const satisfies readonly Cause[]
).map(([key, when]): Cause => [key, (fault) => ['wrong-number', 'third-wrong'].includes(fault.symptom) && when(fault)])

const SERVER: readonly Cause[] = [
  ['not-accepting', is('unconnected')],
  ['never-accepted', also('silent', ({ unread }) => unread === -1)],
  ['never-read', also('silent', ({ unread = 0 }) => unread > 0)],
  ['refuses-number', also('silent', (fault) => value(fault, 'others') === 1)],
  ['gives-up-early', also('silent', ({ id, ended }) => id === 'S4.2' && ended === true)],
  [
    'closes-unanswered',
    also('silent', ({ ended, out = '', values }) => ended === true && mentions(out, Number(values?.x))),
  ],
  ['closes-instead', also('silent', ({ ended }) => ended === true)],
  ['waits-for-more', is('silent')],
  ['reads-too-early', is('answered-sometimes')],
  ['reads-until', is('needs-dress')],
  ['port-swapped', also('other-port', (fault) => value(fault, 'port') === value(fault, 'swapped'))],
  ['port-changed', also('other-port', (fault) => Math.abs(value(fault, 'port') - value(fault, 'told')) <= 10)],
  ['port-unset', also('other-port', (fault) => value(fault, 'fixed') === 0)],
  ['port-fixed', is('other-port')],
  ['length-of-received', is('length-of-received')],
  ['padded-number', also('malformed', ({ received = '' }) => /^HELLO -?0\d/.test(received))],
  ['length-in-front', also('malformed', ({ received = '' }) => received.startsWith('\0'))],
  ['printed-otherwise', is('malformed')],
  ['appended', is('something-in-front')],
  ['newline-in-message', is('newline-sent')],
  ['nul-counted', also('nul-sent', (fault) => value(fault, 'nuls') === 1)],
  ['whole-buffer-sent', is('nul-sent')],
  ['leftovers-sent', also('sent-too-much', ({ received = '' }) => received.includes('\0'))],
  ['sent-twice', is('sent-too-much')],
  ['error-sent', also('answers-z', ({ received = '' }) => received.includes('ERROR'))],
  ['answers-in-a-loop', is('answers-z')],
  ['sentinel', is('answers-z-of-number')],
  ['two-calls', is('split')],
  ['buffer-not-ended', is('stale-reply', 'stale-line', 'stale-judged')],
]

/** The complaint of a client that took the answer for a wrong one. */
const complains = ({ out = '', err = '' }: Fault) => hasError(out) || hasError(err)

const showsY = ({ out = '', err = '', values }: Fault) => mentions(out + err, Number(values?.y))

/** Of the answer, it printed as many characters as X has. */
const printsPart = ({ out = '', values }: Fault) => {
  const part = `HELLO ${values?.y}`.slice(0, `HELLO ${values?.x}`.length)
  return part !== `HELLO ${values?.y}` && linesOf(out).includes(part)
}

const CLIENT: readonly Cause[] = [
  ['refuses-x', also('no-connection', (fault) => value(fault, 'others') === 1)],
  ['address-of-arguments', is('no-connection')],
  ['no-sign', also('first-wrong', lacksSign)],
  ['x-of-arguments', is('first-missing', 'first-wrong')],
  ['no-room', (fault) => value(fault, 'small') === 1],
  ['reads-length-of-sent', also('third-missing', (fault) => fault.ended === true && printsPart(fault))],
  [
    'number-too-long',
    also(
      'third-missing',
      (fault) => fault.ended === true && complains(fault) && `HELLO ${fault.values?.y}`.length > SHORT,
    ),
  ],
  [
    'y-sign-in-comparison',
    also('third-missing', (fault) => fault.id === 'C1.12' && fault.ended === true && complains(fault)),
  ],
  ['y-sentinel', also('third-missing', (fault) => fault.id === 'C1.13' && fault.ended === true && complains(fault))],
  [
    'answer-not-read',
    also('third-missing', (fault) => fault.id === 'C1.2' && fault.ended === true && complains(fault) && !showsY(fault)),
  ],
  ['takes-right-for-wrong', also('third-missing', (fault) => fault.ended === true && complains(fault))],
  ['beyond-int', also('third-missing', (fault) => fault.ended === true && value(fault, 'z') > 0x7fffffff)],
  ['ends-before-z', also('third-missing', ({ ended }) => ended === true)],
  ['waits-for-more', is('third-missing')],
  ['compared-with-newline', also('needs-dress', (fault) => value(fault, 'compared') === 1)],
  ['leftovers-sent', also('says-more', ({ received = '' }) => received.includes('\0'))],
  ['speaks-too-early', is('says-more')],
]

const PRINTING: readonly Cause[] = [
  ['on-stderr', is('printed-on-stderr')],
  ['z-not-read', also('not-printed', (fault) => value(fault, 'third') === 1 && value(fault, 'closes') === 0)],
  ['second-not-printed', also('not-printed', (fault) => value(fault, 'third') === 1)],
  ['line-cut', also('not-printed', (fault) => value(fault, 'whole') === 1)],
  ['number-printed', also('not-printed', ({ received = '', values }) => linesOf(received).includes(String(values?.x)))],
  ['not-printed', is('not-printed')],
  ['newline-missing', is('two-on-a-line', 'line-open')],
  ['more-on-the-line', is('not-alone-on-line')],
  ['printed-late', is('wrong-order')],
  ['printed-by-two', is('printed-twice')],
  ['prints-sent', also('more-on-stdout', (fault) => value(fault, 'sent') === 1)],
  ['log-on-stdout', is('more-on-stdout')],
  ['printed-late', also('lost-by-kill', (fault) => value(fault, 'later') === 1)],
  ['not-flushed', is('lost-by-kill')],
  ['ends-without-flush', is('lost-at-end')],
  ['one-newline', is('empty-line')],
  ['whole-buffer-printed', also('invisible-bytes', ({ received = '' }) => received.includes('\0'))],
  ['one-newline', is('invisible-bytes')],
  ['print-first', is('answered-before-printed', 'sent-before-printed')],
]

/** An end explains what did not come, and not what came and was wrong. */
const ofMissing = ([key, when]: Cause): Cause => [
  key,
  (fault) => (OF_TIME.includes(fault.symptom) || is('lost-at-end')(fault) || fault.received === '') && when(fault),
]

const CAUSES: readonly Cause[] = [
  ...USED_UP,
  ...CRASHES.map(ofMissing),
  ...DELIVERIES,
  ...ANSWERS,
  ...ENDINGS,
  ...CLIENT,
  ...ENDS.map(ofMissing),
  ...NUMBERS,
  ...SERVER,
  ...PRINTING,
  ...CROWDS,
  ...WRONG_THIRD,
  ...SERIES,
  ...USAGE,
]

/** Every key that explanations.md has to have. */
export const CAUSE_KEYS: readonly string[] = [...new Set(CAUSES.map(([key]) => key))]

/** The key of the mistake that usually looks like this; undefined if none is known. */
export const causeOf = (fault: Fault): string | undefined => CAUSES.find(([, when]) => when(fault))?.[0]
