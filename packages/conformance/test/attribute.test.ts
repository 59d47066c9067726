/** Verdicts by the rules as they are, of judgements that are made up. */
import { describe, expect, it } from 'vitest'
import { attribute } from '../src/attribute/attribute.js'
import { type Judgement, RIGHT } from '../src/judge/judgement.js'
import type { Symptom } from '../src/judge/symptoms.js'

const shows = (symptom: Symptom): Judgement => ({ symptom, evidence: {} })
const verdictsOf = (judgements: Readonly<Record<string, Judgement>>) =>
  Object.fromEntries(attribute(new Map(Object.entries(judgements))))

describe('attribution', () => {
  it('passes what is right, and fails nothing that could not be seen', () => {
    const verdicts = verdictsOf({
      'S1.1': RIGHT,
      'S2.6': { unseen: 'no-full-pipe' },
      'S8.1': { unseen: 'no-argument', applicable: false },
    })
    expect(verdicts).toEqual({
      'S1.1': { verdict: 'passed' },
      'S2.6': { verdict: 'not-observable', why: 'no-full-pipe' },
      'S8.1': { verdict: 'not-applicable', why: 'no-argument' },
    })
  })

  // No rule names a case of this group.
  it.each(['unanswered', 'output-late', 'output-none', 'no-room', 'not-concurrent'] as const)(
    'does not take a case for judged that shows only "%s"',
    (symptom) => {
      expect(verdictsOf({ 'X1.1': shows(symptom) })).toEqual({ 'X1.1': { verdict: 'not-run', why: symptom } })
    },
  )

  it('fails what shows anything else, unless a rule names its root', () => {
    expect(verdictsOf({ 'X1.1': shows('answers-z-of-number') })).toEqual({ 'X1.1': { verdict: 'failed' } })
  })

  it('sends the reader to the root, over all branches on the way', () => {
    const verdicts = verdictsOf({
      'S1.11': shows('answers-z-of-number'),
      'S1.8': shows('unanswered'),
      'S1.1': shows('answers-z-of-number'),
    })
    expect(verdicts).toEqual({
      'S1.11': { verdict: 'blocked', by: 'S1.1', why: 'answers-every-z' },
      'S1.8': { verdict: 'blocked', by: 'S1.1', why: 'no-right-handshake' },
      'S1.1': { verdict: 'failed' },
    })
  })

  it('blames no case that has passed, has not failed, or was not judged', () => {
    for (const other of [{ 'S1.8': RIGHT }, { 'S1.8': shows('unanswered') }, {}] as Record<string, Judgement>[]) {
      const verdicts = verdictsOf({ ...other, 'S1.11': shows('answers-z-of-number') })
      expect(verdicts['S1.11'], JSON.stringify(other)).toEqual({ verdict: 'failed' })
    }
  })
})
