import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Capture } from './capture.js'
import type { Holdings } from './findings.js'
import type { Pipe } from './pipes.js'
import {
  descriptors,
  family,
  hasProc,
  isAsleep,
  isRunning,
  listenerOn,
  listeners,
  type Origin,
  type Process,
  processIds,
  reachable,
} from './proc.js'

/** What a program may use before it is ended: enough for any runtime, too little to hurt the machine. */
const LIMITS = {
  /** Processor time of each process, in seconds: an endless loop ends by itself. */
  cpuSeconds: 60,
  memoryBytes: 1024 ** 3,
  processes: 400,
  outputBytes: 64 * 1024 * 1024,
} as const

/** How often to look whether a program sleeps. */
const REST_MS = 4

/** How long a program may take at most to be at work for a moment: what is longer at it does not get on at all. */
const RESTLESS_MS = 1000

/** How often memory and number of processes are looked at. */
const WATCH_MS = 200

/** Ports from here: below what systems give to outgoing connections, and what programs accept that check the range. */
const FIRST_PORT = 20_000
const PORTS = 12_000

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface SubjectOptions {
  /** Words; `{port}`, `{host}` and `{sequence}` are replaced in them. */
  readonly command: readonly string[]
  readonly cwd?: string | undefined
  /** Ask the usual interpreters to write at once: for programs that do not flush themselves. */
  readonly unbuffered?: boolean
  /** Its stdout; without one, whatever Node makes. */
  readonly pipe?: Pipe | undefined
  /**
   * Its stdout is full, so that the next write to it blocks until {@link Subject.drain}: from the beginning, or from
   * {@link Subject.fill} on.
   */
  readonly fullPipe?: 'from the beginning' | 'later'
}

/** The program could not even be started: no file, no permission, not listening. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/**
 * The program under test: in a process group of its own, watched, and ended with everything that it started. Its stdout
 * is a pipe, as it is where programs are graded.
 */
export class Subject {
  readonly out = new Capture()
  readonly err = new Capture()
  readonly pid: number
  readonly exited: Promise<Exit>
  exit: Exit | undefined
  /** The checker ended it, for reasons of its own. */
  stopped = false
  /** Why the checker ended it, if it did so for being too greedy. */
  excess: string | undefined
  readonly #child: ChildProcess
  readonly #origin: Origin
  readonly #stdout: () => Socket
  readonly #watch: NodeJS.Timeout | undefined

  /** Its stdout is full, or is going to be, and nobody reads it yet. */
  full: boolean
  #unfilled: Pipe | undefined

