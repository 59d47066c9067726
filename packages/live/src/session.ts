import type { Counters, StrategyName } from '@hs/server-core'
import { thirdOf } from './clients/client.js'
import { Crowd } from './clients/crowd.js'
import { Join } from './clients/join.js'
import type { Command } from './scene/commands.js'
import type { LaneState, SceneEvent, Settings } from './scene/events.js'
import { Meter } from './scene/meter.js'
import { apply, defined, emptyScene, type Scene, snapshot } from './scene/scene.js'
import type { LaneServer } from './servers/lane.js'
import type { LaneServerOptions } from './servers/lane-server.js'
import { OwnServer } from './servers/own.js'
import { ProgramServer } from './servers/program.js'

/** Events travel to the pages in bundles, this often. */
const FLUSH_MS = 40
const TICK_MS = 250

/** Any program that serves; `{port}` stands for the port where it has to listen. */
export interface Program {
  readonly name: string
  readonly command: string
}

export interface SessionOptions extends Omit<LaneServerOptions, 'strategy' | 'threads'> {
  readonly strategies: readonly StrategyName[]
  readonly programs: readonly Program[]
  readonly settings: Partial<Settings>
}

export type Listener = (events: readonly SceneEvent[]) => void

interface Lane {
  readonly server: LaneServer
  readonly join: Join
  readonly meter: Meter
  cpuMs: number | undefined
  measured: number
}

/** The servers, their clients, and the scene that they make. Knows no page and no file. */
export class Session implements AsyncDisposable {
  readonly scene: Scene = emptyScene()
  readonly #lanes: Lane[] = []
  readonly #crowd: Crowd
  readonly #listeners = new Set<Listener>()
  #pending: SceneEvent[] = []
  #timers: NodeJS.Timeout[] = []
  /** Commands are done one after the other, since a new server takes a moment. */
  #work: Promise<void> = Promise.resolve()
  #closed = false

  constructor({ strategies, programs, settings, ...options }: SessionOptions) {
    this.#emit({ type: 'settings', at: now(), ...this.scene.settings, ...settings })
    for (const strategy of strategies) this.#add((observer) => new OwnServer(strategy, options, observer))
    for (const { name, command } of programs) this.#add((observer) => new ProgramServer(name, command, observer))
    this.#crowd = new Crowd(
      this.#lanes.map(({ server }) => server),
      () => this.scene.settings,
      {
        onHappened: (happened) => this.#emit({ ...happened, at: now() }),
        onPort: (lane, port, id) => {
          const { server, join } = this.#lanes[lane]!
          if (server.strategy !== undefined) join.claim(port, id)
        },
      },
    )
  }

  /** Starts the servers. Resolves when each is up or has said why not. */
  async start(): Promise<void> {
    this.#timers = [setInterval(() => this.#flush(), FLUSH_MS), setInterval(() => this.#tick(), TICK_MS)]
    await Promise.all(this.#lanes.map((_, lane) => this.#restart(lane)))
  }

  /** @returns What to call when it has seen enough. Its first call has all that a newcomer must know. */
  listen(listener: Listener): () => void {
    this.#flush()
    this.#listeners.add(listener)
    listener(snapshot(this.scene, now()))
    return () => this.#listeners.delete(listener)
  }

  /** Clients arrive at a rate only while a page is open. */
  set watched(watched: boolean) {
    this.#crowd.watched = watched
  }

  /** Resolves when it is done. */
  run(command: Command): Promise<void> {
    const done = this.#work.then(() => this.#run(command))
    this.#work = done
    return done
  }

  /** The servers' own counters: what the picture is held against. */
  counters(): readonly { readonly name: string; readonly counters: Counters | undefined }[] {
    return this.#lanes.map(({ server: { name, counters } }) => ({ name, counters }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const timer of this.#timers) clearInterval(timer)
    this.#crowd.close()
    for (const { join } of this.#lanes) join.reset()
    await Promise.all(this.#lanes.map(({ server }) => server[Symbol.asyncDispose]()))
  }

  #add(make: (observer: ConstructorParameters<typeof ProgramServer>[2]) => LaneServer): void {
    const lane = this.#lanes.length
    const join = new Join(
      lane,
      (event) => this.#emit(event),
      () => this.#crowd.visitor(),
      () => thirdOf(this.scene.settings),
    )
    const server = make({
      onEvents: (events) => {
        for (const event of events) join.see(event)
      },
      onDown: () => this.#announce(lane, 'down'),
    })
    this.#lanes.push({ server, join, meter: new Meter(), cpuMs: undefined, measured: now() })
    this.#announce(lane, 'starting')
  }

  async #run(command: Command): Promise<void> {
    switch (command.do) {
      case 'clients':
        this.#crowd.begin(command.kind, command.count)
        break
      case 'release':
        this.#crowd.release()
        break
      case 'restart':
        this.#crowd.clear()
        await Promise.all(this.#lanes.map((_, lane) => this.#restart(lane)))
        break
      case 'set': {
        const { do: _, ...changes } = command
        const before = this.scene.settings.threads
        this.#emit({ type: 'settings', at: now(), ...this.scene.settings, ...changes })
        if (this.scene.settings.threads === before) break
        const pools = this.#lanes.flatMap(({ server }, lane) => (server.strategy === 'threads' ? [lane] : []))
        await Promise.all(pools.map((lane) => this.#restart(lane)))
        break
      }
    }
  }

  async #restart(number: number): Promise<void> {
    const { server, join } = this.#lanes[number]!
    this.#crowd.clear(number)
    join.reset()
    this.#announce(number, 'starting')
    await server.start(this.scene.settings.threads)
    if (!this.#closed) this.#announce(number, server.endpoint ? 'up' : 'down')
  }

  #announce(number: number, state: LaneState): void {
    const lane = this.#lanes[number]!
    const { name, strategy, threads, endpoint, transport, note } = lane.server
    lane.cpuMs = undefined
    const address = endpoint && `${endpoint.host}:${endpoint.port}`
    this.#emit({
      type: 'lane',
      at: now(),
      lane: number,
      state,
      name,
      threads: strategy === 'threads' ? this.scene.settings.threads : threads,
      ...defined({ strategy, address, transport, note }),
    })
  }

  #tick(): void {
    this.#lanes.forEach((lane, number) => {
      const at = now()
      const cpuMs = lane.server.cpuMs()
      const used = cpuMs === undefined || lane.cpuMs === undefined ? undefined : cpuMs - lane.cpuMs
      const cpu = used === undefined ? undefined : Math.max(0, Math.round((1000 * used) / (at - lane.measured)) / 10)
      lane.cpuMs = cpuMs
      lane.measured = at
      this.#emit({ type: 'tick', at, lane: number, ...lane.meter.tick(this.scene.lanes[number]!, at, cpu) })
    })
  }

  #emit(event: SceneEvent): void {
    if (this.#closed) return
    apply(this.scene, event)
    if ('lane' in event) this.#lanes[event.lane]?.meter.see(event, this.scene.lanes[event.lane]!)
    this.#pending.push(event)
  }

  #flush(): void {
    const events = this.#pending
    if (events.length === 0) return
    this.#pending = []
    for (const listener of this.#listeners) listener(events)
  }
}

/** The same clock in every process of a machine. */
function now(): number {
  return performance.timeOrigin + performance.now()
}
