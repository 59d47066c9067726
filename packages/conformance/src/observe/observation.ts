import type { Exit, Holdings, MachineLoad } from './readings.js'

/** How the stdout of a process under test is set up: see `Mode` in docs of `ServerBench.start`. */
export type Mode = 'live' | 'unbuffered' | 'plain' | 'full'

type What =
  /** A process runs; a server listens. `told`: the port it was given, if it took another; `host`: if it is not 127.0.0.1. */
  | { type: 'start'; process: number; mode: Mode; port: number; told?: number; host?: string }
  /** It did not start again. */
  | { type: 'unstarted'; why: string }
  | { type: 'output'; process: number; stream: 'out' | 'err'; text: string }
  /** The process ended by itself. */
  | ({ type: 'exit'; process: number; excess?: string } & Exit)
  /** The checker killed it. */
  | { type: 'kill'; process: number }
  | ({ type: 'connect'; connection: number; process: number; by: 'checker' | 'program' } & Purpose)
  | ({ type: 'unconnected'; connection: number; process: number; why: string } & Purpose)
  /** `z`: from here on, what is sent is the third message (servers), or the answer (clients). */
  | { type: 'send'; connection: number; text: string; z?: true }
  | { type: 'receive'; connection: number; text: string }
  /** A half of a connection ends: by FIN, by close (later bytes are answered with RST), or by RST. */
  | { type: 'end'; connection: number; by: 'checker' | 'program'; how: 'finish' | 'close' | 'reset' }
  /** The checker is done with a connection: what is printed later belongs to something else. */
  | { type: 'settled'; connection: number; segments?: number; unread?: number }
  | { type: 'holdings'; process: number; holdings: Holdings }
  /** A process was looked at `of` times, and found running, or restless, `busy` times. */
  | { type: 'looks'; process: number; busy: number; of: number }
  /** What holds some connections at the same time, by which the concurrency model is known. */
  | { type: 'holds'; process: number; holds: ConnectionHolders }
  /** The program was run in another way, to see whether it ends: then an `exit` follows, else a `kill`. */
  | { type: 'trial'; process: number; purpose: string }
  | { type: 'note'; text: string; process?: number }

/** Processes and tasks that hold connections. */
interface ConnectionHolders {
  readonly connections: number
  /** Processes of which a task waits in a read of one of them. */
  readonly receivers: number
  /** Processes that hold one that no other process holds. */
  readonly separate: number
  /** Tasks that wait in a read of one of them. */
  readonly receiving: number
  /** Instances of epoll that watch them, or the listening socket. */
  readonly loops: number
  readonly tasks: number
  /** When there was no connection yet. */
  readonly tasksBefore: number
}

/** Why a connection was made. */
export interface Purpose {
  readonly purpose?: string
  readonly x?: number
  /** What was put after each message. */
  readonly dress?: string
  /** The name of the client in the diagram, if there are several. */
  readonly name?: string
}

/** One thing that happened. Bytes are texts of one character per byte. `at`: milliseconds since the probe began. */
export type Event = Readonly<What> & { readonly at: number }
export type EventOf<T extends Event['type']> = Extract<Event, { type: T }>
export type NewEvent = Event extends infer E ? (E extends Event ? Omit<E, 'at'> : never) : never

/** What one probe has seen: plain data, which is recorded, replayed and judged. */
export interface Observation {
  readonly probe: string
  readonly events: readonly Event[]
  /** What was counted instead of recorded one by one. */
  readonly counts: Readonly<Record<string, number>>
  readonly machine: MachineLoad
}

export type Observations = ReadonlyMap<string, Observation>

/** Decisions of the user that verdicts depend on. */
export interface Settings {
  readonly errors: 'stdout' | 'stderr' | 'either'
  readonly patienceMs: number
  readonly startMs: number
  readonly expect?: string
  /** The checker started the program, and so sees its output and its processes. */
  readonly observed: boolean
  /** Set if the system does not tell about processes and sockets. */
  readonly proc?: false
  /** Whether `{port}` or `{sequence}` is in the command. */
  readonly placeholders: readonly string[]
}

/** Everything that was seen of a program: the content of a file that `--record` writes. */
export interface Recording {
  readonly format: 1
  readonly kind: 'server' | 'client'
  readonly name: string
  /** The words that come after `npx @hs/conformance server`. */
  readonly target: string
  readonly seed: number
  readonly settings: Settings
  /** Which cases were wanted, if not all. */
  readonly only?: readonly string[]
  readonly skip?: readonly string[]
  /** The reason why the program could not be started: without observations then. */
  readonly notStarted?: string
  /** The limit that ended the run before all probes were done. */
  readonly stoppedBy?: string
  readonly observations: readonly Observation[]
}
