import { setTimeout as sleep } from 'node:timers/promises'
import { type Capture, mentions } from './capture.js'
import { type CaseSetting, Fault, randomFrom, Unjudged, type Verdict } from './case.js'
import { causeOfAnswer, causeOfDeath } from './diagnose.js'
import { bytes, hello, join, readMessage, successors, text } from './message.js'
import type { Nature } from './report.js'
import { describeExit, freePort, StartError, Subject, untilListening } from './subject.js'
import { Transcript } from './transcript.js'
import { connectPeer, Peer } from './wire.js'

/** How long output may take to come through the pipe once it was written. */
export const OUTPUT_MS = 500
/** How long to look for what must not come. */
export const QUIET_MS = 150
/** Short messages after longer ones, some of them across zero: within one connection, too, the second is shorter. */
const STALE_PROBES = [7, -1, 1234, 9, -2, 654321, 8, 0, 321]
/** Buffers as people declare them. */
const BUFFER_SIZES = [16, 20, 30, 32, 50, 64, 80, 100, 128, 200, 255, 256, 500, 512, 1000, 1024, 2000, 2048, 4096]
/** How often to look whether a program listens that ought to end, and how long it may do so. */
const LISTENING_MS = 100
/** How long a program takes to end that is about to. */
const DYING_MS = 40

/** How often the first message is sent, each time to a new process, before it is sent in another dress. */
const FIRST_TRIES = 3
/** How often a program is started again that ends while short messages follow long ones. */
const RESTARTS = 3
/** Accidents of one kind: where a message was expected, recv tells that the connection is over. */
const LEAVING: readonly string[] = ['S5.2', 'S5.3', 'S5.4', 'S5.5', 'S5.8']

/** Clients that do nothing wrong, but are many: who ends then has a reason of its own. */
const CROWDED = /^S(?:5\.(?:1|9|10)|6\.\d+)$/

/** How a program came to harm in a case. */
interface Harm {
  /** `it ended with status 1` */
  readonly text: string
  /** The last it said about it: tells one exit from another. */
  readonly words: string
}

/** A server that runs. */
export interface Instance {
  readonly host: string
  readonly port: number
  /** Undefined where only an address was given. */
  readonly subject?: Subject
  /** The port that it was told, where it listens on another. */
  readonly toldPort?: number
}

export interface Exchange {
  readonly peer: Peer
  readonly x: number
  readonly sent: Uint8Array
  /** What had come before Z was sent. */
  readonly reply: Buffer
  /** The number in it, however dressed. */
  readonly y: number | undefined
  /** Whether it is X+1, in either arithmetic. */
  readonly right: boolean
  /** What was sent as Z. */
  readonly z: number | undefined
}

/**
 * How its lines come. `live`: as they are printed. `unbuffered`: only when the C library is asked not to keep anything back.
 * `late`: only when much was printed. `stderr`: there. `none`: not at all.
 */
export type Printing = 'live' | 'unbuffered' | 'late' | 'stderr' | 'none'

/** How much of each stream had come at some moment. */
export interface Mark {
  readonly out: number
  readonly err: number
}

/** A handshake of the first ones, and all that could be seen of it. */
interface Trial {
  readonly instance: Instance
  readonly exchange: Exchange
  readonly closes: boolean
  /** Both lines came, in whatever company. */
  readonly seen: boolean
  /** A line carried memory that was behind the message. */
  readonly garbled: boolean
  readonly died: boolean
  /** How much went wrong after a right answer: lines missing or garbled, ERROR, a program that ended. */
  readonly flaws: number
  readonly output: string
}

/** What the first handshakes taught: later cases use it, so that one fault costs one case. */
export interface Facts {
  readonly first: Exchange
  /** Where only some of the first messages were answered: how many. */
  readonly answered: { readonly times: number; readonly of: number } | undefined
  /** What the first handshake was, before anything was appended to its messages. */
  readonly bare: Exchange
  /** What has to follow a message before this program understands it. */
  readonly ending: Uint8Array
  /** A handshake in which bytes of an earlier, longer message turned up, and how. */
  readonly stale: Fault | undefined
  readonly printing: Printing
  /** What the program that answered `first` has written; undefined where that is not seen. */
  readonly output: { readonly out: Capture; readonly err: Capture } | undefined
  /** It closed by itself after Z. */
  readonly closes: boolean
  /** Z can be seen in its output. */
  readonly printsThird: boolean
  readonly instance: Instance
}

export interface ServerTarget {
  readonly command?: readonly string[]
  readonly address?: { readonly host: string; readonly port: number }
  readonly cwd?: string | undefined
}

export interface LabSettings {
  readonly seed: number
  readonly errors: 'stdout' | 'stderr' | 'either'
  readonly patienceMs: number
  readonly startMs: number
  readonly expect?: Expectation | undefined
}

export type Expectation = 'sequential' | 'threads' | 'events' | 'processes' | 'concurrent'

/** 200, 204 ... 896; and a step that goes through all of them in no order that could be taken for one. */
const NUMBERS = 175
const NUMBERS_APART = 38

const NUL = bytes('\0')
const LF = bytes('\n')
const NOTHING = new Uint8Array()

