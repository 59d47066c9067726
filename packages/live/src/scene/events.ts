/** What a page is sent, what a recording holds, and what a replay plays: one list of events. Plain data. */

/** `stalled` sends X and then nothing until it is released; `reset` breaks the connection; `wrong` sends Z+1 for Z. */
export const CLIENT_KINDS = Object.freeze(['normal', 'slow', 'stalled', 'reset', 'wrong'] as const)
export type ClientKind = (typeof CLIENT_KINDS)[number]

/** One server of the picture. */
export interface LaneInfo {
  readonly name: string
  /** Ours, and so reporting what each thread does; undefined: only its clients can be seen. */
  readonly strategy?: string
  readonly threads: number
  /** Its address, for clients that the reader starts. */
  readonly address?: string
  readonly transport?: string
}

/** What the controls of the page change. */
export interface Settings {
  /** Clients per second, the same for every lane. */
  readonly rate: number
  /** Threads of the strategy `threads`. */
  readonly threads: number
  /** How long a client takes before each of its messages. */
  readonly thinkMs: number
  /** Factor on every pause: 1 is normal. */
  readonly slowMotion: number
  /** No new client begins. */
  readonly holding: boolean
}

/** What is measured of a lane, four times per second. */
export interface Tick {
  readonly waiting: number
  readonly serving: number
  readonly established: number
  readonly failed: number
  /** Established per second, of the last two seconds. */
  readonly perSecond: number
  /** Of normal clients, from arrival to the end, in the last five seconds; undefined: none. Milliseconds. */
  readonly p50?: number
  readonly p99?: number
  /** Percent of one core, by the whole server process; undefined where the system does not tell. */
  readonly cpu?: number
}

export type LaneState = 'starting' | 'up' | 'down'

/** Where a connection is. `arriving`: not yet accepted. `waiting`: accepted, and no thread has taken it. */
export type Place = 'arriving' | 'waiting' | 'served'

/** One that is there now. */
export interface Connection {
  readonly id: number
  readonly kind: ClientKind | 'visitor'
  /** The number that it begins with: its name in the picture. Of a visitor, known when it has said it. */
  x: number | undefined
  readonly arrived: number
  place: Place
  /** When it came to where it is. */
  since: number
  thread: number | undefined
  /** When a message of it was last seen. */
  lastWord: number
  /** HELLO X was sent and waits in the socket's buffer. */
  sentX: boolean
  /** Its client is gone; the server does not know it yet. */
  abandoned: boolean
}

/** All that a page which comes later must know of a lane. */
interface LanePast {
  readonly connections: readonly Connection[]
  readonly established: number
  readonly unused: number
  readonly failed: Readonly<Record<string, number>>
  readonly ticks: readonly Tick[]
}

/** A client or server did something on one connection. `id` is unique within the lane. */
export type ConnectionHappened = { readonly lane: number; readonly id: number } & (
  | { readonly type: 'arrives'; readonly kind: ClientKind | 'visitor'; readonly x?: number }
  /** The kernel has accepted the connection; from now on the client waits for a thread. */
  | { readonly type: 'opens' }
  /** The client's message is under way, and leaves after `ms`: this is a part of its pause. */
  | { readonly type: 'says'; readonly text: string; readonly ms: number }
  | { readonly type: 'hears'; readonly text: string }
  /** The client is gone. */
  | { readonly type: 'leaves'; readonly outcome: 'established' | 'failed'; readonly code?: string }
  /** A thread has taken the connection. */
  | { readonly type: 'seated'; readonly thread: number }
  | { readonly type: 'received'; readonly text: string }
  /** The server's answer, which its client looks at after `ms`. */
  | { readonly type: 'answers'; readonly text: string; readonly ms: number }
  /** The server's verdict. `unused`: the client closed without sending anything. */
  | { readonly type: 'ends'; readonly outcome: 'established' | 'failed' | 'unused'; readonly code?: string }
)

/** `at` is in milliseconds since 1970. */
export type SceneEvent = { readonly at: number } & (
  | ConnectionHappened
  /** A server is (re)started: its counts begin at 0. `note` says why it is down. */
  | ({
      readonly type: 'lane'
      readonly lane: number
      readonly state: LaneState
      readonly note?: string
      readonly past?: LanePast
    } & LaneInfo)
  | ({ readonly type: 'settings' } & Settings)
  | ({ readonly type: 'tick'; readonly lane: number } & Tick)
)

/** The first line of a recording. */
export interface Header {
  readonly hslive: 1
  readonly made: string
  readonly title: string
}

export interface Recording {
  readonly header: Header
  readonly events: readonly SceneEvent[]
}
