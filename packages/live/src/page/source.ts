/// <reference lib="dom" />
import type { Command } from '../scene/commands.js'
import type { SceneEvent } from '../scene/events.js'

export type Contact = 'connecting' | 'live' | 'silent' | 'refused'

/** Measurements come four times per second; without any for this long, something is wrong. */
const SILENT_MS = 2_500

/** How soon to try again when the browser does not by itself. */
const AGAIN_MS = 1_000

/** What the process tells, for as long as the page is there: it comes back after every break. */
export class LiveSource {
  readonly #onEvents: (events: readonly SceneEvent[]) => void
  #heard = performance.now()
  #contact: Contact = 'connecting'
  /** Commands leave in order. */
  #sending: Promise<unknown> = Promise.resolve()

  constructor(onEvents: (events: readonly SceneEvent[]) => void) {
    this.#onEvents = onEvents
    this.#open()
  }

  get contact(): Contact {
    return this.#contact === 'live' && performance.now() - this.#heard > SILENT_MS ? 'silent' : this.#contact
  }

  /** @returns What is wrong with it; undefined: it is done. */
  send(command: Command): Promise<string | undefined> {
    const sent = this.#sending.then(async () => {
      try {
        const response = await fetch('command', { method: 'POST', body: JSON.stringify(command) })
        return response.ok ? undefined : ((await response.json()) as { error: string }).error
      } catch {
        return 'hs-live does not answer.'
      }
    })
    this.#sending = sent
    return sent
  }

  #open(): void {
    const source = new EventSource('events')
    source.onmessage = ({ data }) => {
      this.#heard = performance.now()
      this.#contact = 'live'
      this.#onEvents(JSON.parse(data) as SceneEvent[])
    }
    source.onerror = () => {
      // It tries again, unless the answer was no.
      const refused = source.readyState === EventSource.CLOSED
      this.#contact = refused ? 'refused' : 'connecting'
      if (!refused) return
      source.close()
      setTimeout(() => this.#open(), AGAIN_MS)
    }
  }
}
