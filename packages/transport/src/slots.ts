/**
 * What is open, each in a slot of its own, which the next one takes over. No `Set`: one that is added to and deleted from
 * for ever keeps a chain of dead tables, which hold garbage until the next full collection and are copied several times
 * by the collector.
 */
export class Slots<T> {
  readonly #taken: (T | undefined)[] = []
  readonly #free: number[] = []

  /** Every slot was given back. */
  get isEmpty(): boolean {
    return this.#free.length === this.#taken.length
  }

  /** @returns A slot, until {@link free}. */
  take(): number {
    return this.#free.pop() ?? this.#taken.push(undefined) - 1
  }

  put(slot: number, value: T): void {
    this.#taken[slot] = value
  }

  at(slot: number): T | undefined {
    return this.#taken[slot]
  }

  free(slot: number): void {
    this.#taken[slot] = undefined
    this.#free.push(slot)
  }

  *[Symbol.iterator](): Generator<T> {
    for (const value of this.#taken) if (value !== undefined) yield value
  }
}
