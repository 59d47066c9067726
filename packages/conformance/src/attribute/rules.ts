/**
 * Which symptom of which case is a branch of another case's fault: one fault costs one case. The fairness part of
 * docs/CONFORMANCE.md is generated from this table; `because` is a key of explain/explanations.md.
 */
import type { Evidence } from '../judge/judgement.js'
import type { Symptom } from '../judge/symptoms.js'
import { RULES_OF_CLIENTS } from './rules-of-clients.js'
import { OF_CROWDS } from './rules-of-crowds.js'

export interface Rule {
  /** Ids, or groups: `S1` stands for all cases of that group, `S` for all of servers. */
  readonly of: readonly string[]
  /** Default: any symptom. */
  readonly symptoms?: readonly Symptom[]
  readonly by: string
  /** Only if that case has one of these symptoms. Default: any. */
  readonly having?: readonly Symptom[]
  /** Only if this is true of what both have shown. */
  readonly when?: (own: Evidence, other: Evidence) => boolean
  readonly because: string
}

/** Numbers that are longer than every program's arrays. */
const isLong = ({ values }: Evidence): boolean => `HELLO ${values?.x ?? ''}`.length >= 9

/** The program ended the connection by itself. */
const closes = ({ ended }: Evidence): boolean => ended === true

/** Both show the same line. */
const sameLine = (own: Evidence, other: Evidence): boolean =>
  own.received !== undefined && own.received === other.received

const NUMBERED = ['S1.11', 'S1.12', 'S1.13', 'S1.14', 'S1.15', 'S1.16']

