import type { TimedEvent } from '../servers/lane-server.js'
import type { ConnectionHappened, SceneEvent } from './events.js'

/** What the events of a server mean in the picture. Remembers which connections have had their verdict. */
export class Translator {
  readonly #lane: number
  readonly #judged = new Set<number>()

  constructor(lane: number) {
    this.#lane = lane
  }

  /** @param travelMs - How long the client of a server's answer takes to look at it. */
  translate(event: TimedEvent, id: number, travelMs: number): SceneEvent | undefined {
    const happened = (what: object) =>
      ({ at: event.at, lane: this.#lane, id, ...what }) as ConnectionHappened & { at: number }
    switch (event.type) {
      case 'connection':
        return happened({ type: 'seated', thread: event.thread })
      case 'received':
        return happened({ type: 'received', text: event.text })
      case 'sent':
        return happened({ type: 'answers', text: event.text, ms: travelMs })
      case 'established':
        this.#judged.add(id)
        return happened({ type: 'ends', outcome: 'established' })
      case 'failed':
        this.#judged.add(id)
        return happened({ type: 'ends', outcome: 'failed', code: event.failure.code })
      case 'closed':
        return this.#judged.delete(id) ? undefined : happened({ type: 'ends', outcome: 'unused' })
      default:
        return undefined
    }
  }
}
