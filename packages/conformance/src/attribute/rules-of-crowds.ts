/** Rules of what a server survives, and of many clients at once. */
import type { Evidence } from '../judge/judgement.js'
import type { Rule } from './rules.js'
import { SAME_END } from './same-end.js'

const SURVIVES = ['S5.2', 'S5.3', 'S5.4', 'S5.5', 'S5.6', 'S5.7', 'S5.8']
const CROWDS = ['S2.8', 'S6.1', 'S6.2', 'S6.3', 'S6.4']
const UNSERVED = ['silent', 'next-not-served', 'wrong-number', 'forgotten', 'mixed-up', 'unconnected', 'ended'] as const

/** The process had served as many clients as it serves at all. */
const usedUp = ({ values: own }: Evidence, { values: other }: Evidence): boolean =>
  Number(own?.clients ?? 0) >= Number(other?.served ?? Number.POSITIVE_INFINITY)

export const OF_CROWDS: readonly Rule[] = [
  { of: [...SURVIVES, 'S5.11', ...CROWDS], by: 'S5.1', because: 'no-second-client' },
  { of: [...SURVIVES, ...CROWDS], symptoms: UNSERVED, by: 'S5.9', when: usedUp, because: 'series-ended' },
  {
    of: [...SURVIVES, ...CROWDS],
    symptoms: UNSERVED,
    by: 'S1.4',
    having: ['something-in-front'],
    because: 'answers-grow',
  },
  { of: [...SURVIVES, ...CROWDS], symptoms: UNSERVED, by: 'S1.10', because: 'stale-bytes' },
  // What a server survives
  { of: ['S5.3'], by: 'S5.4', because: 'leavers-end-it' },
  { of: ['S5.8'], by: 'S5.2', because: 'leavers-end-it' },
  { of: ['S5.11'], by: 'S5.2', because: 'leavers-end-it' },
  { of: ['S5.11'], by: 'S5.4', because: 'leavers-end-it' },
  { of: ['S5.11'], by: 'S3.5', when: ({ values }) => values?.right === 1, because: 'taken-for-wrong' },
  {
    of: ['S3.5'],
    symptoms: ['error-for-right'],
    by: 'S5.11',
    when: ({ values }, other) => values?.times === 1 && other.values?.right === 0,
    because: 'error-for-leavers',
  },
  { of: ['S5.7'], symptoms: ['next-not-served'], by: 'S3.3', because: 'still-at-work' },
  { of: ['S5.6'], symptoms: ['left-open'], by: 'S1.2', because: 'needs-something-after' },
  { of: ['S5.6'], symptoms: ['left-open'], by: 'S3.3', having: ['stays-open'], because: 'open-after-errors' },
  { of: ['S5.6'], symptoms: ['left-open'], by: 'S4.1', because: 'never-closes' },
  {
    of: ['S5.6'],
    symptoms: ['left-open'],
    by: 'S5.10',
    having: ['descriptors-stay'],
    when: (_own, { values }) => values?.leavers !== 1 && values?.processes !== 1,
    because: 'descriptors-stay',
  },
  // Many clients at once
  { of: CROWDS, symptoms: [...UNSERVED, 'lines-missing'], by: 'S4.2', because: 'does-not-wait' },
  { of: ['S6.2', 'S2.8'], by: 'S6.1', because: 'other-model' },
  { of: ['S6.2'], symptoms: ['error-among-others'], by: 'S3.5', because: 'taken-for-wrong' },
  { of: ['S6.3'], symptoms: ['mixed-up', 'lines-missing'], by: 'S6.2', because: 'mixed-up' },
  { of: ['S6.3'], symptoms: ['forgotten'], by: 'S6.2', having: ['forgotten', 'kept-open'], because: 'mixed-up' },
  // A client that the queue has no room for may believe that it is connected, and wait for seconds.
  {
    of: ['S6.3'],
    symptoms: ['queue-full', 'forgotten', 'mixed-up'],
    by: 'S6.4',
    having: ['queue-full'],
    because: 'queue-full',
  },
  { of: ['S6.4'], symptoms: [...UNSERVED, 'lines-missing'], by: 'S6.3', because: 'fewer-are-too-many' },
  { of: ['S2.8'], by: 'S6.3', because: 'fewer-are-too-many' },
  { of: ['S2.8'], by: 'S6.2', because: 'mixed-up' },
  { of: ['S2.8'], by: 'S2.2', because: 'no-clean-line' },
  { of: ['S2.8'], by: 'S2.5', because: 'other-lines' },
  ...SAME_END,
]
