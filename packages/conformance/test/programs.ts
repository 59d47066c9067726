import type { Expectation } from '../src/report/report.js'
import type { Build } from './compile.js'
import { MUTANTS, type Mutant, RIGHT_PROGRAMS, type RightProgram } from './mutants.js'

/** A program of test/programs in one of its builds: a mutant, or a right one. */
export interface TestProgram {
  /** `server-UNTIL_NUL`: also the name of its recording. */
  readonly name: string
  readonly build: Build
  readonly expect?: Expectation
  readonly mutant?: Mutant
  readonly right?: RightProgram
}

export const programs = (): TestProgram[] => [
  ...RIGHT_PROGRAMS.map((right) => ({
    name: [right.source, ...(right.flags ?? [])].join('-'),
    build: { source: right.source, flags: right.flags ?? [] },
    right,
  })),
  ...MUTANTS.map((mutant) => ({
    name: [mutant.source, ...mutant.flags].join('-'),
    build: { source: mutant.source, flags: mutant.flags.map((flag) => `BUG_${flag}`) },
    ...(mutant.expect && { expect: mutant.expect }),
    mutant,
  })),
]

/** One mutant for each case that mutants are caught by, and a right program of each kind: what CI runs live. */
export const sample = (): TestProgram[] => {
  const all = programs()
  const kindOf = ({ mutant, right }: TestProgram) => mutant?.caught ?? `${right!.nature} ${right!.robust}`
  return [...new Set(all.map(kindOf))].map((kind) => all.find((program) => kindOf(program) === kind)!)
}
