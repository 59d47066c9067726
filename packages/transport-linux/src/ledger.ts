/** Keeps account of descriptors for somebody who may have to close them (see share.ts). */
export interface Ledger {
  opened(fd: number): void
  /** Directly before the close: afterwards the number may be anybody's. */
  closing(fd: number): void
}

/** Where the system sets no limit that memory could be reserved for. */
const MAX_DESCRIPTORS = 2 ** 20

/** A set of descriptors in shared memory, a bit for each; written by one thread. */
export class DescriptorSet implements Ledger, Iterable<number> {
  readonly buffer: SharedArrayBuffer
  readonly #bits: Uint8Array

  constructor(size: number | SharedArrayBuffer) {
    this.buffer =
      typeof size === 'number' ? new SharedArrayBuffer(Math.ceil(Math.min(size, MAX_DESCRIPTORS) / 8)) : size
    this.#bits = new Uint8Array(this.buffer)
  }

  opened(fd: number): void {
    this.#bits[fd >> 3]! |= 1 << (fd & 7)
  }

  closing(fd: number): void {
    this.#bits[fd >> 3]! &= ~(1 << (fd & 7))
  }

  *[Symbol.iterator](): Iterator<number> {
    for (let fd = 0; fd < this.#bits.length * 8; fd++) if (this.#bits[fd >> 3]! & (1 << (fd & 7))) yield fd
  }
}
