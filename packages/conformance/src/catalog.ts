import { clientCases } from './cases/client/index.js'
import { serverCases } from './cases/server/index.js'
import { CLAUSES } from './clauses.js'
import type { Level } from './report.js'
import { compareIds } from './run.js'

/** A case as lists and explanations show it. */
export interface CaseDescription {
  readonly id: string
  readonly kind: 'server' | 'client'
  readonly title: string
  readonly clause: string
  readonly clauseText: string
  readonly level: Level
  readonly weight: number
  readonly needs: readonly string[]
  readonly explain: string
}

/** Every case, in the order of their ids. */
export function listCases(): CaseDescription[] {
  const describe =
    (kind: 'server' | 'client') => (one: (typeof serverCases)[number] | (typeof clientCases)[number]) => ({
      id: one.id,
      kind,
      title: one.title,
      clause: one.clause,
      clauseText: CLAUSES[one.clause],
      level: one.level,
      weight: one.weight,
      needs: one.needs ?? [],
      explain: one.explain,
    })
  return [
    ...serverCases.map(describe('server')).sort((a, b) => compareIds(a.id, b.id)),
    ...clientCases.map(describe('client')).sort((a, b) => compareIds(a.id, b.id)),
  ]
}
