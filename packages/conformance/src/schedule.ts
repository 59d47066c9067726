interface Schedule<T, R> {
  readonly order: readonly T[]
  /** Whether it may begin beside so many that are at work. What is first among those that were not judged always may. */
  readonly mayBegin: (one: T, atWork: number) => boolean
  readonly work: (one: T) => Promise<R>
  /** Hears of every result, in order, whatever came to its end first. */
  readonly judge: (one: T, result: R) => void
}

/** Does work side by side, and judges it as if one had been done after the other. @throws What any of it throws first. */
export async function schedule<T, R>({ order, mayBegin, work, judge }: Schedule<T, R>): Promise<void> {
  const waiting = [...order]
  const unjudged = [...order]
  const atWork = new Map<T, Promise<void>>()
  const results = new Map<T, R>()
  while (unjudged.length > 0) {
    const next = waiting.findIndex((one) => mayBegin(one, atWork.size))
    if (next >= 0) {
      const [one] = waiting.splice(next, 1) as [T]
      const done = work(one).then((result) => {
        results.set(one, result)
        atWork.delete(one)
      })
      atWork.set(one, done)
    } else await Promise.race(atWork.values())
    while (unjudged.length > 0 && results.has(unjudged[0]!)) {
      const one = unjudged.shift()!
      judge(one, results.get(one)!)
    }
  }
}
