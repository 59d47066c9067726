/** What a signal ends. */
export interface Abortable {
  /** Where it stands among those of its signal; to be left to {@link Aborts}. */
  place: number
  aborted(): void
}

/** Listens once to each signal, however many things it ends: to listen, and to stop it, takes a microsecond. */
export class Aborts {
  readonly #bySignal = new WeakMap<AbortSignal, Abortable[]>()

  add(signal: AbortSignal, one: Abortable): void {
    let all = this.#bySignal.get(signal)
    if (!all) {
      const added: Abortable[] = []
      signal.addEventListener('abort', () => {
        for (const each of added.splice(0)) each.aborted()
      })
      this.#bySignal.set(signal, added)
      all = added
    }
    one.place = all.push(one) - 1
  }

  remove(signal: AbortSignal, one: Abortable): void {
    const all = this.#bySignal.get(signal)
    const last = all?.pop()
    if (!last || last === one) return
    all![one.place] = last
    last.place = one.place
  }
}
