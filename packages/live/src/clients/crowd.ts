import { nodeTransport } from '@hs/transport'
import type { ClientKind, ConnectionHappened, Settings } from '../scene/events.js'
import type { LaneServer } from '../servers/lane.js'
import { Client } from './client.js'

/** Clients that one lane may have at a time: each is a descriptor here and one in the server. More are not begun. */
const MOST_PER_LANE = 1_000

/** Numbers of clients are this far apart, so that X, Y and Z of one are not those of another. */
const STEP = 10

const MOST_NUMBER = 9_990

/** Timers are not finer; above this rate, several clients begin at a time. */
const SHORTEST_TURN_MS = 10

export interface CrowdObserver {
  onHappened(happened: ConnectionHappened): void
  onPort(lane: number, port: number, id: number): void
}

/** All clients: the same ones, in the same moment, for each lane. */
export class Crowd {
  readonly #lanes: readonly LaneServer[]
  readonly #observer: CrowdObserver
  readonly #settings: () => Settings
  readonly #clients: Set<Client>[]
  readonly #transport = nodeTransport()
  #number = 0
  #ids = 0
  #due = 0
  #last = performance.now()
  readonly #timer: NodeJS.Timeout
  /** Without a page, no clients arrive at a rate; commands still work. */
  watched = false

  constructor(lanes: readonly LaneServer[], settings: () => Settings, observer: CrowdObserver) {
    this.#lanes = lanes
    this.#settings = settings
    this.#observer = observer
    this.#clients = lanes.map(() => new Set())
    this.#timer = setInterval(() => this.#arrive(), SHORTEST_TURN_MS)
  }

  begin(kind: ClientKind, count: number): void {
    for (let each = 0; each < count; each++) {
      this.#number = (this.#number % MOST_NUMBER) + STEP
      for (const lane of this.#lanes.keys()) this.#beginAt(lane, kind, this.#number)
    }
  }

  release(): void {
    for (const clients of this.#clients) for (const client of clients) client.release()
  }

  /** Ends all clients of a lane, or of all lanes, whose numbers begin again then. */
  clear(lane?: number): void {
    if (lane === undefined) this.#number = 0
    const chosen = lane === undefined ? this.#clients : [this.#clients[lane]!]
    for (const clients of chosen) for (const client of [...clients]) client.abort()
  }

  /** The number of a connection that no client of ours made. */
  visitor(): number {
    return ++this.#ids
  }

  close(): void {
    clearInterval(this.#timer)
    this.clear()
  }

  #beginAt(lane: number, kind: ClientKind, x: number): void {
    const { endpoint } = this.#lanes[lane]!
    const clients = this.#clients[lane]!
    if (!endpoint || clients.size >= MOST_PER_LANE) return
    const id = ++this.#ids
    let over = false
    const client: Client = new Client({
      kind,
      x,
      endpoint,
      transport: this.#transport,
      settings: this.#settings,
      onHappened: (happened) => this.#observer.onHappened({ ...happened, lane, id } as ConnectionHappened),
      onPort: (port) => this.#observer.onPort(lane, port, id),
      onOver: () => {
        over = true
        clients.delete(client)
      },
    })
    if (!over) clients.add(client)
  }

  #arrive(): void {
    const now = performance.now()
    const { rate, slowMotion, holding } = this.#settings()
    // What is due is never more than a second's worth: a process that was stopped does not make up for it.
    const elapsed = Math.min(1_000, now - this.#last)
    this.#last = now
    if (holding || !this.watched) return
    this.#due += (rate / slowMotion) * (elapsed / 1_000)
    const whole = Math.floor(this.#due)
    this.#due -= whole
    this.begin('normal', whole)
  }
}