export const RULES: readonly Rule[] = [
  // Nothing is right
  { of: ['S'], symptoms: ['unanswered'], by: 'S1.1', because: 'no-right-handshake' },
  // The wire
  { of: NUMBERED, symptoms: ['answers-z-of-number'], by: 'S1.8', because: 'answers-every-z' },
  { of: NUMBERED, symptoms: ['answers-z-of-number'], by: 'S1.7', because: 'sends-more-always' },
  { of: ['S1.14'], symptoms: ['answers-z-of-number', 'wrong-number', 'silent'], by: 'S1.13', because: 'below-zero' },
  { of: ['S1.8'], symptoms: ['answers-z'], by: 'S3.2', having: ['error-sent'], because: 'sends-error' },
  { of: ['S1.6'], symptoms: ['nul-sent'], by: 'S1.12', having: ['length-of-received'], because: 'as-long-as-received' },
  { of: ['S1.6', 'S1.9'], by: 'S1.7', having: ['sent-too-much'], because: 'sends-more-always' },
  { of: ['S1.12', 'S1.13'], by: 'S1.15', when: isLong, because: 'long-numbers' },
  { of: ['S1.16'], by: 'S1.15', because: 'long-numbers' },
  { of: ['S1.16'], by: 'S1.12', because: 'one-more-digit' },
  { of: ['S1.16'], by: 'S1.13', because: 'below-zero-after-the-largest' },
  { of: ['S1.10'], symptoms: ['stale-judged'], by: 'S4.2', having: ['closed-early'], because: 'does-not-wait' },
  // Printing
  { of: ['S2', 'S3'], symptoms: ['output-late'], by: 'S2.6', because: 'lines-come-late' },
  { of: ['S2', 'S3'], symptoms: ['output-none'], by: 'S2.1', because: 'nothing-is-printed' },
  { of: ['S2.4'], symptoms: ['silent', 'wrong-number'], by: 'S1.15', because: 'long-numbers' },
  { of: ['S2.4'], symptoms: ['silent', 'wrong-number'], by: 'S1.13', because: 'below-zero' },
  { of: ['S2.3', 'S2.4'], symptoms: ['not-printed'], by: 'S2.1', because: 'nothing-is-printed' },
  { of: ['S2.7'], by: 'S2.2', because: 'no-clean-line' },
  { of: ['S2.9'], by: 'S2.6', because: 'not-flushed' },
  { of: ['S2.9'], by: 'S2.1', having: ['printed-on-stderr'], because: 'printed-elsewhere' },
  { of: ['S2.6'], by: 'S2.1', because: 'nothing-is-printed' },
  // Wrong third messages, and the end of a handshake
  { of: ['S4.2'], symptoms: ['silent'], by: 'S1.1', having: ['answered-sometimes'], because: 'answered-sometimes' },
  {
    of: ['S2.3', 'S3.1', 'S3.2', 'S3.3', 'S3.4', 'S3.6'],
    by: 'S4.2',
    having: ['closed-early', 'silent'],
    because: 'does-not-wait',
  },
  {
    of: ['S'],
    symptoms: ['silent', 'next-not-served', 'series-ended', 'not-understood'],
    by: 'S4.2',
    having: ['closed-early', 'silent'],
    when: closes,
    because: 'does-not-wait',
  },
  { of: ['S2.3'], symptoms: ['not-printed'], by: 'S3.5', because: 'taken-for-wrong' },
  { of: ['S2.5'], symptoms: ['more-on-stdout'], by: 'S3.5', when: sameLine, because: 'taken-for-wrong' },
  {
    of: ['S2.5'],
    symptoms: ['printed-twice'],
    by: 'S3.5',
    when: ({ values }) => values?.message === 'ERROR',
    because: 'taken-for-wrong',
  },
  { of: ['S3.1'], symptoms: ['third-not-printed'], by: 'S2.3', because: 'z-is-not-printed' },
  { of: ['S3.1', 'S3.5'], by: 'S2.1', because: 'nothing-is-printed' },
  {
    of: ['S3.2'],
    symptoms: ['error-missing'],
    by: 'S2.3',
    when: ({ exit, values }) => exit !== undefined || values?.ignored === 1,
    because: 'z-is-not-read',
  },
  {
    of: ['S3.2'],
    symptoms: ['error-in-other-words'],
    by: 'S3.4',
    having: ['ended'],
    when: ({ values }) => values?.thrown === 1,
    because: 'exception-there-too',
  },
  {
    of: ['S3.2'],
    symptoms: ['error-missing'],
    by: 'S3.5',
    when: ({ values: own }, { values }) =>
      values?.pattern === 'longer than X' ? own?.unnoticed === 'digit-more' : values?.pattern === 'always',
    because: 'taken-for-wrong',
  },
  { of: ['S3.2'], symptoms: ['error-open'], by: 'S2.2', because: 'lines-have-no-newline' },
  { of: ['S3.3'], symptoms: ['stays-open'], by: 'S4.1', because: 'never-closes' },
  { of: ['S3.4'], symptoms: ['next-not-served'], by: 'S3.3', because: 'still-at-work' },
  { of: ['S3.4', 'S5.9', 'S5.10', 'S5.13'], by: 'S5.1', because: 'no-second-client' },
  {
    of: ['S3.5'],
    symptoms: ['error-for-right'],
    by: 'S1.14',
    when: ({ values }) => values?.x === -1 && values?.times === 1,
    because: 'minus-one',
  },
  {
    of: ['S3.5'],
    symptoms: ['error-for-right'],
    by: 'S1.13',
    when: ({ values }) => /below zero/.test(String(values?.pattern)),
    because: 'below-zero',
  },
  {
    of: ['S3.5'],
    symptoms: ['error-for-right'],
    by: 'S1.15',
    when: ({ values }) => values?.pattern === 'long',
    because: 'long-numbers',
  },
  { of: ['S3.6'], by: 'S3.2', because: 'no-error-at-all' },
  {
    of: ['S4.1'],
    symptoms: ['stays-open'],
    by: 'S2.3',
    // A Z that is taken for wrong was read.
    when: ({ values, out = '', err = '' }) => values?.follows === 0 && !/ERROR/.test(out + err),
    because: 'z-is-not-read',
  },
  {
    of: ['S5.1'],
    by: 'S2.3',
    when: (own, other) => own.exit !== undefined && other.exit !== undefined,
    because: 'ends-at-z',
  },
  // Many clients
  {
    of: ['S5.9', 'S5.10'],
    symptoms: ['series-ended'],
    by: 'S1.4',
    having: ['something-in-front'],
    because: 'answers-grow',
  },
  { of: ['S5.10', 'S5.13'], symptoms: ['series-ended'], by: 'S5.9', because: 'series-ended' },
  { of: ['S5.10'], symptoms: ['series-ended'], by: 'S5.4', because: 'leavers-end-it' },
  { of: ['S5.10'], symptoms: ['descriptors-stay'], by: 'S4.1', because: 'never-closes' },
  { of: ['S5.13'], by: 'S5.10', because: 'descriptors-stay' },
  { of: ['S5.12'], symptoms: ['busy'], by: 'S5.2', because: 'leavers-end-it' },
  { of: ['S5.12'], symptoms: ['busy'], by: 'S5.4', because: 'leavers-end-it' },
  { of: ['S5.12'], symptoms: ['busy'], by: 'S5.10', because: 'descriptors-stay' },
  // Deliveries and arguments
  { of: ['S7'], by: 'S1.2', because: 'needs-something-after' },
  { of: ['S7'], symptoms: ['error-for-delivery'], by: 'S3.5', because: 'taken-for-wrong' },
  { of: ['S7'], symptoms: ['third-cut'], by: 'S2.3', because: 'z-is-not-printed' },
  { of: ['S8.3'], by: 'S8.1', because: 'runs-on' },
  ...RULES_OF_CLIENTS,
  ...OF_CROWDS,
]
