/** How many addresses of this machine to spread over: each has 28,000 ports that it can use once a minute. */
const LOOPBACK_SOURCES = 250

/** Connects from one address in a row. The fewer of its ports are free, the longer the system looks for one. */
const CONNECTS_PER_ADDRESS = 2_000

/**
 * The addresses to connect from, in turns. On Linux all of 127.0.0.0/8 is this machine, so towards a server there, there
 * are always more; elsewhere the caller must say which ones there are.
 */
export class Sources {
  readonly #addresses: readonly (string | undefined)[]
  #at = 0
  #left = CONNECTS_PER_ADDRESS

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

  /** The address for one connect; undefined: let the system choose. */
  take(): string | undefined {
    if (this.#left-- === 0) this.#goOn()
    return this.#addresses[this.#at]
  }

  /** `used` has no port left. If another attempt has already moved on to the next address, this changes nothing. */
  exhausted(used: string | undefined): void {
    if (used === this.#addresses[this.#at]) this.#goOn()
  }

  #goOn(): void {
    this.#at = (this.#at + 1) % this.#addresses.length
    this.#left = CONNECTS_PER_ADDRESS - 1
  }
}
