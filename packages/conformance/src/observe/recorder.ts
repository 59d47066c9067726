import { LoadMeter } from '@hs/supervise'
import { type Exchange, exchangeOf } from './exchange.js'
import type { Event, EventOf, NewEvent, Observation } from './observation.js'

/** How long an event text may be: what a flood of bytes says is known from its beginning and its end. */
const MOST_TEXT = { head: 4000, tail: 2000 }

/** Writes down what a probe sees. */
export class Recorder {
  readonly probe: string
  readonly #events: Event[] = []
  readonly #counts: Record<string, number> = {}
  readonly #began = performance.now()
  readonly #load = new LoadMeter()
  #ids = 0

  constructor(probe: string) {
    this.probe = probe
  }

  /** Connections and processes are numbered in the order in which they begin. */
  nextId(): number {
    return ++this.#ids
  }

  add(event: NewEvent): void {
    const at = Math.round(performance.now() - this.#began)
    this.#events.push({ ...event, ...('text' in event && { text: shortened(event.text) }), at } as Event)
  }

  count(what: string, value: number): void {
    this.#counts[what] = value
  }

  get events(): readonly Event[] {
    return this.#events
  }

  /** A position: with {@link forget}, right handshakes of a series are counted and not kept. */
  get length(): number {
    return this.#events.length
  }

  forget(from: number): void {
    this.#events.splice(from)
  }

  /** One connection as it stands now. */
  exchange(connection: number): Exchange {
    const first = this.#events.findLast(
      (event) => (event.type === 'connect' || event.type === 'unconnected') && event.connection === connection,
    )
    return exchangeOf(this.probe, this.#events, first as EventOf<'connect' | 'unconnected'>)
  }

  observation(): Observation {
    const machine = this.#load.read()
    this.#load.close()
    return { probe: this.probe, events: this.#events, counts: this.#counts, machine }
  }
}

function shortened(text: string): string {
  const { head, tail } = MOST_TEXT
  return text.length > head + tail ? text.slice(0, head) + text.slice(-tail) : text
}
