import type {
  Connection,
  ConnectionHappened,
  LaneInfo,
  LaneState,
  Place,
  SceneEvent,
  Settings,
  Tick,
} from './events.js'

export interface LaneScene {
  info: LaneInfo
  state: LaneState
  note: string | undefined
  readonly connections: Map<number, Connection>
  established: number
  unused: number
  /** By code. */
  failed: Map<string, number>
  /** The last {@link TICKS_KEPT}. */
  readonly ticks: Tick[]
}

export interface Scene {
  readonly lanes: LaneScene[]
  settings: Settings
}

/** A minute of charts. */
export const TICKS_KEPT = 240

export const FIRST_SETTINGS: Settings = { rate: 1, threads: 4, thinkMs: 900, slowMotion: 1, holding: false }

export function emptyScene(): Scene {
  return { lanes: [], settings: FIRST_SETTINGS }
}

/** Brings a scene up to date with one event. The only code that changes a scene, in the process and in the page. */
export function apply(scene: Scene, event: SceneEvent): void {
  if (event.type === 'settings') {
    const { rate, threads, thinkMs, slowMotion, holding } = event
    scene.settings = { rate, threads, thinkMs, slowMotion, holding }
    return
  }
  if (event.type === 'lane') {
    scene.lanes[event.lane] = laneOf(event, scene.lanes[event.lane]?.ticks)
    return
  }
  const lane = scene.lanes[event.lane]
  if (!lane) return
  if (event.type !== 'tick') applyToLane(lane, event, event.at)
  else if (lane.ticks.push(event) > TICKS_KEPT) lane.ticks.shift()
}

function laneOf(event: SceneEvent & { type: 'lane' }, earlier: readonly Tick[] = []): LaneScene {
  const { state, note, past, name, strategy, threads, address, transport } = event
  return {
    info: { name, threads, ...defined({ strategy, address, transport }) },
    state,
    note,
    connections: new Map(past?.connections.map((connection) => [connection.id, { ...connection }])),
    established: past?.established ?? 0,
    unused: past?.unused ?? 0,
    failed: new Map(Object.entries(past?.failed ?? {})),
    ticks: [...(past?.ticks ?? earlier)],
  }
}

function applyToLane(lane: LaneScene, event: ConnectionHappened, at: number): void {
  if (event.type === 'arrives') {
    const { id, kind, x } = event
    const fresh = {
      place: 'arriving',
      since: at,
      thread: undefined,
      lastWord: at,
      sentX: false,
      abandoned: false,
    } as const
    lane.connections.set(id, { id, kind, x, arrived: at, ...fresh })
    return
  }
  const connection = lane.connections.get(event.id)
  if (!connection) return
  const seen = lane.info.strategy === undefined
  switch (event.type) {
    case 'opens':
      // The server may have taken it before its client knew that it was connected.
      if (connection.place === 'arriving') move(connection, 'waiting', at)
      break
    case 'says':
      connection.lastWord = at
      connection.sentX = connection.place !== 'served'
      break
    case 'hears':
      connection.lastWord = at
      if (seen) move(connection, 'served', at)
      break
    case 'seated':
      connection.thread = event.thread
      move(connection, 'served', at)
      break
    case 'received':
      connection.x ??= numberIn(event.text)
      connection.lastWord = at
      connection.sentX = false
      break
    case 'answers':
      connection.lastWord = at
      connection.sentX = false
      break
    case 'leaves':
      // One that the server will never see, or a server that does not tell.
      if (seen || connection.place === 'arriving') finish(lane, event)
      else connection.abandoned = true
      break
    case 'ends':
      finish(lane, event)
      break
  }
}

function move(connection: Connection, place: Place, at: number): void {
  connection.place = place
  connection.since = at
}

function finish(
  lane: LaneScene,
  { id, outcome, code = 'unknown' }: ConnectionHappened & { type: 'ends' | 'leaves' },
): void {
  lane.connections.delete(id)
  if (outcome === 'established') lane.established++
  else if (outcome === 'unused') lane.unused++
  else lane.failed.set(code, (lane.failed.get(code) ?? 0) + 1)
}

/** Only what has room in a dot. */
function numberIn(text: string): number | undefined {
  const [, number] = /^HELLO (-?\d{1,5})$/.exec(text) ?? []
  return number === undefined ? undefined : Number(number)
}

/** Connections of a lane at one place, in order of arrival. */
export function at(lane: LaneScene, place: Place): Connection[] {
  return [...lane.connections.values()].filter((connection) => connection.place === place)
}

export function failures({ failed }: LaneScene): number {
  let sum = 0
  for (const count of failed.values()) sum += count
  return sum
}

/** The events that make an empty scene like this one: what a page needs that comes later. */
export function snapshot(scene: Scene, now: number): SceneEvent[] {
  const lanes = scene.lanes.map((lane, number) => {
    const { info, state, note, connections, established, unused, failed, ticks } = lane
    const past = {
      connections: [...connections.values()],
      established,
      unused,
      failed: Object.fromEntries(failed),
      ticks,
    }
    return { type: 'lane', at: now, lane: number, state, ...info, ...defined({ note }), past } as const
  })
  return [{ type: 'settings', at: now, ...scene.settings }, ...lanes]
}

/** Without the properties that have no value. */
export function defined<T extends object>(object: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never
}
