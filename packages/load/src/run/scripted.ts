import { encodeHello } from '@hs/protocol'
import type { Clock, Connection, Receiver, Timer } from '@hs/transport'

/**
 * A client that is not there to finish. Without X it says nothing and stays for a while. With X it sends it, never
 * reads, and breaks off: bytes that came and were not read make a reset of the close.
 */
export class ScriptedClient implements Receiver {
  readonly #connection: Connection
  readonly #onOver: (error?: Error) => void
  #timer: Timer | undefined
  #over = false

  /** @param onOver - Called once, when the connection is closed, by whichever side, or by what broke it. */
  constructor(connection: Connection, onOver: (error?: Error) => void) {
    this.#connection = connection
    this.#onOver = onOver
  }

  play(x: number | undefined, clock: Clock, stayMs: number): void {
    if (x === undefined) this.#connection.open(this)
    else this.#connection.write(encodeHello(x))
    if (!this.#over) this.#timer = clock.after(stayMs, () => this.leave())
  }

  leave(): void {
    this.#connection.abort()
    // A client that never opened gets no event from its connection.
    this.closed()
  }

  data(): void {}

  end(): void {
    this.#connection.close()
  }

  closed(error?: Error): void {
    if (this.#over) return
    this.#over = true
    this.#timer?.cancel()
    this.#onOver(error)
  }
}
