import { setTimeout as sleep } from 'node:timers/promises'
import { SIDE_BY_SIDE } from './case.js'
import { causeOfDeath } from './diagnose.js'
import { EarlierAnswers } from './earlier-answers.js'
import { causeOfLastWords } from './error-line.js'
import type { Printing } from './findings.js'
import { hello } from './message.js'
import { Processes } from './processes.js'
import { describeExit, freePort, StartError, type Subject, untilListening } from './subject.js'
import { Transcript } from './transcript.js'
import { connectPeer, QUIET_MS } from './wire.js'

/** How often to look whether a program listens that ought to end, and how long it may do so. */
const LISTENING_MS = 100
/** How long a program is at work at most to end that is about to. */
const DYING_MS = 100
/** What is said to a program of which the system does not tell whether it listens, and how long its answer may take. */
const KNOCK = 300
const KNOCK_MS = 2000

export interface ServerTarget {
  readonly command?: readonly string[]
  readonly address?: { readonly host: string; readonly port: number }
  readonly cwd?: string | undefined
}

/** A server that runs. */
export interface Instance {
  readonly host: string
  readonly port: number
  /** Undefined where only an address was given. */
  readonly subject?: Subject
  /** The port that it was told, where it listens on another. */
  readonly toldPort?: number
  readonly answers: EarlierAnswers
}

/** How a process is started. */
interface Start {
  readonly printing: Printing
  /** Its stdout is full from when it listens: what it says before that is another matter, and must not hold it up. */
  readonly fullPipe?: boolean
}

/** A run with other arguments. */
export interface Trial {
  readonly subject: Subject
  readonly ended: boolean
}

/** How the program came to its end, in words; undefined while it runs. */
export function fate({ subject }: Instance): string | undefined {
  if (!subject?.exit || subject.stopped) return undefined
  return subject.excess ?? describeExit(subject.exit)
}

export function causeOfFate({ subject }: Instance): string | undefined {
  if (!subject?.exit || subject.stopped) return undefined
  return (
    causeOfLastWords(subject) ??
    causeOfDeath(subject.exit.signal) ??
    'The program ended itself: look for exit, and for return in main, where one connection has failed or is done.'
  )
}

/** Whether a program has ended or does so within the moment that this takes. */
export async function died({ subject }: Instance): Promise<boolean> {
  if (!subject) return false
  await subject.rest(DYING_MS)
  return subject.exit !== undefined
}

/** The server under test: its processes, of which one is shared by gentle cases, and others belong to one case each. */
export class ServerProgram {
  readonly command: readonly string[] | undefined
  /** Where only an address was given: all cases share it. */
  readonly #running: Instance | undefined
  readonly #startMs: number
  readonly #processes: Processes
  #shared: Instance | undefined
  /** The shared process was given to a case. */
  #used = false
  /** It serves one client, and then it ends, or nobody else. */
  #single = false
  /** Something was done that programs may not survive, so that the shared process may be about to end. */
  #doubtful = false
  /** The next processes, started while those before them are at work: half of a run would be waiting. */
  readonly #spares: Promise<Instance>[] = []
  /** Processes that cases have given back. */
  readonly #returned: Instance[] = []
  /** Runs with other arguments, which several cases look at. */
  readonly #trials = new Map<string, Promise<Trial>>()
  /** Programs that the checker ended itself, or whose end was told already. */
  readonly #done = new WeakSet<Subject>()

  constructor({ command, address, cwd }: ServerTarget, startMs: number) {
    this.command = command
    this.#running = address && { ...address, answers: new EarlierAnswers() }
    this.#startMs = startMs
    this.#processes = new Processes(cwd)
  }

  get observed(): boolean {
    return this.command !== undefined
  }

  get takesPort(): boolean {
    return this.command?.some((word) => word.includes('{port}')) ?? false
  }

  /** Two of a kind cannot run side by side on a port that is fixed, be it in the command or in the program. */
  get runsBesideItself(): boolean {
    return this.takesPort && this.#shared?.toldPort === undefined
  }

  /** The process that gentle cases share from now on. `single`: it serves one client, and then it ends, or nobody else. */
  share(instance: Instance, single: boolean): void {
    this.#shared = instance
    this.#single = single
  }

  /** The shared process may be dying of what was done to it: the next case looks before it uses it. */
  doubt(): void {
    this.#doubtful = true
  }

