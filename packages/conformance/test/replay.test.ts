/** Recordings are judged again: no process runs, so all of them take a moment. */
import { describe, expect, it } from 'vitest'
import type { Attribution } from '../src/attribute/attribute.js'
import { judgeRecording } from '../src/check.js'
import { wantedProbes } from '../src/conduct.js'
import type { Judge, Judgement, Seen } from '../src/judge/judgement.js'
import { CLIENT, type Kind, SERVER } from '../src/kinds.js'
import { Exchanges } from '../src/observe/exchange.js'
import type { Recording, Settings } from '../src/observe/observation.js'
import { judge, seenIn } from '../src/verdicts.js'
import { programs } from './programs.js'
import { readRecording, recordedNames } from './recordings.js'

/** A missing MAY is not a fault, unless it was planted. */
const failed = (report: ReturnType<typeof judgeRecording>, caught?: string) =>
  report.results.filter(({ id, verdict, level }) => verdict === 'failed' && (level !== 'MAY' || id === caught))
describe('recordings', () => {
  const names = recordedNames()
  const known = programs().filter(({ name }) => names.includes(name))
  // Each is read when it is wanted: a mutant of the judges is mostly found by the first.
  const recordings = new Map<string, Recording>()
  const recordingOf = (name: string) => {
    const recording = recordings.get(name) ?? readRecording(name)
    recordings.set(name, recording)
    return recording
  }

  it.each(known)('$name fails exactly what is wrong with it', ({ name, mutant, right }) => {
    const report = judgeRecording(recordingOf(name))
    const expected = mutant ? [mutant.caught, ...mutant.also] : (right!.told ?? [])
    const told = failed(report, mutant?.caught)
    expect(told.map(({ id }) => id).sort()).toEqual([...expected].sort())
    if (mutant) expect(told.find(({ id }) => id === mutant.caught)?.fault?.causeKey).toBe(mutant.cause)
  })

  it.each(known)('$name gets the same verdict for each case alone', ({ name }) => {
    const { kind: of, observations, settings } = recordingOf(name)
    const kind = (of === 'server' ? SERVER : CLIENT) as unknown as Kind<unknown>
    const ids = kind.cases.map(({ id }) => id)
    const exchanges = new Exchanges(observations)
    const whole = judge(kind, seenIn(kind, exchanges, settings), ids).verdicts
    const alone = new Alone(kind, exchanges, settings)
    expect(ids.map((id) => [id, alone.verdict(id)])).toEqual(ids.map((id) => [id, whole.get(id)]))
  })
})

it('an ERROR that comes with the first line of a client belongs to the one before, if that was not served well', () => {
  const recording = readRecording('server-select-ZERO_IS_NOTHING-ERROR_WHEN_LEFT')
  const observations = recording.observations.map((one) => {
    const error = one.events.findIndex((event) => event.type === 'output' && event.text === 'ERROR\n')
    const next = one.events.findIndex((event, at) => at > error && event.type === 'output')
    if (one.probe !== 'numbers') return one
    expect([error, next]).not.toContain(-1)
    const events = one.events.map((event, at) =>
      at === next && event.type === 'output' ? { ...event, text: `ERROR\n${event.text}` } : event,
    )
    return { ...one, events: events.filter((_, at) => at !== error) }
  })
  const { results } = judgeRecording({ ...recording, observations })
  expect(results.find(({ id }) => id === 'S3.5')?.verdict).toBe('passed')
})

/** What `--only` does: the probes of a case are made, then those of the cases that its rules name. */
class Alone {
  readonly #kind: Kind<unknown>
  readonly #exchanges: Exchanges
  readonly #settings: Settings
  /** By the names of the probes that were made. */
  readonly #known = new Map<string, Restricted>()

  constructor(kind: Kind<unknown>, exchanges: Exchanges, settings: Settings) {
    this.#kind = kind
    this.#exchanges = exchanges
    this.#settings = settings
  }

  verdict(id: string): Attribution | undefined {
    for (let ids: Iterable<string> = [id], before = ''; ; ) {
      const probes = wantedProbes(this.#kind, ids)
      const names = [...probes].sort().join()
      const { judges, seen } = this.#restricted(probes, names)
      const { judgements, verdicts } = judge({ ...this.#kind, judges }, seen, [id])
      if (names === before) return verdicts.get(id)
      before = names
      ids = judgements.keys()
    }
  }

  /** What is left if only these probes have been made. The same is not judged twice: that takes most of the time. */
  #restricted(probes: ReadonlySet<string>, names: string): Restricted {
    const known = this.#known.get(names)
    if (known) return known
    const seen = seenIn(this.#kind, this.#exchanges.only(probes), this.#settings)
    const judgeOnce = ([id, judgeCase]: [string, Judge<unknown>]) => {
      let judged: Judgement | undefined
      return [id, () => (judged ??= judgeCase(seen))] as const
    }
    const judges = Object.fromEntries(Object.entries(this.#kind.judges).map(judgeOnce))
    this.#known.set(names, { judges, seen })
    return { judges, seen }
  }
}

interface Restricted {
  readonly judges: Kind<unknown>['judges']
  readonly seen: Seen<unknown>
}
