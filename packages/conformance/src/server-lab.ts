import { setTimeout as sleep } from 'node:timers/promises'
import { mentions, OUTPUT_MS } from './capture.js'
import {
  Fault,
  type Harm,
  type Lab,
  type LabSettings,
  randomFrom,
  type Setting,
  SIDE_BY_SIDE,
  Unjudged,
} from './case.js'
import { causeOfAnswer, lower, REMAINS, STUCK } from './diagnose.js'
import { type ErrorLine, findError, type Mark } from './error-line.js'
import { ServerFindings } from './findings.js'
import { type Facts, FirstHandshakes } from './first-handshakes.js'
import { hello, join, readMessage, successors, text } from './message.js'
import { lastWords, RepeatedFaults } from './repeated-faults.js'
import { causeOfFate, died, fate, type Instance, ServerProgram, type ServerTarget } from './server-program.js'
import { Transcript } from './transcript.js'
import { connectPeer, type Peer, QUIET_MS } from './wire.js'

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

/** 200, 204 ... 896; and a step that goes through all of them in no order that could be taken for one. */
const NUMBERS = 175
const NUMBERS_APART = 38

/** What all cases of a server have in common: the program, and what was found out about it. */
export class ServerSetting implements Setting<ServerLab> {
  readonly settings: LabSettings
  readonly program: ServerProgram
  readonly findings = new ServerFindings()
  /** Cases pass processes on, until one of them is wrong on a used one and on a new one: twice is what that costs. */
  lends = true
  readonly #repeated = new RepeatedFaults(this.findings)
  #learning: Promise<Facts> | undefined

  constructor(target: ServerTarget, settings: LabSettings) {
    this.settings = settings
    this.program = new ServerProgram(target, settings.startMs)
  }

  get observed(): boolean {
    return this.program.observed
  }

  readonly apart = false

  get parallel(): number {
    return this.program.runsBesideItself ? SIDE_BY_SIDE : 1
  }

  begin(id: string, again = false): ServerLab {
    if (again) this.program.renew()
    return new ServerLab(this, id, again)
  }

  /** What the first handshakes taught. */
  facts(): Promise<Facts> {
    this.#learning ??= new FirstHandshakes(this.program, this.begin('')).learn()
    return this.#learning
  }

  toldBefore(id: string, fault: Fault, harm: Harm | undefined, lab: ServerLab): string | undefined {
    const { received } = fault.details
    const behind = received instanceof Uint8Array && lab.isBehind(received)
    return this.#repeated.toldBefore(id, fault, { harm, behind })
  }

  close(): Promise<void> {
    return this.program.close()
  }
}

/** What a server case works with: the program, connections to it, and what is known of it so far. */
export class ServerLab implements Lab {
  readonly transcript = new Transcript()
  readonly settings: LabSettings
  readonly findings: ServerFindings
  readonly #setting: ServerSetting
  readonly program: ServerProgram
  readonly #random: () => number
  readonly #peers: Peer[] = []
  /** The processes that this case works with, and those among them that are its own. */
  readonly #instances = new Set<Instance>()
  readonly #own: Instance[] = []
  /** Goes to the next case that wants one. */
  #lent: Instance | undefined
  readonly #again: boolean
  secondHand = false
  #numbers: number | undefined

  constructor(setting: ServerSetting, id: string, again: boolean) {
    this.#setting = setting
    this.#again = again
    this.settings = setting.settings
    this.findings = setting.findings
    this.program = setting.program
    this.#random = randomFrom(this.settings.seed, id)
  }

  get observed(): boolean {
    return this.program.observed
  }

  facts(): Promise<Facts> {
    return this.#setting.facts()
  }

