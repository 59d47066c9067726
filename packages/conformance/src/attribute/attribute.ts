import type { Judgement } from '../judge/judgement.js'
import type { Symptom } from '../judge/symptoms.js'
import { RULES, type Rule } from './rules.js'

type Verdict = 'passed' | 'failed' | 'blocked' | 'not-observable' | 'not-applicable' | 'not-run'

/** The verdict on a case; what is blocked, by which case and why, is data. */
export interface Attribution {
  readonly verdict: Verdict
  /** The case that reports the fault. */
  readonly by?: string
  /** A key of the explanations. */
  readonly why?: string
}

type Judgements = ReadonlyMap<string, Judgement>

/** Symptoms that only say that nothing could be seen: they never fail a case. */
const EMPTY: readonly Symptom[] = ['unanswered', 'output-late', 'output-none', 'no-room', 'not-concurrent']

/** The rules that name a case, or its group: one is asked for them in every run, so they are looked up once. */
const rulesByCase = new Map<string, readonly Rule[]>()

export function rulesOf(id: string): readonly Rule[] {
  const names = [id, id.split('.')[0]!, id[0]!]
  const rules = rulesByCase.get(id) ?? RULES.filter(({ of, by }) => by !== id && of.some((one) => names.includes(one)))
  rulesByCase.set(id, rules)
  return rules
}

/** Rules whose first half is true of a case: whether it is blocked depends on the cases that they name. */
export function candidates(id: string, judgement: Judgement): readonly Rule[] {
  if (!('symptom' in judgement)) return []
  return rulesOf(id).filter(({ symptoms }) => symptoms?.includes(judgement.symptom) ?? true)
}

/** Makes a verdict of every judgement. Pure: the same judgements always give the same verdicts. */
export function attribute(judgements: Judgements): Map<string, Attribution> {
  const verdicts = new Map<string, Attribution>()
  const of = (id: string): Attribution => {
    const known = verdicts.get(id)
    if (known) return known
    // Two cases that blame each other are both told: none of them is the root.
    verdicts.set(id, { verdict: 'not-run' })
    const judgement = judgements.get(id)
    const verdict = judgement ? attributeOne(id, judgement, judgements, of) : ({ verdict: 'not-run' } as const)
    verdicts.set(id, verdict)
    return verdict
  }
  for (const id of judgements.keys()) of(id)
  return verdicts
}

function attributeOne(
  id: string,
  judgement: Judgement,
  judgements: Judgements,
  of: (id: string) => Attribution,
): Attribution {
  if ('right' in judgement) return { verdict: 'passed' }
  if ('unseen' in judgement) {
    return { verdict: judgement.applicable === false ? 'not-applicable' : 'not-observable', why: judgement.unseen }
  }
  for (const { by, having, when, because } of candidates(id, judgement)) {
    const other = judgements.get(by)
    if (!other || !('symptom' in other) || (having && !having.includes(other.symptom))) continue
    if (when && !when(judgement.evidence, other.evidence)) continue
    const { verdict, by: root = by } = of(by)
    // The reader is sent to the case that has failed.
    if (verdict === 'failed' || verdict === 'blocked') return { verdict: 'blocked', by: root, why: because }
  }
  return EMPTY.includes(judgement.symptom) ? { verdict: 'not-run', why: judgement.symptom } : { verdict: 'failed' }
}
