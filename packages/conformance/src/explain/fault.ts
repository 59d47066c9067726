/** What the tables of causes are made of: a fault, and conditions on it. */
import type { Evidence } from '../judge/judgement.js'
import type { Symptom } from '../judge/symptoms.js'
import { linesOf } from '../observe/output.js'

/** A fault, as conditions look at it. */
export interface Fault extends Evidence {
  readonly id: string
  readonly symptom: Symptom
}

export type Cause = readonly [key: string, when: (fault: Fault) => boolean]

export const last = ({ err = '' }: Fault) => linesOf(err).at(-1) ?? ''
export const signal =
  (...names: string[]) =>
  ({ exit }: Fault) =>
    names.includes(exit?.signal ?? '')
export const is =
  (...symptoms: Symptom[]) =>
  ({ symptom }: Fault) =>
    symptoms.includes(symptom)
export const also = (symptom: Symptom, when: (fault: Fault) => boolean) => (fault: Fault) =>
  fault.symptom === symptom && when(fault)
export const value = ({ values }: Fault, name: string) => Number(values?.[name] ?? 0)
/** No ERROR after these, and only these, of the wrong messages. */
export const through = (...sets: string[]) =>
  also('error-missing', ({ values }) => sets.includes(String(values?.unnoticed ?? '')))