  /** The process that gentle cases share; a new one where the last has died. */
  async shared(printing: Printing): Promise<Instance> {
    const instance = this.#shared!
    if (this.#single || this.#doubtful) {
      this.#doubtful = false
      if (this.#single && this.#used) this.#done.add(instance.subject!)
      await died(instance)
    }
    this.#used = true
    if (!instance.subject || !(instance.subject.exit || this.#done.has(instance.subject))) return instance
    this.#shared = await this.again(instance, { printing })
    return this.#shared
  }

  /** Ends the shared process: whoever asks for it next gets a new one. */
  renew(): void {
    void this.dismiss(this.#shared)
  }

  /** No other case is to share this process. */
  replace(instance: Instance): void {
    if (instance === this.#shared) this.renew()
  }

  /** A process of its own. `usual`: started as most are, so that one that was prepared will do. */
  fresh(start: Start, usual: boolean): Promise<Instance> {
    this.renew()
    return (usual && this.#spares.shift()) || this.start(start)
  }

  /** A case is through with a process of its own, and it is none the worse for that. */
  giveBack(instance: Instance): void {
    if (this.runsBesideItself) this.#returned.push(instance)
    else void this.dismiss(instance)
  }

  /** A process that was given back, and lives. */
  async returned(): Promise<Instance | undefined> {
    for (let instance = this.#returned.pop(); instance; instance = this.#returned.pop()) {
      if (!(await died(instance))) return instance
      await this.dismiss(instance)
    }
    return undefined
  }

  /** Starts what will be wanted next. */
  prepare(printing: Printing): void {
    while (this.runsBesideItself && this.#spares.length < SIDE_BY_SIDE) {
      const spare = this.start({ printing })
      spare.catch(() => {})
      this.#spares.push(spare)
    }
  }

  /** The same program once more, when this process of it has ended. */
  async again(previous: Instance, start: Start): Promise<Instance> {
    if (!previous.subject) return previous
    this.#done.add(previous.subject)
    await this.#processes.stop(previous.subject)
    return this.start(start)
  }

  async start({ printing, fullPipe = false }: Start): Promise<Instance> {
    const { command } = this
    if (!command) return this.#running!
    for (let attempt = 1; ; attempt++) {
      const port = await freePort()
      const subject = await this.#processes.launch({
        command: command.map((word) => word.replaceAll('{port}', String(port)).replaceAll('{host}', '127.0.0.1')),
        unbuffered: printing === 'unbuffered',
        ...(fullPipe && { fullPipe: 'later' }),
      })
      try {
        const at = (await untilListening(subject, port, this.#startMs)) ?? (await this.#knock(port))
        subject.fill()
        return {
          ...at,
          subject,
          answers: new EarlierAnswers(),
          ...(at.port !== port && this.takesPort && { toldPort: port }),
        }
      } catch (error) {
        subject.fill()
        await this.#processes.stop(subject)
        // Somebody else may have taken the port in between; that is nobody's fault.
        const said = subject.err.text() + subject.out.text()
        if (!(error instanceof StartError) || !/in use/i.test(error.message + said) || attempt === 3) throw error
      }
    }
  }

  /** Where the system does not tell who listens: whole handshakes, until one is answered. */
  async #knock(port: number): Promise<{ host: string; port: number }> {
    const until = performance.now() + this.#startMs
    for (;;) {
      try {
        const peer = await connectPeer({ host: '127.0.0.1', port }, new Transcript())
        peer.send(hello(KNOCK))
        await peer.message(hello(KNOCK + 1), KNOCK_MS)
        peer.send(hello(KNOCK + 2))
        await peer.untilOver(QUIET_MS)
        peer.close()
        return { host: '127.0.0.1', port }
      } catch {
        if (performance.now() > until) throw new StartError(`nobody answers on port ${port}`)
        await sleep(50)
      }
    }
  }

  /** Whether a trial run of the program with other arguments ends by itself, and how. Who listens does not. */
  runWith(words: readonly string[], withinMs: number): Promise<Trial> {
    const key = words.join('\0')
    const trial = this.#trials.get(key) ?? this.#try(words, withinMs)
    this.#trials.set(key, trial)
    return trial
  }

  async #try(words: readonly string[], withinMs: number): Promise<Trial> {
    this.renew()
    const subject = await this.#processes.launch({ command: words })
    const until = performance.now() + withinMs
    while (!subject.exit && subject.listens().length === 0 && performance.now() < until) {
      await Promise.race([subject.exited, sleep(LISTENING_MS, undefined, { ref: false })])
    }
    // Some look at their arguments only then.
    await Promise.race([subject.exited, sleep(LISTENING_MS, undefined, { ref: false })])
    const ended = subject.exit !== undefined
    await this.#processes.stop(subject)
    return { subject, ended }
  }

  /** Tells nobody of its end: the checker ends it, or has told already. */
  async dismiss({ subject }: Partial<Instance> = {}): Promise<void> {
    if (!subject) return
    this.#done.add(subject)
    await this.#processes.stop(subject)
  }

  /** How a process came to its end, by itself, where nobody was told yet. */
  untoldFate(instance: Instance): string | undefined {
    if (!instance.subject || this.#done.has(instance.subject)) return undefined
    const text = fate(instance)
    if (text !== undefined) this.#done.add(instance.subject)
    return text
  }

  /** Kills a process at once, as a power cut would; what it had printed is then all there is. */
  async kill({ subject }: Instance, withinMs: number): Promise<void> {
    if (!subject) return
    this.#done.add(subject)
    subject.kill()
    await subject.exited
    await subject.out.until(() => subject.out.ended, withinMs)
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#spares)
    await this.#processes.close()
  }
}
