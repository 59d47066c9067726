/// <reference lib="dom" />
/** What moves on the stage of one lane: dots that glide to their places, and messages under way. */
import type { Connection, ConnectionHappened, SceneEvent } from '../scene/events.js'
import type { LaneScene } from '../scene/scene.js'
import { COUNT_Y, Slots, type Spot, spotsOf, zonesOf } from './layout.js'

/** A dot is nearly at its place after three times as long. */
const GLIDE_MS = 70

/** How long one that has ended is seen. */
const FAREWELL_MS = 700

/** More messages than this under way are a blur. */
const MOST_MESSAGES = 120

export interface Dot {
  readonly connection: Connection
  x: number
  y: number
  r: number
  /** How it ended, and for how long it has been leaving. */
  ended: { readonly outcome: 'established' | 'failed' | 'unused'; forMs: number } | undefined
}

export interface Message {
  readonly dot: Dot
  readonly text: string
  /** From the client to its place in the queue, or between it and its thread. */
  readonly way: 'to-queue' | 'to-server' | 'to-client'
  readonly began: number
  readonly ms: number
}

export class Stage {
  readonly dots = new Map<number, Dot>()
  readonly leaving = new Set<Dot>()
  messages: Message[] = []
  readonly #slots = new Slots()

  /** Something happened in this lane, and the scene knows it already. */
  see(event: SceneEvent, lane: LaneScene): void {
    if (event.type === 'lane' || event.type === 'tick' || event.type === 'settings') return
    const dot = this.#dotOf(event.id, lane)
    if (!dot) return
    if (!lane.connections.has(event.id)) this.#end(dot, event)
    else if (event.type === 'says') this.#send(dot, event, dot.connection.place === 'served' ? 'to-server' : 'to-queue')
    else if (event.type === 'answers') this.#send(dot, event, 'to-client')
  }

  /** @param elapsed - Since the last frame. @param glides - Dots move, and do not jump. */
  move(lane: LaneScene, width: number, elapsed: number, now: number, glides: boolean): void {
    const spots = spotsOf(lane, width, this.#slots)
    for (const [connection, spot] of spots) {
      const dot = this.#dotOf(connection.id, lane)!
      if (glides) glide(dot, spot, elapsed)
      else Object.assign(dot, spot)
    }
    // After a new start, or another moment of a recording, some are no longer there.
    for (const id of this.dots.keys()) if (!lane.connections.has(id)) this.dots.delete(id)
    for (const dot of this.leaving) {
      const { outcome } = dot.ended!
      dot.ended!.forMs += elapsed
      if (dot.ended!.forMs > FAREWELL_MS || !glides) this.leaving.delete(dot)
      else
        glide(
          dot,
          { x: zonesOf(width).done + 6, y: COUNT_Y[outcome === 'established' ? outcome : 'failed'], r: 5 },
          elapsed / 3,
        )
    }
    this.messages = this.messages.filter(({ began, ms }) => now < began + ms && began <= now)
  }

  /** Of one that has left: 1 at first, 0 at last. */
  presence(dot: Dot): number {
    return dot.ended ? Math.max(0, 1 - dot.ended.forMs / FAREWELL_MS) : 1
  }

  #dotOf(id: number, lane: LaneScene): Dot | undefined {
    const connection = lane.connections.get(id)
    const known = this.dots.get(id)
    // A snapshot brings the same connection as another object.
    if (!connection || known?.connection === connection) return known
    const dot: Dot = { ...(known ?? { x: 0, y: 80, r: 8, ended: undefined }), connection }
    this.dots.set(id, dot)
    return dot
  }

  #send(dot: Dot, { at, text, ms }: { at: number; text: string; ms: number }, way: Message['way']): void {
    if (ms > 0 && this.messages.length < MOST_MESSAGES) this.messages.push({ dot, text, way, began: at, ms })
  }

  #end(dot: Dot, event: ConnectionHappened): void {
    this.dots.delete(event.id)
    if (event.type !== 'ends' && event.type !== 'leaves') return
    dot.ended = { outcome: event.outcome, forMs: 0 }
    this.leaving.add(dot)
  }
}

function glide(dot: Dot, spot: Spot, elapsed: number): void {
  const part = 1 - Math.exp(-elapsed / GLIDE_MS)
  dot.x += (spot.x - dot.x) * part
  dot.y += (spot.y - dot.y) * part
  dot.r += (spot.r - dot.r) * part
}
