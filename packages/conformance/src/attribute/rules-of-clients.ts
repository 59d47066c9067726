/** The rules of clients: see rules.ts. */
import type { Evidence } from '../judge/judgement.js'
import type { Rule } from './rules.js'

/** Both ended by an exception that was not caught. */
const bothThrow = (own: Evidence, other: Evidence): boolean => own.values?.thrown === 1 && other.values?.thrown === 1

const sameSignal = ({ exit }: Evidence, other: Evidence): boolean => exit?.signal === other.exit?.signal

/** The other run did not end by itself, either. */
const runsOnToo = (_own: Evidence, { exit }: Evidence): boolean => exit === undefined

/** What was sent has as many bytes as what had come. */
const isAsLong = ({ sent, received }: Evidence): boolean => sent?.length === received?.length

/** A value that the judge has computed. */
const has =
  (name: string, value: string | number = 1) =>
  ({ values }: Evidence): boolean =>
    values?.[name] === value

export const RULES_OF_CLIENTS: readonly Rule[] = [
  // Nothing is right
  { of: ['C'], symptoms: ['unanswered'], by: 'C1.1', because: 'no-right-handshake' },
  { of: ['C'], symptoms: ['unanswered'], by: 'C1.2', because: 'no-right-handshake' },
  {
    of: ['C4.4'],
    symptoms: ['runs-on'],
    by: 'C1.2',
    having: ['third-missing'],
    when: runsOnToo,
    because: 'runs-on-too',
  },
  {
    of: ['C6.2', 'C6.3'],
    symptoms: ['runs-on'],
    by: 'C1.1',
    having: ['no-connection'],
    when: runsOnToo,
    because: 'runs-on-too',
  },
  {
    of: ['C6.3'],
    symptoms: ['runs-on'],
    by: 'C1.1',
    having: ['first-missing'],
    when: runsOnToo,
    because: 'runs-on-too',
  },
  // The wire
  { of: ['C1'], symptoms: ['no-room'], by: 'C1.11', because: 'long-numbers' },
  { of: ['C1.14', 'C1.12', 'C1.13'], by: 'C1.11', when: ({ values }) => values?.small === 1, because: 'long-numbers' },
  { of: ['C1.13'], by: 'C1.12', because: 'below-zero' },
  { of: ['C1.15'], by: 'C1.14', because: 'long-numbers' },
  { of: ['C1.15'], by: 'C1.11', because: 'one-more-digit' },
  { of: ['C1.15'], by: 'C1.12', because: 'below-zero-after-the-largest' },
  {
    of: ['C1.6'],
    symptoms: ['nul-sent'],
    by: 'C1.11',
    when: (_own, other) => isAsLong(other),
    because: 'as-long-as-received',
  },
  { of: ['C1.8'], by: 'C1.7', because: 'sends-more-always' },
  // Printing
  {
    of: ['C2', 'C3.4'],
    symptoms: ['output-none'],
    by: 'C2.1',
    having: ['printed-on-stderr'],
    because: 'printed-elsewhere',
  },
  { of: ['C2', 'C3.4'], symptoms: ['output-none'], by: 'C2.1', because: 'nothing-is-printed' },
  { of: ['C2.5'], symptoms: ['sent-before-printed'], by: 'C1.7', because: 'sends-more-always' },
  {
    of: ['C2.5'],
    symptoms: ['sent-before-printed'],
    by: 'C2.1',
    having: ['printed-on-stderr'],
    because: 'printed-elsewhere',
  },
  { of: ['C2.5'], symptoms: ['sent-before-printed'], by: 'C2.1', because: 'nothing-is-printed' },
  { of: ['C2.5'], symptoms: ['first-missing'], by: 'C2.3', because: 'prints-before-it-speaks' },
  {
    of: ['C2.3'],
    symptoms: ['printed-twice'],
    by: 'C3.5',
    when: has('message', 'ERROR'),
    because: 'error-for-right-answers',
  },
  {
    of: ['C2.4'],
    symptoms: ['empty-line'],
    by: 'C1.3',
    when: ({ sent = '' }) => sent.includes('\n'),
    because: 'asks-for-newline',
  },
  // Wrong answers
  {
    of: ['C3.1'],
    symptoms: ['error-missing'],
    by: 'C1.11',
    when: has('unnoticed', 'digit-more'),
    because: 'one-more-digit',
  },
  { of: ['C3.1'], symptoms: ['lost-at-end'], by: 'C2.1', having: ['lost-at-end'], because: 'lost-at-end' },
  { of: ['C3.2'], by: 'C1.7', because: 'sends-more-always' },
  { of: ['C3.2'], by: 'C3.1', having: ['error-missing'], when: has('unaware'), because: 'takes-wrong-for-right' },
  { of: ['C3.3'], by: 'C4.1', because: 'never-closes' },
  { of: ['C3.5'], by: 'C4.1', when: has('late'), because: 'waits-after-z' },
  { of: ['C3.6', 'C4.6'], symptoms: ['crashed'], by: 'C3.1', when: bothThrow, because: 'exception-there-too' },
  { of: ['C3.6', 'C4.6'], symptoms: ['crashed'], by: 'C4.4', when: bothThrow, because: 'exception-there-too' },
  { of: ['C3.6'], symptoms: ['crashed'], by: 'C4.4', having: ['crashed'], when: sameSignal, because: 'same-signal' },
  {
    of: ['C3.6', 'C4.6'],
    symptoms: ['crashed'],
    by: 'C3.1',
    having: ['lost-at-end'],
    when: sameSignal,
    because: 'same-signal',
  },
  { of: ['C4.6'], symptoms: ['crashed'], by: 'C3.6', when: bothThrow, because: 'exception-there-too' },
  { of: ['C4.5'], by: 'C4.4', because: 'no-end-without-answer' },
  {
    of: ['C3.6', 'C4.5'],
    symptoms: ['error-missing', 'error-sent'],
    by: 'C3.1',
    having: ['error-missing', 'error-sent'],
    when: (_own, other) => has('noticed', 0)(other),
    because: 'no-error-at-all',
  },
  {
    of: ['C3.6', 'C4.5'],
    symptoms: ['error-elsewhere', 'error-in-other-words'],
    by: 'C3.1',
    having: ['error-elsewhere', 'error-in-other-words'],
    because: 'error-in-other-words',
  },
  { of: ['C4.5'], symptoms: ['error-in-other-words'], by: 'C3.6', when: bothThrow, because: 'exception-there-too' },
  // Ends
  {
    of: ['C1', 'C2', 'C3', 'C5'],
    symptoms: ['third-missing', 'third-not-printed'],
    by: 'C4.3',
    having: ['third-missing'],
    when: (own, other) => own.ended === true && other.ended === true,
    because: 'does-not-wait',
  },
  { of: ['C4.2', 'C6.1'], by: 'C4.1', because: 'never-closes' },
  { of: ['C6.1'], by: 'C4.2', because: 'does-not-end' },
  // Deliveries
  { of: ['C5'], by: 'C1.3', when: has('undressed'), because: 'needs-something-after' },
  { of: ['C5'], by: 'C1.9', when: has('undressed'), because: 'reads-memory' },
  { of: ['C5'], symptoms: ['error-for-delivery'], by: 'C3.5', because: 'error-for-right-answers' },
]
