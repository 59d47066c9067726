import type { SceneEvent } from '../scene/events.js'
import { Translator } from '../scene/translate.js'
import type { TimedEvent } from '../servers/lane-server.js'

/** How long a connection that no client of ours has claimed waits for one: the server may know of it first. */
const CLAIM_MS = 100

type ConnectionTold = Extract<TimedEvent, { connection: number }>

type Emit = (event: SceneEvent) => void

/**
 * Tells which client each connection of one server belongs to: by the port that it comes from. A connection that no
 * client of ours claims is a visitor's, such as `npx @hs/client` in another terminal.
 */
export class Join {
  readonly #lane: number
  readonly #translator: Translator
  readonly #emit: Emit
  readonly #visitor: () => number
  readonly #travelMs: () => number
  /** Ports of our clients whose connection the server has not reported. */
  readonly #claims = new Map<number, number>()
  /** Connections of the server by its own number. */
  readonly #ids = new Map<number, number>()
  /** What the server said of connections that are not claimed yet. */
  readonly #unclaimed = new Map<
    number,
    { readonly port: number; readonly events: ConnectionTold[]; readonly timer: NodeJS.Timeout }
  >()

  constructor(lane: number, emit: Emit, visitor: () => number, travelMs: () => number) {
    this.#lane = lane
    this.#translator = new Translator(lane)
    this.#emit = emit
    this.#visitor = visitor
    this.#travelMs = travelMs
  }

  /** A client of ours is connected from this port. */
  claim(port: number, id: number): void {
    this.#claims.set(port, id)
    for (const [connection, waiting] of this.#unclaimed) if (waiting.port === port) this.#settle(connection, id)
  }

  see(event: TimedEvent): void {
    if (!('connection' in event)) return
    const { connection } = event
    const id = this.#ids.get(connection)
    if (id !== undefined) this.#translate(event, id)
    else if (event.type !== 'connection') this.#unclaimed.get(connection)?.events.push(event)
    else {
      const { port } = event.remote
      const timer = setTimeout(() => this.#settle(connection, undefined), CLAIM_MS)
      this.#unclaimed.set(connection, { port, events: [event], timer })
      const claimed = this.#claims.get(port)
      if (claimed !== undefined) this.#settle(connection, claimed)
    }
  }

  /** A new server: nothing of the old one is of interest. */
  reset(): void {
    for (const { timer } of this.#unclaimed.values()) clearTimeout(timer)
    for (const map of [this.#claims, this.#ids, this.#unclaimed]) map.clear()
  }

  #settle(connection: number, claimed: number | undefined): void {
    const { port, events, timer } = this.#unclaimed.get(connection)!
    clearTimeout(timer)
    this.#unclaimed.delete(connection)
    this.#claims.delete(port)
    const id = claimed ?? this.#visitor()
    this.#ids.set(connection, id)
    if (claimed === undefined) this.#emit({ type: 'arrives', at: events[0]!.at, kind: 'visitor', lane: this.#lane, id })
    for (const event of events) this.#translate(event, id)
  }

  #translate(event: ConnectionTold, id: number): void {
    const translated = this.#translator.translate(event, id, this.#travelMs())
    if (translated) this.#emit(translated)
    if (event.type === 'closed') this.#ids.delete(event.connection)
  }
}
