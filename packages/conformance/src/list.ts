/** The catalogue as lists and explanations show it. */
import { rulesOf } from './attribute/attribute.js'
import type { Case } from './catalogue/case.js'
import { CLAUSES } from './catalogue/clauses.js'
import { explained } from './explain/explain.js'
import { CLIENT, SERVER } from './kinds.js'
import type { Level } from './report/report.js'
import { compareIds } from './select.js'

export interface CaseDescription {
  readonly id: string
  readonly kind: 'server' | 'client'
  readonly title: string
  readonly clause: string
  readonly clauseText: string
  readonly level: Level
  readonly weight: number
  /** What the checker does. */
  readonly sends: string
  /** What it must see then. */
  readonly must: string
  /** Why it matters, and what is usually wrong. */
  readonly explain: string
  /** Other cases that report a fault which is seen here, and when. */
  readonly reportedBy: readonly { readonly by: string; readonly because: string }[]
}

/** Every case, in the order of their ids: those of servers first. */
export function listCases(): CaseDescription[] {
  return [SERVER, CLIENT].flatMap(({ kind, cases }) =>
    cases.map((one) => describe(kind, one)).sort((a, b) => compareIds(a.id, b.id)),
  )
}

function describe(kind: 'server' | 'client', one: Case): CaseDescription {
  const { id, title, clause, level, points, sends, must, why } = one
  const reportedBy = rulesOf(id).map(({ by, because }) => ({
    by,
    because: explained('Reasons of rules', [because]).text,
  }))
  const clauseText = CLAUSES[clause]
  return { id, kind, title, clause, clauseText, level, weight: points, sends, must, explain: why, reportedBy }
}
