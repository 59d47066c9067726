import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Capture } from './capture.js'
import { environment, LIMITS, limited, spawnError } from './limits.js'
import type { Pipe } from './pipes.js'
import {
  descriptors,
  family,
  hasProc,
  isAsleep,
  isRunning,
  type Origin,
  type ProcessInfo,
  processIds,
  sleepsOf,
} from './proc.js'
import { listeners, reachable } from './sockets.js'

/** How often to look whether a program sleeps. */
const REST_MS = 4

/** How long a program may seem busy before it is taken for one that never rests. */
const RESTLESS_MS = 1000

/** How often memory and number of processes are looked at. */
const WATCH_MS = 200

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ProcessOptions {
  readonly command: readonly string[]
  /** What messages call it. Default: the first word of the command. */
  readonly name?: string
  readonly cwd?: string | undefined
  /** Ask the usual interpreters to write at once: for programs that do not flush themselves. */
  readonly unbuffered?: boolean
  /** Its stdout; without one, whatever Node makes. */
  readonly pipe?: Pipe | undefined
  /**
   * Its stdout is full, so that the next write to it blocks until {@link SupervisedProcess.drain}: from the beginning, or from
   * {@link SupervisedProcess.fill} on.
   */
  readonly fullPipe?: 'from the beginning' | 'later'
  /** With this begins what stands in the environment of all that it starts. */
  readonly owner?: string
  /** What it may take with all that it starts. */
  readonly memoryBytes?: number
}

/** The variable of the environment by which a process is known to be of a program. */
export const MARK = 'HS_SUPERVISED'

/** The program could not even be started: no file, no permission, not listening. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** What the processes of a program hold of the system. */
export interface Holdings {
  readonly descriptors: number
  readonly processes: number
  /** Exited children that have not been waited for. */
  readonly zombies: number
  readonly tasks: number
  readonly addressSpaceBytes: number
}

/**
 * A process with all that it starts: in a process group of its own, limited, watched, and ended as a whole. Its stdout is
 * a pipe, as it is where programs are graded.
 */
export class SupervisedProcess {
  /** What messages call it. */
  readonly name: string
  readonly out = new Capture()
  readonly err = new Capture()
  readonly pid: number
  readonly exited: Promise<Exit>
  exit: Exit | undefined
  /** Called as soon as the end is known. */
  onExit: ((exit: Exit) => void) | undefined
  /** We ended it. */
  stopped = false
  /** Which limit it exceeded, if it was ended for that. */
  excess: string | undefined
  readonly #child: ChildProcess
  readonly #origin: Origin
  readonly #stdout: () => Socket
  readonly #watch: NodeJS.Timeout | undefined
  readonly #memoryBytes: number

  /** Its stdout is full, or is going to be, and is not read yet. */
  full: boolean
  #unfilled: Pipe | undefined

  private constructor(
    child: ChildProcess,
    origin: Origin,
    { command, name = command[0]!, pipe, fullPipe, memoryBytes = LIMITS.memoryBytes }: ProcessOptions,
  ) {
    this.name = name
    this.#memoryBytes = memoryBytes
    const full = fullPipe !== undefined && pipe !== undefined
    if (fullPipe === 'later') this.#unfilled = pipe
    this.#stdout = () => pipe?.reader() ?? (child.stdout as Socket)
    this.full = full
    this.#child = child
    this.pid = child.pid!
    this.#origin = origin
    if (!full) this.#collect(this.#stdout(), this.out)
    this.#collect(child.stderr as Socket, this.err)
    this.exited = new Promise((resolve) => {
      child.on('exit', (code, signal) => {
        this.exit = { code, signal }
        this.onExit?.(this.exit)
        resolve(this.exit)
      })
    })
    if (hasProc) this.#watch = setInterval(() => this.#look(), WATCH_MS)
  }