/** Everything that a server case works with: the program, connections to it, and what is known of it so far. */
export class ServerLab implements CaseSetting {
  readonly settings: LabSettings
  readonly verdicts = new Map<string, Verdict>()
  readonly #target: ServerTarget
  #transcript = new Transcript()
  #random: () => number
  #shared: Instance | undefined
  #alone: Instance[] = []
  #peers: Peer[] = []
  #learning: Promise<Facts> | undefined
  #printing: Printing = 'live'
  #ending: Uint8Array = NOTHING
  /** Set by the case about lines: where it is false, a message counts as printed wherever it stands. */
  nature: Nature = 'unknown'
  terminator: string | undefined
  arithmetic: 'int32' | 'safe' | undefined
  readonly errorsSeen = new Set<'stdout' | 'stderr'>()

  /** Programs that run. Whoever ends the checker ends them too: in groups of their own, they hear no Ctrl-C. */
  readonly #running = new Set<Subject>()
  readonly #onExit = () => {
    for (const subject of this.#running) subject.kill()
  }

  constructor(target: ServerTarget, settings: LabSettings) {
    this.#target = target
    this.settings = settings
    this.#random = randomFrom(settings.seed, '')
    process.on('exit', this.#onExit)
  }

  #watch(subject: Subject): void {
    this.#running.add(subject)
    void subject.exited.then(() => this.#running.delete(subject))
  }

  get observed(): boolean {
    return this.#target.command !== undefined
  }

  get transcript(): Transcript {
    return this.#transcript
  }

  begin(id: string): Transcript {
    this.#transcript = new Transcript()
    this.#random = randomFrom(this.settings.seed, id)
    this.#numbers = undefined
    return this.#transcript
  }

  async end(failed = false): Promise<string | undefined> {
    for (const peer of this.#peers.splice(0)) peer.close()
    this.#harm = undefined
    for (const instance of [...this.#alone, ...(this.#shared ? [this.#shared] : [])]) {
      const { subject } = instance
      if (!subject || this.#ended.has(subject)) continue
      if (failed) await this.died(instance)
      const text = this.fate(instance)
      if (text === undefined) continue
      this.#harm = { text, words: lastWords(subject) }
      this.#ended.add(subject)
    }
    for (const { subject } of this.#alone.splice(0)) this.#dismiss(subject)
    if (this.#shared?.subject?.exit) {
      this.#dismiss(this.#shared.subject)
      this.#shared = undefined
    }
    return this.#harm && `the program is dead: ${this.#harm.text}`
  }

  /** How the program came to harm in the last case. */
  #harm: Harm | undefined
  /** Every way in which it did, and the case that tells of it. */
  readonly #told: { readonly id: string; readonly by: string; readonly way: string; readonly words: string }[] = []

  /**
   * One fault costs one case. An end is the same as an earlier one where the program said the same last words, where it
   * was SIGPIPE, or where both times a client had left; so is an answer behind something that S1.4 has told of.
   */
  toldBefore(id: string, { details }: Fault): string | undefined {
    const { received, stuck, left, cause } = details
    const behind = received instanceof Uint8Array && this.#isBehind(received)
    if (this.verdicts.get('S1.4') === 'failed' && this.junk && behind && id !== 'S1.10') {
      return 'blocked by S1.4: here, too, something stands in front of the answer'
    }
    if (CROWDED.test(id)) return undefined
    const died = this.#harm !== undefined && received === this.#harm.text
    if (!died && !stuck && cause !== REMAINS) return undefined
    const way = died ? this.#harm!.text : stuck ? 'it does not come back' : 'it sends the next client away'
    const words = died ? this.#harm!.words : ''
    const leaving = left || LEAVING.includes(id)
    const same = this.#told.find(
      (one) =>
        one.way === way &&
        ((words !== '' && words === one.words) || /SIGPIPE/.test(way) || (leaving && LEAVING.includes(one.id))),
    )
    this.#told.push({ id, by: same?.by ?? id, way, words })
    return same && `blocked by ${same.by}: ${way}, as it did there`
  }

  /** Whether something stands in front of a message: another one, or what memory held. */
  #isBehind(received: Uint8Array): boolean {
    const said = visibleText(received)
    return (
      said.lastIndexOf('HELLO') > 0 ||
      this.#replies.some((one) => one.length > 7 && one !== said && said.startsWith(one))
    )
  }

  /** How many clients it served in a row. */
  endurance = Number.POSITIVE_INFINITY
  /** @throws {Unjudged} Where a program ends, or forgets its clients, before a case would be through with them. */
  requireEndurance(clients: number): void {
    if (this.endurance < clients) {
      throw new Unjudged('blocked', `blocked by S5.9: it serves ${this.endurance} clients in a row, and then no more`)
    }
  }

  /** An answer in front of which something stood. */
  junk: Pick<Exchange, 'sent' | 'reply' | 'x'> | undefined

  /** Programs that were told to end. */
  readonly #dismissed: Promise<unknown>[] = []

  #dismiss(subject: Subject | undefined): void {
    if (!subject) return
    this.#ended.add(subject)
    this.#dismissed.push(subject.stop())
  }

  /** Programs that the checker ended itself, or whose end was told already. */
  readonly #ended = new WeakSet<Subject>()

  async close(): Promise<void> {
    await this.end()
    this.#dismiss(this.#shared?.subject)
    this.#shared = undefined
    await this.#spare?.then(
      ({ subject }) => this.#dismiss(subject),
      () => {},
    )
    await Promise.all(this.#dismissed)
    process.off('exit', this.#onExit)
  }

  /**
   * A number of three digits whose successors have three digits too. Within a case no two handshakes have a number in
   * common, so that each line of the output belongs to one of them (until 175 were made).
   */
  number(): number {
    this.#numbers ??= Math.floor(this.#random() * NUMBERS)
    this.#numbers = (this.#numbers + NUMBERS_APART) % NUMBERS
    return 200 + 4 * this.#numbers
  }
  #numbers: number | undefined

  /** Any positive number that this program can count with, as far as is known. */
  anyNumber(): number {
    return this.verdicts.get('S1.15') === 'passed' ? 1 + Math.floor(this.#random() * 1_000_000_000) : this.number()
  }

  shuffled<T>(items: readonly T[]): T[] {
    const mixed = [...items]
    for (let at = mixed.length - 1; at > 0; at--) {
      const other = Math.floor(this.#random() * (at + 1))
      ;[mixed[at], mixed[other]] = [mixed[other]!, mixed[at]!]
    }
    return mixed
  }

  // --- the program ---

  /** The shared process was given to a case. */
  #used = false
  /** It ends by itself after one client. */
  #single = false
  /** Something was done that programs may not survive, so that the shared process may be about to end. */
  #doubtful = false

  /** The shared process may be dying of what was done to it: the next case looks before it uses it. */
  doubt(): void {
    this.#doubtful = true
  }

  /** Whether a program has ended or does so within the moment that this takes. */
  async died({ subject }: Instance): Promise<boolean> {
    if (!subject) return false
    await Promise.race([subject.exited, sleep(DYING_MS, undefined, { ref: false })])
    return subject.exit !== undefined
  }

  /** The process that gentle cases share; a new one where the last has died. */
  async shared(): Promise<Instance> {
    const { instance } = await this.facts()
    this.#shared ??= instance
    if (this.#single || this.#doubtful) {
      this.#doubtful = false
      if (this.#single && this.#used) this.#ended.add(this.#shared.subject!)
      await this.died(this.#shared)
    }
    this.#used = true
    if (this.#shared.subject && (this.#shared.subject.exit || this.#ended.has(this.#shared.subject))) {
      await this.#shared.subject.stop()
      this.#shared = await this.#start(this.#printing)
    }
    return this.#shared
  }

  /** A process of its own, ended with the case. The shared one is ended first, so that one program runs at a time. */
  async fresh({ plain = false, fullPipe = false }: { plain?: boolean; fullPipe?: boolean } = {}): Promise<Instance> {
    await this.facts()
    if (!this.observed) return this.shared()
    this.renew()
    const asUsual = !fullPipe && (!plain || this.#printing === 'live')
    const instance = await ((asUsual && this.#spare) || this.#start(plain ? 'live' : this.#printing, fullPipe))
    this.#alone.push(instance)
    if (asUsual) this.#spare = this.#prepare()
    return instance
  }

  /** The next process of its own, started while the one before it is at work: half of a run would be waiting. */
  #spare: Promise<Instance> | undefined

  #prepare(): Promise<Instance> | undefined {
    // Two of a kind cannot run side by side on a port that is fixed.
    if (!this.command?.some((word) => word.includes('{port}'))) return undefined
    const spare = this.#start(this.#printing)
    spare.catch(() => {})
    return spare
  }

  /** Ends the shared process: whoever asks for it next gets a new one. */
  renew(): void {
    this.#dismiss(this.#shared?.subject)
  }

  async #start(printing: Printing, fullPipe = false): Promise<Instance> {
    const { command, address, cwd } = this.#target
    if (!command) return address!
    for (let attempt = 1; ; attempt++) {
      const port = await freePort()
      const subject = await Subject.start({
        command: command.map((word) => word.replaceAll('{port}', String(port)).replaceAll('{host}', '127.0.0.1')),
        cwd,
        unbuffered: printing === 'unbuffered',
        fullPipe,
      })
      this.#watch(subject)
      try {
        const found = await untilListening(subject, port, this.settings.startMs)
        const at = found ?? (await this.#knock(port))
        return {
          ...at,
          subject,
          ...(at.port !== port && command.some((word) => word.includes('{port}')) && { toldPort: port }),
        }
      } catch (error) {
        await subject.stop()
        // Somebody else may have taken the port in between; that is nobody's fault.
        const said = subject.err.text() + subject.out.text()
        if (!(error instanceof StartError) || !/in use/i.test(error.message + said) || attempt === 3) throw error
      }
    }
  }

  /** Where the system does not tell who listens: whole handshakes, until one is answered. */
  async #knock(port: number): Promise<{ host: string; port: number }> {
    const until = performance.now() + this.settings.startMs
    for (;;) {
      try {
        const peer = await connectPeer({ host: '127.0.0.1', port }, new Transcript())
        const x = this.number()
        peer.send(hello(x))
        await peer.message(hello(x + 1), this.settings.patienceMs)
        peer.send(hello(x + 2))
        await peer.untilOver(QUIET_MS)
        peer.close()
        return { host: '127.0.0.1', port }
      } catch {
        if (performance.now() > until) throw new StartError(`nobody answers on port ${port}`)
        await sleep(50)
      }
    }
  }

  /** Kills a program at once, as a power cut would; what it had printed is then all there is. */
  async kill({ subject }: Instance): Promise<void> {
    if (!subject) return
    this.#ended.add(subject)
    this.transcript.add('note', 'SIGKILL')
    subject.kill()
    await subject.exited
    await subject.out.until(() => subject.out.ended, OUTPUT_MS)
  }

  // --- connections ---

  /** @throws {Fault} If it cannot connect. */
  async connect(to: Instance, name?: string, withinMs = 3000): Promise<Peer> {
    try {
      const peer = await connectPeer(to, this.transcript, { name, withinMs })
      this.#peers.push(peer)
      return peer
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      await this.died(to)
      throw new Fault(`The server could not be reached: ${code ?? (error as Error).message}.`, {
        expected: 'a connection',
        received: this.fate(to) ?? String(code),
        cause: this.causeOfFate(to),
      })
    }
  }

  /** A queue that is full lets a client wait for a second and more before it asks again; this one asks at once. */
  async squeezeIn(to: Instance, name: string, leftMs: () => number): Promise<Peer> {
    for (;;) {
      try {
        return await this.connect(to, name, Math.min(200, leftMs()))
      } catch (error) {
        if (!(error instanceof Fault) || leftMs() <= 1 || !error.message.includes('ETIMEDOUT')) throw error
      }
    }
  }

  /** How the program came to its end, in words; undefined while it runs. */
  fate({ subject }: Instance): string | undefined {
    if (!subject?.exit || subject.stopped) return undefined
    return subject.excess ?? describeExit(subject.exit)
  }

  causeOfFate({ subject }: Instance): string | undefined {
    if (!subject?.exit || subject.stopped) return undefined
    return (
      causeOfDeath(subject.exit.signal) ??
      'The program ended itself: look for exit, and for return in main, where one connection has failed or is done.'
    )
  }

  /** What is sent for a number to this program. */
  message(sequence: number): Uint8Array {
    return this.dress(hello(sequence))
  }

  /** A message as this program understands it: as it is, with a terminator behind it, or padded to a whole buffer. */
  dress(message: Uint8Array, ending = this.#ending): Uint8Array {
    return ending.length > 1 ? join(message, ending.subarray(message.length)) : join(message, ending)
  }

  /** X, the answer, and Z (unless told otherwise), without looking at how the connection ends. */
  async exchange(
    to: Instance,
    x: number,
    { z, ending = this.#ending, name }: { z?: number | 'none'; ending?: Uint8Array; name?: string } = {},
  ): Promise<Exchange> {
    const peer = await this.connect(to, name)
    const sent = this.dress(hello(x), ending)
    peer.send(sent)
    const exchange = await this.answer(peer, x, sent, { ...(z !== undefined && { z }), ending })
    // Who does not answer may be about to end.
    if (exchange.reply.length === 0) await this.died(to)
    return exchange
  }

  /** The second half of {@link exchange}: from the answer on. */
  async answer(
    peer: Peer,
    x: number,
    sent: Uint8Array,
    {
      z,
      ending = this.#ending,
      withinMs = this.settings.patienceMs,
    }: { z?: number | 'none'; ending?: Uint8Array; withinMs?: number } = {},
  ): Promise<Exchange> {
    const reply = await peer.message(hello(x + 1), withinMs)
    let y = readMessage(reply).sequence
    let right = y !== undefined && successors(x).includes(y)
    const behind = right ? undefined : successors(x).find((number) => this.#standsBehind(reply, number))
    this.#replies = [visibleText(reply), ...this.#replies.slice(0, 7)]
    if (behind !== undefined) {
      this.junk ??= { x, sent, reply }
      y = behind
      right = true
    }
    if (z === 'none' || y === undefined) return { peer, x, sent, reply, y, right, z: undefined }
    const next = z ?? (this.arithmetic === 'int32' ? (y + 1) | 0 : y + 1)
    peer.send(this.dress(hello(next), ending))
    return { peer, x, sent, reply, y, right, z: next }
  }

  /** What was answered last: some programs put their answers behind one another. */
  #replies: string[] = []

  #standsBehind(reply: Uint8Array, number: number): boolean {
    const said = visibleText(reply)
    return (
      (said.endsWith(text(number)) && said !== text(number)) ||
      this.#replies.some((earlier) => earlier !== '' && said === `${earlier}${number}`)
    )
  }

  /** The fault of an answer whose number is wrong, or that did not come. */
  wrongAnswer(to: Instance, { x, sent, reply }: Pick<Exchange, 'x' | 'sent' | 'reply'>, context = ''): Fault {
    const expected = hello(x + 1)
    const fate = this.fate(to)
    const what = reply.length === 0 ? `No answer came to ${text(x)}` : `The answer to ${text(x)} is not ${text(x + 1)}`
    return new Fault(`${context}${what}.`, {
      sent,
      expected,
      received: reply.length === 0 && fate ? fate : reply,
      cause: this.causeOfFate(to) ?? causeOfAnswer({ side: 'server', sent, expected, received: reply }),
      silent: reply.length === 0,
    })
  }

  /**
   * A handshake as every client does it, which has to work whatever happened before.
   *
   * @param context - Goes before the summary: `After a reset, `.
   * @throws {Fault} If it does not.
   */
  async works(to: Instance, context: string, withinMs = this.settings.patienceMs): Promise<void> {
    const x = this.number()
    let peer: Peer
    try {
      peer = await this.connect(to, 'next', withinMs)
    } catch (error) {
      if (error instanceof Fault) throw new Fault(`${context}${lower(error.message)}`, error.details)
      throw error
    }
    const sent = this.message(x)
    peer.send(sent)
    const exchange = await this.answer(peer, x, sent, { withinMs })
    if (!exchange.right) {
      await this.died(to)
      const fault = this.wrongAnswer(to, exchange)
      const silent = exchange.reply.length === 0
      const stuck = silent && peer.state === 'open' && !this.fate(to)
      throw new Fault(`${context}${lower(fault.message)}`, {
        ...fault.details,
        cause: this.causeOfFate(to) ?? (stuck ? STUCK : silent ? REMAINS : fault.details.cause),
        stuck,
      })
    }
    await this.finish(exchange)
  }

  /** Ends an exchange as the program is known to end them, so that nothing is left over. */
  async finish({ peer }: Exchange): Promise<void> {
    const { closes } = await this.facts()
    if (closes) await peer.untilOver(this.settings.patienceMs)
    else await sleep(5)
    peer.close()
  }

  // --- output ---

  /** @throws {Unjudged} Where nobody sees what it prints, or where it is printed too late to be seen. */
  requireOutput(): void {
    if (!this.observed) throw new Unjudged('not-observable', 'only an address was given, so its output is not seen')
    if (this.#printing === 'late')
      throw new Unjudged('blocked', 'blocked by S2.6: lines come long after they were printed')
    if (this.#printing === 'none') throw new Unjudged('blocked', 'blocked by S2.1: nothing is printed')
  }

  /** @throws {Unjudged} Where a case asks for what a sequential server does not claim to be. */
  requireConcurrency(): void {
    const { expect } = this.settings
    if (this.nature === 'sequential' && (expect === undefined || expect === 'sequential')) {
      throw new Unjudged('not-applicable', 'the server is sequential, and nothing else was asked for (--expect)')
    }
  }

  /** The stream on which this program prints its lines. */
  lines({ subject }: Instance) {
    return this.#printing === 'stderr' ? subject!.err : subject!.out
  }

  mark({ subject }: Instance): Mark {
    return { out: subject?.out.bytes().length ?? 0, err: subject?.err.bytes().length ?? 0 }
  }

  /** Waits until a message is in the output, however it stands there. */
  printed(on: Instance, message: string, from: Mark, withinMs = OUTPUT_MS): Promise<boolean> {
    const lines = this.lines(on)
    const start = this.#printing === 'stderr' ? from.err : from.out
    return lines.until(() => mentions(lines.text(start), message), withinMs)
  }

  /** Waits until a line that begins with ERROR is where it has to be. Also says where else one was seen. */
  async errorPrinted(
    { subject }: Instance,
    from: Mark,
    withinMs = OUTPUT_MS,
  ): Promise<{ right: boolean; elsewhere: boolean; almost: string | undefined }> {
    const { errors } = this.settings
    const { out, err } = subject!
    const on = { stdout: () => isError(out.text(from.out)), stderr: () => isError(err.text(from.err)) }
    const right = () => (errors === 'either' ? on.stdout() || on.stderr() : on[errors]())
    const until = performance.now() + withinMs
    await Promise.race([out.until(right, withinMs), err.until(right, withinMs)])
    // One of the streams may end first: the other still has its time.
    while (!right() && performance.now() < until) await sleep(10)
    if (on.stdout()) this.errorsSeen.add('stdout')
    if (on.stderr()) this.errorsSeen.add('stderr')
    const almost =
      [...out.lines(from.out), ...err.lines(from.err)].find((line) =>
        /error|wrong|invalid|incorrect|mismatch|fail/i.test(line),
      ) ?? err.lines(from.err).findLast((line) => !line.includes('HELLO'))
    return { right: right(), elsewhere: !right() && (on.stdout() || on.stderr()), almost }
  }

  /** Whether the line that begins with ERROR comes to its end. */
  async errorEnded({ subject }: Instance, from: Mark): Promise<boolean> {
    const { out, err } = subject!
    const ended = () => /ERROR[^\n]*\n/.test(out.text(from.out)) || /ERROR[^\n]*\n/.test(err.text(from.err))
    await out.until(ended, QUIET_MS)
    return ended()
  }

  // --- the first handshakes ---

  facts(): Promise<Facts> {
    this.#learning ??= this.#learn()
    return this.#learning
  }

  async #learn(): Promise<Facts> {
    let instance = await this.#start('live')
    this.#shared = instance
    const x = this.number()
    let trial = await this.#trial(instance, x, NOTHING)
    const bare = trial
    // Who leaves an answer out now and then would seem to need whatever was sent when it did not.
    let answered: Facts['answered']
    if (bare.exchange.reply.length === 0) {
      for (let at = 1; at < FIRST_TRIES && !trial.exchange.right; at++) {
        instance = await this.#again(instance, 'live')
        this.#shared = instance
        trial = await this.#trial(instance, x, NOTHING)
        if (trial.exchange.right) answered = { times: 1, of: at + 1 }
      }
    }

    // Some programs understand a message only with something behind it. Then everything else is judged that way.
    if (!trial.exchange.right || (trial === bare && trial.flaws > 0)) {
      for (const wanted of trial.exchange.right ? [NUL] : ([NUL, LF, 'a whole buffer'] as const)) {
        const ending = typeof wanted === 'string' ? await this.#findSize(instance, x) : wanted
        if (!ending) continue
        instance = await this.#again(instance, 'live')
        this.#shared = instance
        const other = await this.#trial(instance, x, ending)
        if (!other.exchange.right || (bare.exchange.right && other.flaws >= bare.flaws)) continue
        if (!bare.exchange.right && !(await this.#isRightAgain(instance, x, ending))) {
          answered = { times: 1, of: FIRST_TRIES + 2 }
          continue
        }
        trial = other
        this.#ending = ending
        break
      }
      if (instance !== trial.instance) this.#dismiss(instance.subject)
    }
    const { exchange, closes } = trial

    let printing: Printing = 'live'
    let witness = trial.instance
    if (this.observed && exchange.right && !trial.seen) {
      printing = await this.#findLines(witness, exchange)
      if (printing === 'unbuffered') {
        witness = await this.#again(witness, 'unbuffered')
        await this.#trial(witness, x, this.#ending)
      }
    }
    instance = witness.subject?.stopped ? await this.#start(printing) : witness
    this.#printing = printing
    this.#shared = instance
    const { z } = exchange
    const printsThird =
      this.observed && z !== undefined && printing !== 'late' && mentions(this.lines(witness).text(), text(z))
    const output = witness.subject && { out: witness.subject.out, err: witness.subject.err }
    this.#single = trial.died
    let stale = bare === trial || this.#ending.length === 0 ? undefined : this.#needsNul(bare, trial)
    if (exchange.right && this.#ending.length === 0 && !this.#single) {
      stale = await this.#findStale(instance)
      if (stale) {
        this.#ending = NUL
        this.#shared = await this.#again(this.#shared, printing)
      }
      instance = this.#shared
    }
    return {
      first: exchange,
      answered,
      bare: bare.exchange,
      stale,
      ending: this.#ending,
      printing,
      closes,
      printsThird,
      output,
      instance,
    }
  }

  /** The same once more, to a new process. */
  async #isRightAgain(previous: Instance, x: number, ending: Uint8Array): Promise<boolean> {
    if (!previous.subject) return true
    const instance = await this.#start('live')
    const { right, peer } = await this.#try(instance, x, ending)
    peer.close()
    this.#dismiss(instance.subject)
    return right
  }

  async #trial(instance: Instance, x: number, ending: Uint8Array): Promise<Trial> {
    const mark = this.mark(instance)
    const exchange = await this.#try(instance, x, ending)
    const closes = await this.#seeClose(exchange)
    const { right } = exchange
    const { subject } = instance
    if (!subject) return { instance, exchange, closes, seen: false, garbled: false, died: false, flaws: 0, output: '' }
    const seen = right && (await this.#seeLines(instance, exchange, mark))
    const garbled = seen && !this.#clean(instance, exchange)
    const died = await this.died(instance)
    const wrong = isError(subject.out.text(mark.out)) || isError(subject.err.text(mark.err))
    return {
      instance,
      exchange,
      closes,
      seen,
      garbled,
      died,
      flaws: [!seen, garbled, died, wrong].filter(Boolean).length,
      output: subject.out.text(mark.out) + subject.err.text(mark.err),
    }
  }

  async #again(previous: Instance, printing: Printing): Promise<Instance> {
    for (const peer of this.#peers.splice(0)) peer.close()
    if (!previous.subject) return previous
    this.#ended.add(previous.subject)
    await previous.subject.stop()
    return this.#start(printing)
  }

  async #try(to: Instance, x: number, ending: Uint8Array): Promise<Exchange> {
    try {
      return await this.exchange(to, x, { ending })
    } catch (error) {
      if (!(error instanceof Fault) || to.subject === undefined)
        throw error instanceof Fault ? new StartError(error.message) : error
      const sent = this.dress(hello(x), ending)
      return {
        peer: nobody(this.transcript),
        x,
        sent,
        reply: Buffer.alloc(0),
        y: undefined,
        right: false,
        z: undefined,
      }
    }
  }

  /** How many bytes a program waits for that answers only a whole buffer. */
  async #findSize(previous: Instance, x: number): Promise<Uint8Array | undefined> {
    const instance = await this.#again(previous, 'live')
    this.#shared = instance
    const peer = await this.connect(instance)
    peer.send(hello(x))
    let sent = hello(x).length
    for (const size of BUFFER_SIZES) {
      peer.send(new Uint8Array(size - sent))
      sent = size
      if (await peer.until(() => peer.received.length > 0 || peer.state !== 'open', QUIET_MS)) break
    }
    const found = readMessage(peer.received).sequence === x + 1
    peer.close()
    if (instance.subject) {
      this.#dismiss(instance.subject)
      previous.subject?.kill()
    }
    return found ? new Uint8Array(sent) : undefined
  }

  async #seeClose({ peer, right }: Exchange): Promise<boolean> {
    if (!right) return false
    const closed = await peer.untilOver(this.settings.patienceMs)
    peer.close()
    return closed
  }

  /** Both lines of an exchange are there, in whatever company. */
  async #seeLines({ subject }: Instance, { x, z }: Exchange, from: Mark): Promise<boolean> {
    const { out } = subject!
    const both = () => mentions(out.text(from.out), text(x)) && z !== undefined && mentions(out.text(from.out), text(z))
    return out.until(both, OUTPUT_MS)
  }

  /** No line of an exchange carries what was not sent: memory behind the message, shown as text. */
  #clean({ subject }: Instance, { x, z }: Exchange): boolean {
    const foreign = (message: string) => subject!.out.lines().find((line) => isForeign(line, message))
    const garbage = foreign(text(x)) ?? (z === undefined ? undefined : foreign(text(z)))
    this.#garbage ??= garbage
    return garbage === undefined
  }

  /** Why messages were understood only with a NUL behind them, although X was answered without. */
  #needsNul({ exchange, garbled, output }: Trial, other: Trial): Fault | undefined {
    const { sent, reply, right, x, z } = exchange
    if (!other.exchange.right || reply.length === 0) return undefined
    if (!right) {
      return new Fault(`With nothing behind it, ${text(x)} is read with bytes that were not sent.`, {
        sent,
        expected: hello(x + 1),
        received: reply,
        cause: UNENDED,
      })
    }
    if (garbled) {
      return new Fault(`With nothing behind it, ${text(x)} is printed with bytes that were not sent.`, {
        sent,
        expected: text(x),
        received: this.#garbage ?? 'the message and more',
        cause: UNENDED,
      })
    }
    return new Fault(`With nothing behind it, ${text(z!)} is read with bytes that were not sent.`, {
      sent: hello(z!),
      expected: `${text(x)}\n${text(z!)}\n`,
      received: output,
      cause: UNENDED,
    })
  }

  /** A line that carried what was not sent. */
  #garbage: string | undefined

  /** Short messages after long ones: across connections, and within one. */
  async #findStale(first: Instance): Promise<Fault | undefined> {
    let instance = first
    let restarts = 0
    for (const x of STALE_PROBES) {
      if (instance.subject?.exit) {
        if (++restarts > RESTARTS) return undefined
        instance = await this.#again(instance, this.#printing)
        this.#shared = instance
      }
      const { subject } = instance
      const mark = this.mark(instance)
      const exchange = await this.#try(instance, x, NOTHING)
      const { peer, reply, sent, right, z } = exchange
      await peer.untilOver(QUIET_MS)
      peer.close()
      if (!right) {
        // An answer that is missing or cut short is another mistake; most others would be made with a NUL, too.
        const cut = Buffer.from(hello(x + 1))
          .subarray(0, reply.length)
          .equals(reply)
        if (cut || !(await this.#isRightWithNul(instance, x))) continue
        return new Fault(`After other messages, ${text(x)} is read with bytes that were not sent.`, {
          sent,
          expected: hello(x + 1),
          received: reply,
          cause: UNENDED,
        })
      }
      if (!subject || z === undefined) continue
      const lines = () =>
        this.lines(instance)
          .text(this.#printing === 'stderr' ? mark.err : mark.out)
          .replaceAll('\0', '')
      await this.printed(instance, text(z), mark, QUIET_MS)
      const judged = await this.errorPrinted(instance, mark, 0)
      if (judged.right && (await this.#isRightWithNul(instance, x))) {
        return new Fault(`After other messages, ${text(z)} is read with bytes that were not sent.`, {
          sent: join(sent, hello(z)),
          expected: `${text(x)}\n${text(z)}\n`,
          received: lines(),
          cause: UNENDED,
        })
      }
      for (const number of [x, z]) {
        const longer = new RegExp(`HELLO ${number}[0-9]+`).exec(lines())?.[0]
        const dirty = lines()
          .split('\n')
          .find((line) => isForeign(line, text(number)))
        if (dirty === undefined && (longer === undefined || mentions(lines(), text(number)))) continue
        return new Fault(
          dirty === undefined
            ? 'A short message is printed with the rest of an earlier, longer one.'
            : `${text(number)} is printed with bytes that were not sent.`,
          {
            sent: number === x ? sent : join(sent, hello(z)),
            expected: text(number),
            received: dirty ?? longer!,
            cause: UNENDED,
          },
        )
      }
    }
    return undefined
  }

  async #isRightWithNul(previous: Instance, x: number): Promise<boolean> {
    if (!previous.subject) {
      const other = await this.#try(previous, x, NUL)
      other.peer.close()
      return other.right
    }
    const instance = await this.#start('live')
    // The same history, so that what is left in memory is the same, too.
    let right = false
    for (const number of STALE_PROBES.slice(0, STALE_PROBES.indexOf(x) + 1)) {
      const mark = this.mark(instance)
      const exchange = await this.#try(instance, number, NUL)
      await exchange.peer.untilOver(QUIET_MS)
      exchange.peer.close()
      right = exchange.right && !(await this.errorPrinted(instance, mark, 20)).right
    }
    this.#dismiss(instance.subject)
    return right
  }

  /** Nothing was seen: is it printed to stderr, or held back, or not printed? */
  async #findLines(instance: Instance, { x, z }: Exchange): Promise<Printing> {
    const { out, err } = instance.subject!
    const in_ = (value: string) => mentions(value, text(x)) || (z !== undefined && mentions(value, text(z)))
    if (in_(err.text())) return 'stderr'
    // One of the two lines is enough to see that output comes as it is printed.
    if (in_(out.text())) {
      const both = await this.#buffered(instance, x)
      return both > 1 ? 'unbuffered' : 'live'
    }
    if ((await this.#buffered(instance, x)) > 0) return 'unbuffered'
    return (await this.#fills(x)) ? 'late' : 'none'
  }

  /** How many of the two lines come when the C library is asked not to keep anything back. */
  async #buffered(instance: Instance, x: number): Promise<number> {
    const next = await this.#again(instance, 'unbuffered')
    const exchange = await this.#try(next, x, this.#ending)
    await this.#seeClose(exchange)
    await this.#seeLines(next, exchange, { out: 0, err: 0 })
    const output = next.subject!.out.text()
    this.#alone.push(next)
    this.#ended.add(next.subject!)
    await next.subject!.stop()
    return [x, exchange.z].filter((one) => one !== undefined && mentions(output, text(one))).length
  }

  /** Whether lines come when a whole buffer of them has been printed: 4 KiB in most C libraries. */
  async #fills(x: number): Promise<boolean> {
    const next = await this.#start('live')
    this.#alone.push(next)
    this.#ended.add(next.subject!)
    const { out } = next.subject!
    for (let at = 0; at < 300 && out.total === 0 && !next.subject!.exit; at++) {
      const exchange = await this.#try(next, 1_000_000_000 + x, this.#ending)
      if (!exchange.right) break
      await exchange.peer.untilOver(50)
      exchange.peer.close()
    }
    await out.until(() => out.total > 0, 100)
    await next.subject!.stop()
    return mentions(out.text(), text(1_000_000_000 + x))
  }

  /** Whether a trial run of the program with other arguments ends by itself, and how. Who listens does not. */
  async runWith(words: readonly string[], withinMs: number): Promise<{ subject: Subject; ended: boolean }> {
    this.renew()
    const subject = await Subject.start({ command: words, cwd: this.#target.cwd })
    this.#watch(subject)
    const until = performance.now() + withinMs
    while (!subject.exit && subject.listens().length === 0 && performance.now() < until) {
      await Promise.race([subject.exited, sleep(LISTENING_MS, undefined, { ref: false })])
    }
    // Some look at their arguments only then.
    await Promise.race([subject.exited, sleep(LISTENING_MS, undefined, { ref: false })])
    const ended = subject.exit !== undefined
    this.#ended.add(subject)
    await subject.stop()
    return { subject, ended }
  }

  get command(): readonly string[] | undefined {
    return this.#target.command
  }
}

/** A line in which memory stands behind the message, shown as text. */
function isForeign(line: string, message: string): boolean {
  const at = line.indexOf(message)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what memory looks like
  return at >= 0 && /^\S*[\x01-\x08\x0b-\x1f\x7f-\xff]/.test(line.slice(at + message.length))
}

const visibleText = (received: Uint8Array) =>
  Buffer.from(received)
    .toString('latin1')
    .replace(/[\0\r\n]+$/, '')

/** The last that a program said before it ended, without what the system adds to it. */
function lastWords({ out, err }: Subject): string {
  const error = out.lines().findLast((line) => line.includes('ERROR'))
  const words = err.lines().at(-1) ?? error?.slice(error.indexOf('ERROR')) ?? ''
  return words.replace(/: [A-Z][a-z][a-z ]+$/, '').replace(/\d+/g, '#')
}

const UNENDED =
  'The buffer still held an earlier message, the answer that was sent from it, or whatever was in memory: recv does not end a text. Clear the buffer before each recv, or write buffer[n] = 0 behind what came, where n is what recv returned.'

const STUCK =
  'It does not come back to accept: it still waits for the earlier connection, or loops there. When recv returns 0 or -1 the connection is over: close it and go on.'

export const REMAINS =
  'It closed the connection instead of answering: something of an earlier connection is still there, a counter, an expected number, or what was in a buffer. What belongs to one connection begins anew with each.'

export const lower = (sentence: string) => sentence.charAt(0).toLowerCase() + sentence.slice(1)

/** A line that begins with ERROR; or one that would, if the message before it had been ended. */
export function isError(output: string): boolean {
  return /(?:^|\n|HELLO ?-?\w*?)[\s\0]*ERROR/.test(output)
}

/** Stands for a connection that never came about. */
function nobody(transcript: Transcript): Peer {
  const silent = {
    setNoDelay() {},
    on() {},
    destroyed: true,
  }
  const peer = new Peer(silent as never, transcript)
  peer.state = 'reset'
  return peer
}
