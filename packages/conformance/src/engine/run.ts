/** Runs probes: in their order, some side by side, within limits. It knows nothing of what they observe. */

export interface Work {
  readonly name: string
  readonly after?: readonly string[]
  readonly alone?: boolean
  /** It hardly does anything but wait, so it takes no place from others. */
  readonly waits?: boolean
}

export interface Plan<P extends Work, R> {
  readonly probes: readonly P[]
  /** How many may be at work at a time, by what is known so far. */
  readonly parallel: (done: ReadonlyMap<string, R>) => number
  /** @returns Undefined: it could not be made. */
  readonly observe: (probe: P, done: ReadonlyMap<string, R>) => Promise<R | undefined>
  /** By `performance.now()`; what has not begun then is not done. */
  readonly until: number
  readonly onDone?: (probe: P) => void
}

export interface Ran<R> {
  readonly done: ReadonlyMap<string, R>
  /** Names of probes for which there was no time. */
  readonly left: readonly string[]
}

/** @throws Whatever a probe throws first. */
export async function runProbes<P extends Work, R>(plan: Plan<P, R>, before?: ReadonlyMap<string, R>): Promise<Ran<R>> {
  const done = new Map(before)
  const over = new Set<string>()
  const waiting = [...plan.probes]
  const atWork = new Map<P, Promise<void>>()
  // Kept, since a probe that fails while another ends is no longer at work when it is looked at.
  const failures: unknown[] = []
  while (failures.length === 0 && (waiting.length > 0 || atWork.size > 0)) {
    const next = performance.now() < plan.until ? waiting.findIndex((probe) => mayBegin(probe)) : -1
    if (next < 0 && atWork.size === 0) break
    if (next < 0) {
      await Promise.race(atWork.values())
      continue
    }
    const [probe] = waiting.splice(next, 1) as [P]
    atWork.set(probe, begin(probe))
  }
  if (failures.length > 0) throw failures[0]
  return { done, left: waiting.map(({ name }) => name) }

  function mayBegin({ after = [], alone, waits }: P): boolean {
    if (!after.every((name) => over.has(name) || !plan.probes.some((one) => one.name === name))) return false
    const others = [...atWork.keys()]
    if (others.length === 0 || alone || others.some((other) => other.alone)) return others.length === 0
    const most = plan.parallel(done)
    return most > 1 && (waits === true || others.filter((other) => !other.waits).length < most)
  }

  async function begin(probe: P): Promise<void> {
    try {
      const result = await plan.observe(probe, done)
      if (result !== undefined) done.set(probe.name, result)
      else done.delete(probe.name)
      plan.onDone?.(probe)
    } catch (error) {
      failures.push(error)
    }
    over.add(probe.name)
    atWork.delete(probe)
  }
}

/** What is needed, with all that it depends on, in the given order. */
export function closure(names: Iterable<string>, needs: (name: string) => readonly string[]): Set<string> {
  const all = new Set<string>()
  const add = (name: string) => {
    if (all.has(name)) return
    all.add(name)
    needs(name).forEach(add)
  }
  for (const name of names) add(name)
  return all
}
