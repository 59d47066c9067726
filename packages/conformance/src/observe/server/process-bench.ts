import { freePort, type Holdings, pause, StartError, type SupervisedProcess, untilListening } from '@hs/supervise'
import { text } from '../../message.js'
import { withoutArguments } from '../arguments.js'
import type { Exchange } from '../exchange.js'
import type { Mode, Settings } from '../observation.js'
import { connectSocket, Peer, QUIET_MS } from '../peer.js'
import { OUTPUT_MS, type Session, type Sessions } from '../program.js'
import { Recorder } from '../recorder.js'
import type { ServerTarget } from '../target.js'
import type { ServerFacts } from './facts.js'

export interface AboutProcesses {
  readonly target: ServerTarget
  readonly sessions: Sessions
  readonly facts: ServerFacts
  readonly settings: Settings
}

/** Each time it was given another port, and that was free. */
const FIXED_PORT_TAKEN =
  'the program says that its port is in use, but the port that it was given is free: it always takes the same port. Take the port from the command line (sin_port = htons(atoi(argv[1]))), or end the program that holds the fixed one'

/** Where a client on this machine looks for a server. */
const LOCAL = '127.0.0.1'

/** How often to look whether a program listens that ought to end, and how long it may do so. */
const LISTENING_MS = 100
/** What is said to a program of which the system does not tell whether it listens, and how long its answer may take. */
const KNOCK = 300
const KNOCK_MS = 2000

async function knocks(at: { host: string; port: number }): Promise<boolean> {
  const unrecorded = new Recorder('knock')
  const socket = await connectSocket(at, KNOCK_MS).catch(() => undefined)
  if (!socket) return false
  const peer = new Peer(socket, unrecorded, 1)
  peer.send(text(KNOCK))
  await peer.message(text(KNOCK + 1), KNOCK_MS)
  peer.send(text(KNOCK + 2))
  await peer.untilOver(QUIET_MS)
  peer.close()
  unrecorded.observation()
  return true
}

/** The processes of a probe: each probe has its own. */
export class ProcessBench {
  readonly recorder: Recorder
  readonly facts: ServerFacts
  readonly settings: Settings
  readonly #target: ServerTarget
  readonly #sessions: Sessions
  readonly #own: Session[] = []
  /** It listens on another port than it was given. */
  protected elsewhere: boolean

  constructor(recorder: Recorder, { target, sessions, facts, settings }: AboutProcesses) {
    this.recorder = recorder
    this.facts = facts
    this.settings = settings
    this.#target = target
    this.#sessions = sessions
    this.elsewhere = facts.elsewhere
  }

  /**
   * A process of its own for this probe.
   *
   * @param mode - `live`: as programs are graded. `unbuffered`: the C library is asked to keep nothing back. `full`: the
   *   pipe of stdout is full from when the program listens until {@link SupervisedProcess.drain}. Default: as this
   *   program prints.
   * @throws {StartError} If it does not listen.
   */
  async start(mode: Mode = this.facts.mode): Promise<Session> {
    const { command, address } = this.#target
    if (!command) return { id: 0, ...address! }
    for (let attempt = 1; ; attempt++) {
      const told = await freePort()
      const words = command.map((word) => word.replaceAll('{port}', String(told)).replaceAll('{host}', LOCAL))
      const { id, child } = await this.#sessions.launch(this.recorder, words, mode, 'later')
      try {
        const at = (await this.#listening(child, told)) ?? (await this.#knock(child, told))
        // Whether it answers its first client is a matter of luck, and judged: it does not decide what others see.
        if (this.facts.sometimes) await this.#unrecorded(() => knocks(at))
        child.fill()
        const session = { id, process: child, ...at }
        this.#own.push(session)
        const elsewhere = at.port !== told && command.some((word) => word.includes('{port}'))
        this.elsewhere ||= elsewhere
        const other = { ...(elsewhere && { told }), ...(at.host !== LOCAL && { host: at.host }) }
        this.recorder.add({ type: 'start', process: id, mode, port: at.port, ...other })
        return session
      } catch (error) {
        child.fill()
        await this.#sessions.stop(child)
        // Another program may have taken the port in between.
        const said = (error as Error).message + child.err.text() + child.out.text()
        if (!(error instanceof StartError) || !/in use/i.test(said)) throw error
        if (attempt === 3) throw new StartError(FIXED_PORT_TAKEN)
      }
    }
  }

  #listening(child: SupervisedProcess, told: number) {
    return untilListening(child, told, this.settings.startMs, this.elsewhere)
  }

  /** What the program prints meanwhile is not recorded either. */
  async #unrecorded<T>(work: () => Promise<T>): Promise<T> {
    const before = this.recorder.length
    const result = await work()
    await pause(QUIET_MS)
    this.recorder.forget(before)
    return result
  }

  /** If the system does not show listeners: whole handshakes, until one is answered. */
  async #knock(child: SupervisedProcess, port: number): Promise<{ host: string; port: number }> {
    const at = { host: LOCAL, port }
    const until = performance.now() + this.settings.startMs
    while (!child.exit && performance.now() < until) if (await this.#unrecorded(() => knocks(at))) return at
    throw new StartError(child.exit ? 'the program ended before it listened' : `nothing answers on port ${port}`)
  }

  /** The same session while it lives, else a new process. */
  async alive(session: Session | undefined): Promise<Session> {
    return session && !(session.process?.exit ?? session.process?.stopped) ? session : this.start()
  }

  /** The next client needs a new process: this one is wrong, or serves only one. */
  async stopIfSpent(session: Session, { right }: Exchange): Promise<void> {
    if (!right || this.facts.single || this.facts.ends) await this.stop(session)
  }

  async stop({ process, id }: Session): Promise<void> {
    if (!process) return
    if (!process.exit) this.recorder.add({ type: 'kill', process: id })
    await this.#sessions.stop(process)
  }

  /** Kills a process at once, as a power cut would; what it had printed is then all there is. */
  async kill({ process, id }: Session): Promise<void> {
    if (!process || process.exit) return
    this.recorder.add({ type: 'kill', process: id })
    process.stopped = true
    process.kill()
    await process.out.until(() => process.out.ended, OUTPUT_MS)
  }

  /** Ends everything that the probe has left. */
  async close(): Promise<void> {
    await Promise.all(this.#own.map(({ process }) => process && this.#sessions.stop(process)))
  }

  /** Runs the program without its arguments, or with one more, until it ends, listens, or takes too long. */
  async trial(purpose: 'without arguments' | 'an extra argument', withinMs: number): Promise<void> {
    const command = this.#target.command!
    const port = String(await freePort())
    const words =
      purpose === 'without arguments'
        ? withoutArguments(command)
        : [...command.map((word) => word.replaceAll('{port}', port).replaceAll('{host}', LOCAL)), port]
    const { id, child } = await this.#sessions.launch(this.recorder, words, 'live', 'later')
    this.recorder.add({ type: 'trial', process: id, purpose })
    let isOver = false
    const over = pause(withinMs).then(() => {
      isOver = true
    })
    while (!child.exit && !isOver && child.listens().length === 0) {
      await Promise.race([child.exited, over, pause(LISTENING_MS)])
    }
    // Some programs look at their arguments only after that.
    await Promise.race([child.exited, pause(LISTENING_MS)])
    await this.stop({ id, process: child, host: '', port: 0 })
  }

  /** What the processes hold of the system. */
  holdings({ id, process }: Session): Holdings {
    const holdings = process!.holdings()
    this.recorder.add({ type: 'holdings', process: id, holdings })
    return holdings
  }
}