  private constructor(
    child: ChildProcess,
    origin: Origin,
    pipe: Pipe | undefined,
    fullPipe: SubjectOptions['fullPipe'],
  ) {
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
        resolve(this.exit)
      })
    })
    if (hasProc) this.#watch = setInterval(() => this.#look(), WATCH_MS)
  }

  /** @throws {StartError} If there is no such program. */
  static async start({ command, cwd, unbuffered = false, pipe, fullPipe }: SubjectOptions): Promise<Subject> {
    const mark = `HS_CONFORMANCE=${randomBytes(8).toString('hex')}`
    const words = limited([...command])
    if (fullPipe === 'from the beginning') pipe?.fill()
    const others = processIds()
    const child = spawn(words[0]!, words.slice(1), {
      cwd,
      detached: true,
      stdio: ['pipe', pipe?.writeEnd ?? 'pipe', 'pipe'],
      env: {
        ...environment(),
        [mark.split('=')[0]!]: mark.split('=')[1],
        ...(unbuffered && { PYTHONUNBUFFERED: '1' }),
      },
    })
    if (fullPipe !== 'later') pipe?.handOver()
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', (error: NodeJS.ErrnoException) => {
        if (fullPipe === 'later') pipe?.handOver()
        pipe?.discard()
        reject(new StartError(`${command[0]} could not be started: ${error.message}`))
      })
    })
    // Nothing is written to it, and it stays open: a program that watches its input sees no end.
    child.stdin?.on('error', () => {})
    return new Subject(child, { mark, others }, pipe, fullPipe)
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
    if (bytes > LIMITS.memoryBytes) this.#end(`it used more than ${LIMITS.memoryBytes >> 20} MiB of memory`)
    else if (members.filter(isAlive).length > LIMITS.processes)
      this.#end(`it started more than ${LIMITS.processes} processes`)
  }

  #end(why: string): void {
    this.excess ??= why
    this.kill()
  }

  /** The processes that are alive, without those that only wait to be buried. */
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

  /**
   * Waits until it has ended, or sleeps and was not about to, or has been at work for so long: in processor time, since on
   * a loaded machine its last moment takes longer.
   */
  async rest(workMs: number): Promise<void> {
    const began = performance.now()
    const before = this.#cpuMs()
    for (let asleep = 0; !this.exit && asleep < 2; ) {
      const ms = hasProc ? REST_MS : workMs
      await Promise.race([this.exited, sleep(ms, undefined, { ref: false })])
      const waited = performance.now() - began
      if (waited >= RESTLESS_MS || (waited >= workMs && this.#cpuMs() - before >= workMs)) return
      const pids = hasProc ? this.pids() : []
      // A dead process that was not told yet to the checker is none that sleeps.
      asleep = pids.includes(this.pid) && pids.every((pid) => isAsleep(pid)) ? asleep + 1 : 0
    }
  }

  /** What its processes have used; where the system does not tell, the time that passes. */
  #cpuMs(): number {
    if (!hasProc) return performance.now()
    return family(this.pid, this.#origin).reduce((sum, { cpuMs }) => sum + cpuMs, 0)
  }

  /** Whether any of its processes has a socket besides what the checker gave it for stdin and stderr. */
  hasSocket(): boolean {
    return this.pids().some((pid) =>
      [...descriptors(pid)].some(([fd, target]) => fd > 2 && target.startsWith('socket:')),
    )
  }

  holdings(): Holdings {
    const members = family(this.pid, this.#origin)
    const alive = members.filter(isAlive)
    const total = (count: (process: Process) => number) => alive.reduce((sum, process) => sum + count(process), 0)
    return {
      descriptors: total(({ pid }) => descriptors(pid).size),
      processes: alive.length,
      deadChildren: members.length - alive.length,
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

  /** Ends it with all that it started, and reads what it left behind. */
  async stop(): Promise<Exit> {
    clearInterval(this.#watch)
    this.drain()
    this.stopped ||= this.exit === undefined
    this.kill()
    const exit = await this.exited
    // A second look: something may have been started while the first was going on.
    this.kill()
    await Promise.all([this.out.until(() => this.out.ended, 500), this.err.until(() => this.err.ended, 500)])
    this.#child.stdin?.destroy()
    return exit
  }
}

/** Whether it does more than wait to be buried. */
function isAlive({ state }: Process): boolean {
  return state !== 'Z'
}

export function describeExit({ code, signal }: Exit): string {
  return signal ? `it was killed by ${signal}` : `it ended with status ${code}`
}

/** How it ended, and what it said last. */
export function describeEnd({ exit, err, out }: Subject): string {
  const lines = (err.lines().length > 0 ? err : out).lines()
  // Some say it first, others last, and a trace of calls is in between.
  const said = (lines.length > 4 ? [...lines.slice(0, 2), '...', lines.at(-1)] : lines).join(' / ')
  return `${exit ? describeExit(exit) : 'it closed the connection'}${said ? `, and said: ${said}` : ''}`
}

/** Whoever sets these around the checker would change what a program keeps back, and so what it is told. */
const BUFFERING = ['PYTHONUNBUFFERED', '_STDBUF_I', '_STDBUF_O', '_STDBUF_E']

function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !BUFFERING.includes(name)))
}

/** Limits of the system, where there is a shell to set them: processor time, and no core files. */
function limited(words: string[]): string[] {
  if (process.platform === 'win32') return words
  return ['/bin/sh', '-c', `ulimit -t ${LIMITS.cpuSeconds}; ulimit -c 0; exec "$@"`, 'sh', ...words]
}

/** A port that nobody listens on. Others may take it before the program does; then the program says so. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS)
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '0.0.0.0', () => resolve(true))
    })
    if (!free) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}

/** How often to look whether a program listens: less often while it takes its time. */
const LOOK_AGAIN_MS = { least: 2, most: 10 }

/** How long a listener that is none of the program's processes may be somebody else's: Docker listens for others, too. */
const FOREIGN_MS = 300

/** How long a program may listen only elsewhere before that is taken for its port. */
const WRONG_PORT_MS = 200

/**
 * Waits until the program listens, without touching the port: a third of all real servers do not survive a connection
 * that says nothing. Where the system does not tell, undefined is returned, and the first handshake has to be retried.
 *
 * @throws {StartError} If it ends or is silent for too long.
 */
export async function untilListening(
  subject: Subject,
  port: number,
  withinMs: number,
): Promise<{ host: string; port: number } | undefined> {
  const until = performance.now() + withinMs
  let pauseMs = LOOK_AGAIN_MS.least
  let lastLook = performance.now()
  let seenElsewhere = false
  let foreignSince: number | undefined
  for (;;) {
    if (subject.exit && foreignSince !== undefined) throw new StartError(`port ${port} is in use`)
    if (subject.exit) {
      const said = [...subject.err.lines(), ...subject.out.lines()].at(-1)
      throw new StartError(
        `the program ended before it listened (${describeExit(subject.exit)})${said ? `; it said: ${said}` : ''}`,
      )
    }
    if (!hasProc) return undefined
    const now = performance.now()
    const mayListenElsewhere = now - lastLook >= WRONG_PORT_MS
    // The list of sockets is long to read, 10 ms on some systems, and a program that has no socket is not in it.
    const entry = mayListenElsewhere || subject.hasSocket() ? listenerOn(port) : undefined
    if (entry) {
      // Somebody else may have taken the port in between: then the program is about to end.
      foreignSince ??= now
      const own = subject.listens([entry]).some((at) => at.port === port)
      if (own || now - foreignSince >= FOREIGN_MS) return { host: reachable(entry.localAddress), port }
    }
    if (now >= until) throw new StartError(`the program did not listen on port ${port} within ${withinMs / 1000} s`)
    // A costly look, so not at each turn.
    if (mayListenElsewhere) {
      lastLook = now
      const elsewhere = subject.listens()[0]
      if (elsewhere && seenElsewhere) return elsewhere
      seenElsewhere = elsewhere !== undefined
    }
    await sleep(pauseMs)
    pauseMs = Math.min(pauseMs * 1.3, LOOK_AGAIN_MS.most)
  }
}
