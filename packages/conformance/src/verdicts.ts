/** From a recording to the results of its cases: pure. The same file gives the same verdicts, on any machine. */
import { type Attribution, attribute, candidates } from './attribute/attribute.js'
import type { Case } from './catalogue/case.js'
import type { Judgement, Seen } from './judge/judgement.js'
import { OF_TIME } from './judge/symptoms.js'
import type { Kind } from './kinds.js'
import type { Exchanges } from './observe/exchange.js'
import type { Observation, Settings } from './observe/observation.js'

export interface Judged {
  readonly judgements: ReadonlyMap<string, Judgement>
  readonly verdicts: ReadonlyMap<string, Attribution>
}

/** Everything that judges look at, computed once. */
export function seenIn<Facts>(
  kind: Pick<Kind<Facts>, 'factsOf'>,
  exchanges: Exchanges,
  settings: Settings,
): Seen<Facts> {
  return { observations: exchanges.observations, exchanges, facts: kind.factsOf(exchanges, settings), settings }
}

/** Judges cases, and those that report their faults: so that a case gets the same verdict whatever else is asked for. */
export function judge<Facts>(
  { cases, judges }: Pick<Kind<Facts>, 'cases' | 'judges'>,
  seen: Seen<Facts>,
  ids: Iterable<string>,
): Judged {
  const judgements = new Map<string, Judgement>()
  const add = (id: string) => {
    const one = cases.find((other) => other.id === id)
    if (!one || judgements.has(id)) return
    judgements.set(id, unseen(one, seen.settings) ?? judges[id]!(seen))
    for (const { by } of candidates(id, judgements.get(id)!)) add(by)
  }
  for (const id of ids) add(id)
  return { judgements, verdicts: attribute(judgements) }
}

function unseen({ sees }: Case, { observed, proc }: Settings): Judgement | undefined {
  if (sees && !observed) return { unseen: 'output-not-seen' }
  return sees === 'system' && proc === false ? { unseen: 'no-proc' } : undefined
}

/** If the checker was late by this much, the machine may have been slow, and not the program. */
const LATE_MS = 200

/** Probes of a late machine in which something was missed: they are repeated before anything is said. */
export function undecided({ judgements }: Judged, observations: readonly Observation[]): Set<string> {
  const late = new Set(observations.filter(({ machine }) => machine.lateMs > LATE_MS).map(({ probe }) => probe))
  const bad = [...judgements.values()].flatMap((judgement) =>
    'symptom' in judgement && judgement.evidence.at && OF_TIME.includes(judgement.symptom)
      ? [judgement.evidence.at.probe]
      : [],
  )
  return new Set(bad.filter((probe) => late.has(probe)))
}
