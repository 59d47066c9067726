/** Makes the report of a recording: pure. */
import { escapeBytes } from '@hs/protocol'
import type { Attribution } from './attribute/attribute.js'
import type { Case } from './catalogue/case.js'
import { CLAUSES } from './catalogue/clauses.js'
import { causeOf } from './explain/causes.js'
import { explained } from './explain/explain.js'
import { endOf } from './judge/both.js'
import type { Evidence, Judgement, Seen } from './judge/judgement.js'
import type { Kind } from './kinds.js'
import { bytes } from './message.js'
import type { Event, Observation, Recording } from './observe/observation.js'
import { comparison } from './report/comparison.js'
import { diagram, type Step } from './report/diagram.js'
import type { CaseResult, FaultReport } from './report/report.js'
import { judge } from './verdicts.js'

export interface ResultOptions {
  readonly ids: readonly string[]
  readonly strict?: boolean
  readonly baseline?: readonly string[]
  /** The line for the shell that does a case again. */
  readonly again: (id: string) => string
}

export function resultsOf<Facts>(
  kind: Pick<Kind<Facts>, 'cases' | 'judges'>,
  recording: Recording,
  seen: Seen<Facts>,
  { ids, strict = false, baseline = [], again }: ResultOptions,
): CaseResult[] {
  const { judgements, verdicts } = judge(kind, seen, ids)
  return ids.map((id) => {
    const one = kind.cases.find((other) => other.id === id)!
    const [judgement, attribution] = [judgements.get(id)!, verdicts.get(id)!]
    const { verdict } = attribution
    const bad = verdict === 'failed' || verdict === 'blocked'
    return {
      ...about(one, strict),
      durationMs: durationOf(recording.observations.filter(({ probe }) => one.probes.includes(probe))),
      verdict,
      ...noteOf(one.probes, judgement, attribution, recording),
      ...(verdict === 'failed' && { fault: faultOf(id, judgement, recording, again(id)) }),
      ...(bad && baseline.includes(id) && { known: true as const }),
    }
  })
}

function about({ id, title, clause, level, points }: Case, strict: boolean) {
  const counted = level === 'MAY' && strict ? 'MUST' : level
  return { id, title, clause, clauseText: CLAUSES[clause], level: counted, weight: points } as const
}

/** How long probes took, one after the other. */
export const durationOf = (observations: readonly Observation[]): number =>
  observations.reduce((sum, { events }) => sum + (events.at(-1)?.at ?? 0), 0)

function noteOf(
  probes: readonly string[],
  judgement: Judgement,
  { verdict, by, why }: Attribution,
  { stoppedBy, observations }: Recording,
): Pick<CaseResult, 'note' | 'blocked'> {
  if (verdict === 'blocked') {
    const { text } = explained('Reasons of rules', [why!])
    return { note: `blocked by ${by}: ${text}`, blocked: { by: by!, why: why! } }
  }
  if (verdict === 'not-run' && stoppedBy) return { note: explained('Notes', ['time-over'], { limit: stoppedBy }).text }
  const observed = observations.some(({ probe }) => probes.includes(probe))
  if (verdict === 'not-run' && !observed) return { note: explained('Notes', ['not-observed']).text }
  if (why) return { note: explained('Notes', [why]).text }
  if ('right' in judgement && judgement.note)
    return { note: explained('Notes', [judgement.note], judgement.values).text }
  return {}
}

function faultOf(id: string, judgement: Judgement, recording: Recording, reproduce: string): FaultReport {
  if (!('symptom' in judgement)) throw new TypeError(`${id} has no symptom`)
  const { symptom, evidence } = judgement
  const { sent, expected, received, words, values, at, endedLate } = evidence
  const cause = causeOf({ ...evidence, id, symptom })
  const steps = stepsOf(recording, at)
  const end = endedLate ? undefined : endOf(evidence)
  const got = (received === '' || received === 'nothing') && end ? end : received
  // Nothing is not compared byte by byte.
  const compared = !words && got === received && Boolean(expected && received)
  const explanation = cause === undefined ? undefined : explained('Causes', [`${id} ${cause}`, cause], values)
  return {
    summary: explained('Symptoms', [`${id} ${symptom}`, symptom], values).text,
    ...(sent !== undefined && { sent: escapeBytes(bytes(sent), 64) }),
    ...(expected !== undefined && { expected: escapeBytes(bytes(expected), 400) }),
    ...(got !== undefined && { received: escapeBytes(bytes(got), words ? 400 : 100) }),
    ...(compared && { comparison: comparison(bytes(expected!), bytes(received!)) }),
    ...(explanation && { cause: explanation.text, causeKey: cause!, fix: explanation.fix }),
    steps,
    diagram: diagram(steps, recording.kind),
    reproduce,
  }
}

/** What happened where a symptom was seen. */
function stepsOf({ observations, kind }: Recording, at: Evidence['at']): Step[] {
  const observation = observations.find(({ probe }) => probe === at?.probe)
  if (!observation || !at) return []
  const events = observation.events.slice(at.from, at.to)
  const names = new Map(
    events.flatMap((event) => ('name' in event && event.name ? [[event.connection, event.name] as const] : [])),
  )
  const began = events[0]?.at ?? 0
  return events.flatMap((event) => {
    const step = stepOf(event, kind)
    const connection = 'connection' in event ? names.get(event.connection) : undefined
    return step ? [{ atMs: event.at - began, ...step, ...(connection !== undefined && { connection }) }] : []
  })
}

function stepOf(event: Event, kind: Recording['kind']): Pick<Step, 'by' | 'text'> | undefined {
  switch (event.type) {
    case 'connect':
      return { by: kind === 'server' ? 'checker' : 'program', text: 'connects' }
    case 'unconnected':
      return { by: 'note', text: `could not connect: ${event.why}` }
    case 'send':
      return { by: 'checker', text: escapeBytes(bytes(event.text), 40) }
    case 'receive':
      return { by: 'program', text: escapeBytes(bytes(event.text), 40) }
    case 'end':
      return { by: event.by, text: event.how === 'reset' ? 'resets the connection' : 'closes' }
    case 'exit':
      return { by: 'note', text: `the program: ${endOf({ exit: event })}` }
    case 'kill':
      return { by: 'note', text: 'SIGKILL' }
    case 'note':
      return { by: 'note', text: event.text }
    default:
      return undefined
  }
}
