import type { SceneEvent } from '../scene/events.js'
import { apply, emptyScene, type Scene } from '../scene/scene.js'

/** The picture shows this much earlier moment: by then, the events of all processes have arrived and can be sorted. */
const DELAY_MS = 200

/** The most events that may wait to be shown: beyond it, the picture jumps to the present. */
const MOST_PENDING = 20_000

/** Plays events, as they come or from a recording: brings the scene to the moment that is shown. Knows no page. */
export class Player {
  readonly scene: Scene = emptyScene()
  readonly #live: boolean
  readonly #onEvent: (event: SceneEvent) => void
  #events: SceneEvent[]
  #next = 0
  /** Of the senders' clock before that of this page. */
  #offset: number | undefined
  /** How late the picture is since it was paused. */
  #lag = 0
  #last = 0
  /** The moment that is shown, by the clock of the events. */
  at = 0
  paused = false
  /** Of a recording. */
  speed = 1

  /** @param recording - Undefined: events come with {@link add}. */
  constructor(recording: readonly SceneEvent[] | undefined, onEvent: (event: SceneEvent) => void) {
    this.#live = recording === undefined
    this.#events = [...(recording ?? [])]
    this.#onEvent = onEvent
    this.at = this.start
  }

  get start(): number {
    return this.#events[0]?.at ?? 0
  }

  get end(): number {
    return this.#events.at(-1)?.at ?? 0
  }

  /** How late the picture is, apart from its constant delay. */
  get lagMs(): number {
    return this.#lag
  }

  get atEnd(): boolean {
    return this.#next >= this.#events.length
  }

  /** @param now - The clock of this page. */
  add(events: readonly SceneEvent[], now: number, shown: boolean): void {
    // What the controls show is not a part of the picture: it is not late, and does not stand still.
    for (const event of events) if (event.type === 'settings') apply(this.scene, event)
    const happened = events.filter(({ type }) => type !== 'settings')
    if (happened.length === 0) return
    this.#events = this.#events
      .slice(this.#next)
      .concat(happened)
      .sort((a, b) => a.at - b.at)
    this.#next = 0
    const ahead = this.end - now
    // The quickest message says best how the clocks differ.
    this.#offset =
      this.#offset === undefined || ahead > this.#offset ? ahead : this.#offset + (ahead - this.#offset) / 100
    if ((!shown && !this.paused) || this.#events.length > MOST_PENDING) this.goLive()
  }

  frame(now: number): void {
    const elapsed = this.#last === 0 ? 0 : now - this.#last
    this.#last = now
    if (!this.#live) {
      if (!this.paused) this.#playTo(Math.min(this.end, this.at + elapsed * this.speed))
      return
    }
    if (this.#offset === undefined) return
    const present = now + this.#offset - DELAY_MS
    if (this.paused) this.#lag = Math.max(0, present - this.at)
    else {
      // With nothing left to show, there is nothing to be late for.
      if (this.atEnd) this.#lag = 0
      this.#playTo(present - this.#lag)
    }
  }

  /** Shows everything that is known. */
  goLive(): void {
    this.#lag = 0
    this.#playTo(Math.max(this.at, this.end))
  }

  /** Shows the next thing that happened. @returns What it was; undefined: nothing more has happened. */
  step(): SceneEvent | undefined {
    while (!this.atEnd) {
      const event = this.#events[this.#next]!
      this.#playTo(event.at, 1)
      if (event.type !== 'tick') return event
    }
    return undefined
  }

  /** Another moment of a recording. */
  seek(at: number): void {
    if (at < this.at) {
      this.#next = 0
      this.scene.lanes.length = 0
    }
    this.at = Math.min(at, this.at)
    this.#playTo(at)
  }

  #playTo(at: number, most = Number.POSITIVE_INFINITY): void {
    for (let played = 0; played < most && !this.atEnd && this.#events[this.#next]!.at <= at; played++) {
      const event = this.#events[this.#next++]!
      apply(this.scene, event)
      this.#onEvent(event)
    }
    this.at = at
  }
}