  /** @throws {StartError} If there is no such program. */
  static async start(options: ProcessOptions): Promise<SupervisedProcess> {
    const { command, name = command[0]!, cwd, unbuffered = false, pipe, fullPipe, owner = '' } = options
    const mark = `${owner}-${randomBytes(8).toString('hex')}`
    const words = limited([...command])
    if (fullPipe === 'from the beginning') pipe?.fill()
    const others = processIds()
    const child = spawn(words[0]!, words.slice(1), {
      cwd,
      detached: true,
      stdio: ['pipe', pipe?.writeEnd ?? 'pipe', 'pipe'],
      env: {
        ...environment(),
        [MARK]: mark,
        ...(unbuffered && { PYTHONUNBUFFERED: '1' }),
      },
    })
    if (fullPipe !== 'later') pipe?.handOver()
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', (error: NodeJS.ErrnoException) => {
        if (fullPipe === 'later') pipe?.handOver()
        pipe?.discard()
        reject(new StartError(`${name} could not be started: ${spawnError(error, cwd)}`))
      })
    })
    // Nothing is written to it, and it stays open: a program that watches its input sees no end.
    child.stdin?.on('error', () => {})
    return new SupervisedProcess(child, { mark: `${MARK}=${mark}`, others }, options)
  }

  #collect(stream: Socket, capture: Capture): void {
    stream.on('data', (chunk: Buffer) => {
      capture.push(chunk)
      if (capture.total > LIMITS.outputBytes) this.#end(`it wrote more than ${LIMITS.outputBytes >> 20} MiB`)
    })
    stream.on('error', () => capture.end())
    stream.on('close', () => capture.end())
  }

  /** Fills what was to be filled later. */
  fill(): void {
    this.#unfilled?.fill()
    this.#unfilled?.handOver()
    this.#unfilled = undefined
  }

  /** Makes room in a pipe that was full. */
  drain(): void {
    if (!this.full) return
    this.full = false
    this.#collect(this.#stdout(), this.out)
  }

  #look(): void {
    const members = family(this.pid, this.#origin)
    const bytes = members.reduce((sum, { rssBytes }) => sum + rssBytes, 0)
    if (bytes > this.#memoryBytes) this.#end(`it used more than ${this.#memoryBytes / 2 ** 20} MiB of memory`)
    else if (members.filter(isAlive).length > LIMITS.processes)
      this.#end(`it started more than ${LIMITS.processes} processes`)
  }

  #end(why: string): void {
    this.excess ??= why
    this.kill()
  }

  /** The living processes, without zombies. */
  pids(): number[] {
    return hasProc
      ? family(this.pid, this.#origin)
          .filter(isAlive)
          .map(({ pid }) => pid)
      : []
  }

  /** Whether one of its tasks is at work, or would be if the machine let it. */
  isBusy(): boolean {
    return this.pids().some((pid) => isRunning(pid))
  }

  /** How often its tasks have gone to sleep so far. */
  sleeps(): number {
    return this.pids().reduce((sum, pid) => sum + sleepsOf(pid), 0)
  }

  /**
   * Waits until it has ended, or sleeps without being about to end, or has worked for `workMs` of processor time (on a
   * loaded machine its last moment takes longer).
   */
  async rest(workMs: number): Promise<void> {
    const began = performance.now()
    const before = this.cpuMs()
    for (let asleep = 0; !this.exit && asleep < 2; ) {
      const ms = hasProc ? REST_MS : workMs
      await Promise.race([this.exited, sleep(ms, undefined, { ref: false })])
      const waited = performance.now() - began
      if (waited >= RESTLESS_MS || (waited >= workMs && this.cpuMs() - before >= workMs)) return
      const pids = hasProc ? this.pids() : []
      // An exited process that we have not been notified of does not count as idle.
      asleep = pids.includes(this.pid) && pids.every((pid) => isAsleep(pid)) ? asleep + 1 : 0
    }
  }

  /** What its processes have used; where the system does not tell, the time that passes. */
  cpuMs(): number {
    if (!hasProc) return performance.now()
    return family(this.pid, this.#origin).reduce((sum, { cpuMs }) => sum + cpuMs, 0)
  }

  /** Whether any of its processes has a socket besides those given to it as stdin and stderr. */
  hasSocket(): boolean {
    return this.pids().some((pid) =>
      [...descriptors(pid)].some(([fd, target]) => fd > 2 && target.startsWith('socket:')),
    )
  }

  holdings(): Holdings {
    const members = family(this.pid, this.#origin)
    const alive = members.filter(isAlive)
    const total = (count: (process: ProcessInfo) => number) => alive.reduce((sum, process) => sum + count(process), 0)
    return {
      descriptors: total(({ pid }) => descriptors(pid).size),
      processes: alive.length,
      zombies: members.length - alive.length,
      tasks: total(({ tasks }) => tasks),
      addressSpaceBytes: total(({ addressSpaceBytes }) => addressSpaceBytes),
    }
  }

  /** Ports on which any of its processes listens. */
  listens(open = listeners()): { host: string; port: number }[] {
    const own = new Set<string>()
    for (const pid of this.pids()) for (const target of descriptors(pid).values()) own.add(target)
    return open
      .filter(({ inode }) => own.has(`socket:[${inode}]`))
      .map(({ localAddress, localPort }) => ({ host: reachable(localAddress), port: localPort }))
  }

  /** SIGKILL to everything, now. What is in the pipes can still be read. */
  kill(): void {
    try {
      process.kill(-this.pid, 'SIGKILL')
    } catch {
      // The group is gone.
    }
    for (const pid of this.pids()) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // Gone in between.
      }
    }
  }

  /** Ends it with all that it started, and reads the rest of its output. */
  async stop(): Promise<Exit> {
    clearInterval(this.#watch)
    this.drain()
    this.stopped ||= this.exit === undefined
    this.kill()
    const exit = await this.exited
    // A second look: something may have been started during the first.
    this.kill()
    await Promise.all([this.out.until(() => this.out.ended, 500), this.err.until(() => this.err.ended, 500)])
    this.#child.stdin?.destroy()
    return exit
  }
}

/** Anything but a zombie. */
function isAlive({ state }: ProcessInfo): boolean {
  return state !== 'Z'
}

export function describeExit({ code, signal }: Exit): string {
  return signal ? `it was killed by ${signal}` : `it ended with status ${code}`
}
