/** How many addresses of this machine to spread over: each has 28,000 ports that it can use once a minute. */
const LOOPBACK_SOURCES = 250

/**
 * The addresses to connect from, one until its ports run out, then the next. On Linux all of 127.0.0.0/8 is this
 * machine, so towards a server there, there are always more; elsewhere the caller must say which ones there are.
 */
export class Sources {
  readonly #addresses: readonly (string | undefined)[]
  #at = 0

  /** @param given - The caller's, in the order of their use; none: what the system chooses, and loopback's others. */
  constructor(given: readonly string[] | undefined, target: string) {
    const spread = process.platform === 'linux' && /^127(\.\d+){3}$/.test(target)
    this.#addresses = given ?? [
      undefined,
      ...(spread ? Array.from({ length: LOOPBACK_SOURCES }, (_, at) => `127.1.0.${at + 1}`) : []),
    ]
  }

  get count(): number {
    return this.#addresses.length
  }

  /** Undefined: let the system choose. */
  get current(): string | undefined {
    return this.#addresses[this.#at]
  }

  /** `used` has no port left. Who finds that others have moved on already just tries again. */
  exhausted(used: string | undefined): void {
    if (used === this.current) this.#at = (this.#at + 1) % this.#addresses.length
  }
}