  async end(failed = false): Promise<Harm | undefined> {
    this.closePeers()
    if (failed && this.#again) this.#setting.lends = false
    let harm: Harm | undefined
    for (const instance of this.#instances) {
      if (failed) await died(instance)
      const text = this.program.untoldFate(instance)
      if (text === undefined) continue
      const subject = instance.subject!
      await subject.err.until(() => subject.err.ended, OUTPUT_MS)
      harm = { text, words: lastWords(subject) }
    }
    for (const instance of this.#own) {
      if (instance === this.#lent && !failed) this.program.giveBack(instance)
      else void this.program.dismiss(instance)
    }
    return harm
  }

  closePeers(): void {
    for (const peer of this.#peers.splice(0)) peer.close()
  }

  /** @throws {Unjudged} Where a program ends, or forgets its clients, before a case would be through with them. */
  requireEndurance(clients: number): void {
    const { endurance, enduranceToldBy } = this.findings
    if (endurance < clients) {
      const note = `blocked by ${enduranceToldBy}: it serves ${endurance} clients in a row, and then no more`
      throw new Unjudged('blocked', note)
    }
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

  /** Any positive number that this program can count with, as far as is known. */
  anyNumber(): number {
    return this.findings.verdicts.get('S1.15') === 'passed'
      ? 1 + Math.floor(this.#random() * 1_000_000_000)
      : this.number()
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

  /** The process that gentle cases share; a new one where the last has died. */
  async shared(): Promise<Instance> {
    await this.facts()
    const instance = await this.program.shared(this.findings.printing)
    this.#instances.add(instance)
    return instance
  }

  /** A process of its own, ended with the case. The shared one is ended first, so that one program runs at a time. */
  async fresh({ plain = false, fullPipe = false }: { plain?: boolean; fullPipe?: boolean } = {}): Promise<Instance> {
    await this.facts()
    if (!this.observed) return this.shared()
    const { printing } = this.findings
    const usual = !fullPipe && (!plain || printing === 'live')
    const starting = this.program.fresh({ printing: plain ? 'live' : printing, fullPipe }, usual)
    this.program.prepare(printing)
    const instance = await starting
    this.#instances.add(instance)
    this.#own.push(instance)
    return instance
  }

  /**
   * A process that another case was right with, or a new one; for cases to which it is all the same what earlier
   * clients have left in memory. Who fails on a used one is run again, on a new one.
   */
  async lend(): Promise<Instance> {
    await this.facts()
    const mayBeUsed = this.#setting.lends && !this.#again && !Number.isFinite(this.findings.endurance)
    const used = mayBeUsed ? await this.program.returned() : undefined
    this.secondHand = used !== undefined
    if (used) {
      this.#instances.add(used)
      this.#own.push(used)
    }
    this.#lent = used ?? (await this.fresh())
    return this.#lent
  }

  /** Kills a program at once, as a power cut would; what it had printed is then all there is. */
  async kill(instance: Instance): Promise<void> {
    this.transcript.add('note', 'SIGKILL')
    await this.program.kill(instance, OUTPUT_MS)
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
      await died(to)
      throw new Fault(`The server could not be reached: ${code ?? (error as Error).message}.`, {
        expected: 'a connection',
        received: fate(to) ?? String(code),
        cause: causeOfFate(to),
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

  /** What is sent for a number to this program. */
  message(sequence: number): Uint8Array {
    return this.dress(hello(sequence))
  }

  /** A message as this program understands it: as it is, with a terminator behind it, or padded to a whole buffer. */
  dress(message: Uint8Array, ending = this.findings.ending): Uint8Array {
    return ending.length > 1 ? join(message, ending.subarray(message.length)) : join(message, ending)
  }

  /** X, the answer, and Z (unless told otherwise), without looking at how the connection ends. */
  async exchange(
    to: Instance,
    x: number,
    {
      z,
      ending = this.findings.ending,
      name,
      pauseMs = 0,
    }: { z?: number | 'none'; ending?: Uint8Array; name?: string; pauseMs?: number } = {},
  ): Promise<Exchange> {
    const peer = await this.connect(to, name)
    if (pauseMs > 0) await peer.untilOver(pauseMs)
    const sent = this.dress(hello(x), ending)
    peer.send(sent)
    const exchange = await this.answer(to, peer, x, sent, { ...(z !== undefined && { z }), ending })
    // Who does not answer may be about to end; or it will not come back, and the next client would wait in vain, too.
    if (exchange.reply.length === 0 && !(await died(to)) && peer.state === 'open') this.program.replace(to)
    return exchange
  }

  /** The second half of {@link exchange}: from the answer on. */
  async answer(
    to: Instance,
    peer: Peer,
    x: number,
    sent: Uint8Array,
    {
      z,
      ending = this.findings.ending,
      withinMs = this.settings.patienceMs,
    }: { z?: number | 'none'; ending?: Uint8Array; withinMs?: number } = {},
  ): Promise<Exchange> {
    const reply = await peer.message(hello(x + 1), withinMs)
    let y = readMessage(reply).sequence
    let right = y !== undefined && successors(x).includes(y)
    const behind = right ? undefined : successors(x).find((number) => to.answers.isInFrontOf(number, reply))
    to.answers.add(reply)
    if (behind !== undefined) {
      this.findings.junk ??= { x, sent, reply }
      y = behind
      right = true
    }
    if (z === 'none' || y === undefined) return { peer, x, sent, reply, y, right, z: undefined }
    const next = z ?? (this.findings.arithmetic === 'int32' ? (y + 1) | 0 : y + 1)
    peer.send(this.dress(hello(next), ending))
    return { peer, x, sent, reply, y, right, z: next }
  }

  /** Whether an earlier answer, or what memory held, stands in front of what came. */
  isBehind(received: Uint8Array): boolean {
    return [...this.#instances].some(({ answers }) => answers.isInFront(received))
  }

  /** The fault of an answer whose number is wrong, or that did not come. */
  wrongAnswer(
    to: Instance,
    { x, sent, reply, peer }: Pick<Exchange, 'x' | 'sent' | 'reply' | 'peer'>,
    context = '',
  ): Fault {
    const expected = hello(x + 1)
    const end = fate(to)
    const what = reply.length === 0 ? `No answer came to ${text(x)}` : `The answer to ${text(x)} is not ${text(x + 1)}`
    // By itself: what the checker has closed since is over, too.
    const closed = peer.endedAt !== undefined
    return new Fault(`${context}${context.endsWith(', ') ? lower(what) : what}.`, {
      sent,
      expected,
      received: reply.length === 0 && end ? end : reply,
      cause: causeOfFate(to) ?? causeOfAnswer({ side: 'server', sent, expected, received: reply, closed }),
      silent: readMessage(reply).sequence === undefined,
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
    const mark = this.mark(to)
    let peer: Peer
    try {
      peer = await this.connect(to, 'next', withinMs)
    } catch (error) {
      if (error instanceof Fault) throw new Fault(`${context}${lower(error.message)}`, error.details)
      throw error
    }
    const sent = this.message(x)
    peer.send(sent)
    const exchange = await this.answer(to, peer, x, sent, { withinMs })
    if (!exchange.right) {
      await died(to)
      const fault = this.wrongAnswer(to, exchange)
      const silent = exchange.reply.length === 0
      const printed = to.subject !== undefined && (await this.printed(to, text(x), mark, 0))
      const stuck = silent && peer.state === 'open' && !fate(to) && !printed
      throw new Fault(`${context}${lower(fault.message)}`, {
        ...fault.details,
        cause: causeOfFate(to) ?? (stuck ? STUCK : silent ? REMAINS : fault.details.cause),
        stuck,
        turnedAway: silent && !stuck && !fate(to),
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

  /** It neither prints Z nor closes when it has come: nothing shows that Z is read at all. */
  async ignoresThird(): Promise<boolean> {
    const { closes, printsThird, printing } = await this.facts()
    return this.observed && !closes && !printsThird && printing !== 'late' && printing !== 'none'
  }

  /** Connections stay open after Z, as S4.1 or what blocks it has told. */
  get staysOpen(): boolean {
    const verdict = this.findings.verdicts.get('S4.1')
    return verdict === 'failed' || verdict === 'blocked'
  }

  // --- output ---

  /** @throws {Unjudged} Where nobody sees what it prints, or where it is printed too late to be seen. */
  requireOutput(): void {
    if (!this.observed) throw new Unjudged('not-observable', 'only an address was given, so its output is not seen')
    if (this.findings.printing === 'late')
      throw new Unjudged('blocked', 'blocked by S2.6: lines come long after they were printed')
    if (this.findings.printing === 'none') throw new Unjudged('blocked', 'blocked by S2.1: nothing is printed')
  }

  /** @throws {Unjudged} Where a case asks for what a sequential server does not claim to be. */
  requireConcurrency(): void {
    const { expect } = this.settings
    if (this.findings.nature === 'sequential' && (expect === undefined || expect === 'sequential')) {
      throw new Unjudged('not-applicable', 'the server is sequential, and nothing else was asked for (--expect)')
    }
  }

  /** The stream on which this program prints its lines. */
  lines({ subject }: Instance) {
    return this.findings.printing === 'stderr' ? subject!.err : subject!.out
  }

  /** Where on that stream this moment was. */
  startOf(mark: Mark): number {
    return this.findings.printing === 'stderr' ? mark.err : mark.out
  }

  mark({ subject }: Instance): Mark {
    return { out: subject?.out.bytes().length ?? 0, err: subject?.err.bytes().length ?? 0 }
  }

  /** Waits until a message is in the output, however it stands there. */
  printed(on: Instance, message: string, from: Mark, withinMs = OUTPUT_MS): Promise<boolean> {
    const lines = this.lines(on)
    const start = this.startOf(from)
    return lines.until(() => mentions(lines.text(start), message), withinMs)
  }

  /** Waits until a line that begins with ERROR is where it has to be. Also says where else one was seen. */
  async errorPrinted({ subject }: Instance, from: Mark, withinMs = OUTPUT_MS): Promise<ErrorLine> {
    const { out, err } = subject!
    const look = () => findError(subject!, this.settings.errors, this.findings, from)
    const right = () => look().right
    const until = performance.now() + withinMs
    await Promise.race([out.until(right, withinMs), err.until(right, withinMs)])
    // One of the streams may end first: the other still has its time.
    while (!right() && performance.now() < until) await sleep(10)
    const found = look()
    return { ...found, almost: found.almost ?? err.lines(from.err).findLast((line) => !line.includes('HELLO')) }
  }

  /** Whether the line that begins with ERROR comes to its end. */
  async errorEnded({ subject }: Instance, from: Mark): Promise<boolean> {
    const { out, err } = subject!
    const ended = () => /ERROR[^\n]*\n/.test(out.text(from.out)) || /ERROR[^\n]*\n/.test(err.text(from.err))
    await out.until(ended, QUIET_MS)
    return ended()
  }
}
