/** Where things are on the stage of one lane. Pure; pixels of CSS. */
import type { Connection } from '../scene/events.js'
import type { LaneScene } from '../scene/scene.js'

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Spot {
  readonly x: number
  readonly y: number
  readonly r: number
}

export interface Zones {
  readonly queue: Box
  /** Where connections are that are being served. */
  readonly dock: Box
  readonly threads: Box
  /** Everything to the right of it is done. */
  readonly done: number
}

export const STAGE_HEIGHT = 140

/** Where what has ended is counted. */
export const COUNT_Y = { established: 44, failed: 92 } as const

/** A stage that is less wide is a phone's. */
export const NARROW = 560

/** What stands above the zones. */
const HEADING = 20
const GAP = 4
const RADII = [14, 11, 8, 6, 4, 3, 2, 1.5]

/** From dot to dot. */
const pitchOf = (r: number) => 2 * r + Math.min(GAP, Math.max(1, r / 2))

/** A dot of this size has room for its number. */
export const LABELLED_FROM = 11

export function zonesOf(width: number): Zones {
  const inner = { y: HEADING, height: STAGE_HEIGHT - HEADING - 4 }
  const box = (from: number, to: number): Box => ({ x: width * from, width: width * (to - from), ...inner })
  return width < NARROW
    ? { queue: box(0.07, 0.34), dock: box(0.37, 0.52), threads: box(0.66, 0.84), done: width * 0.86 }
    : { queue: box(0.09, 0.38), dock: box(0.43, 0.58), threads: box(0.74, 0.86), done: width * 0.885 }
}

/** Dots of one size in a box: a line as long as there is room for one, then several. The first is on the right. */
export function gridOf(box: Box, count: number): (index: number) => Spot {
  const most = (r: number) => Math.floor(box.width / pitchOf(r)) * Math.floor(box.height / pitchOf(r))
  const r = RADII.find((radius) => most(radius) >= count) ?? RADII.at(-1)!
  const size = pitchOf(r)
  const columns = Math.max(1, Math.floor(box.width / size))
  const rows = Math.max(1, Math.ceil(count / columns))
  const top = box.y + (box.height - rows * size) / 2
  return (index) => ({
    x: box.x + box.width - (Math.floor(index / rows) + 0.5) * size,
    y: top + ((index % rows) + 0.5) * size,
    r,
  })
}

/** Does a thread serve one connection to its end before it takes another? */
export function servesOne({ strategy }: LaneScene['info']): boolean {
  return strategy === 'sequential' || strategy === 'threads'
}

/** One seat for each thread; a single one where one thread serves, or nothing is known of threads. */
export function seatsOf(lane: LaneScene, threads: Box): { readonly box: Box; readonly thread: number | undefined }[] {
  const count = lane.info.strategy === 'threads' ? lane.info.threads : 1
  // Where the kernel deals connections out, the thread that listens serves, too.
  const main = count > 1 && [...lane.connections.values()].some(({ thread }) => thread === 0)
  const rows = count + (main ? 1 : 0)
  const size = threads.height / rows
  const height = Math.min(64, size - GAP)
  return Array.from({ length: rows }, (_, row) => ({
    thread: count === 1 ? undefined : (row + 1) % (count + 1),
    box: { x: threads.x, width: threads.width, height, y: threads.y + (row + 0.5) * size - height / 2 },
  }))
}

/** Places for connections that are served side by side: one keeps its place until it goes. */
export class Slots {
  readonly #taken = new Map<number, number>()

  of(id: number): number {
    const known = this.#taken.get(id)
    if (known !== undefined) return known
    const taken = new Set(this.#taken.values())
    let free = 0
    while (taken.has(free)) free++
    this.#taken.set(id, free)
    return free
  }

  keep(ids: ReadonlySet<number>): void {
    for (const id of this.#taken.keys()) if (!ids.has(id)) this.#taken.delete(id)
  }

  /** As many as the last one that is taken needs. */
  get length(): number {
    return Math.max(0, ...this.#taken.values()) + 1
  }
}

/** Where each connection of a lane belongs now. */
export function spotsOf(lane: LaneScene, width: number, slots: Slots): Map<Connection, Spot> {
  const zones = zonesOf(width)
  const all = [...lane.connections.values()]
  const spots = new Map<Connection, Spot>()
  const waiting = all.filter(({ place }) => place === 'waiting')
  const queue = gridOf(zones.queue, waiting.length)
  for (const [index, connection] of waiting.entries()) spots.set(connection, queue(index))
  for (const connection of all) {
    if (connection.place === 'arriving')
      spots.set(connection, { x: 16, y: zones.queue.y + zones.queue.height / 2, r: 11 })
  }
  const served = all.filter(({ place }) => place === 'served')
  slots.keep(new Set(served.map(({ id }) => id)))
  if (servesOne(lane.info)) {
    const seats = seatsOf(lane, zones.threads)
    for (const connection of served) {
      const { box } = seats.find(({ thread }) => thread === undefined || thread === connection.thread) ?? seats[0]!
      const r = Math.min(14, box.height / 2)
      spots.set(connection, { x: zones.dock.x + zones.dock.width / 2, y: box.y + box.height / 2, r })
    }
  } else {
    for (const { id } of served) slots.of(id)
    const dock = gridOf(zones.dock, slots.length)
    for (const connection of served) spots.set(connection, dock(slots.of(connection.id)))
  }
  return spots
}
