/** Recordings are judged again: no process runs, so all of them take a moment. */
import { describe, expect, it } from 'vitest'
import type { Attribution } from '../src/attribute/attribute.js'
import { judgeRecording } from '../src/check.js'
import { wantedProbes } from '../src/conduct.js'
import { CLIENT, type Kind, SERVER } from '../src/kinds.js'
import type { Recording } from '../src/observe/observation.js'
import { judge, seenIn } from '../src/verdicts.js'
import { programs } from './programs.js'
import { readRecording, recordedNames } from './recordings.js'

/** A missing MAY is not a fault, unless it was planted. */
const failed = (report: ReturnType<typeof judgeRecording>, caught?: string) =>
  report.results.filter(({ id, verdict, level }) => verdict === 'failed' && (level !== 'MAY' || id === caught))
/** Cases that are ported to observe and judge; the others still run from src/old. */
const ported = [...SERVER.cases, ...CLIENT.cases].filter(({ probes }) => probes.length > 0).map(({ id }) => id)

describe('recordings', () => {
  const known = programs().filter(({ name }) => recordedNames().includes(name))

  it.each(known)('$name fails exactly what is wrong with it', ({ name, mutant, right }) => {
    const report = judgeRecording(readRecording(name), { only: ported })
    const expected = mutant ? [mutant.caught, ...(mutant.also ?? [])] : (right!.told ?? [])
    const told = failed(report, mutant?.caught)
    expect(told.map(({ id }) => id).sort()).toEqual(expected.filter((id) => ported.includes(id)).sort())
    if (mutant?.cause) expect(told.find(({ id }) => id === mutant.caught)?.fault?.causeKey).toBe(mutant.cause)
  })

  it.each(known)('$name gets the same verdict for each case alone', ({ name }) => {
    const recording = readRecording(name)
    const kind = (recording.kind === 'server' ? SERVER : CLIENT) as unknown as Kind<unknown>
    const whole = judge(kind.cases, seenIn(kind, recording), ported).verdicts
    const alone = new Alone(kind, recording)
    for (const [id, verdict] of whole) expect({ id, ...alone.verdict(id) }).toEqual({ id, ...verdict })
  })
})

/** What `--only` does: the probes of a case are made, then those of the cases that its rules name. */
class Alone {
  readonly #kind: Kind<unknown>
  readonly #recording: Recording
  /** By the names of their probes. */
  readonly #seen = new Map<string, ReturnType<typeof seenIn<unknown>>>()

  constructor(kind: Kind<unknown>, recording: Recording) {
    this.#kind = kind
    this.#recording = recording
  }

  verdict(id: string): Attribution | undefined {
    for (let ids: Iterable<string> = [id], before = ''; ; ) {
      const names = [...wantedProbes(this.#kind, ids)].sort()
      const judged = judge(this.#kind.cases, this.#seenBy(names), [id])
      if (names.join() === before) return judged.verdicts.get(id)
      before = names.join()
      ids = [...judged.judgements.keys()]
    }
  }

  #seenBy(names: readonly string[]) {
    const observations = this.#recording.observations.filter(({ probe }) => names.includes(probe))
    const seen = this.#seen.get(names.join()) ?? seenIn(this.#kind, { ...this.#recording, observations })
    this.#seen.set(names.join(), seen)
    return seen
  }
}
