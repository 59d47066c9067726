import { connections, listenerOn, pause } from '@hs/supervise'
import { readText, text } from '../../message.js'
import { type Exchange, LATE_MS, longestPause } from '../exchange.js'
import type { Purpose } from '../observation.js'
import { mentions } from '../output.js'
import { connectSocket, Peer, QUIET_MS } from '../peer.js'
import { hasEnded, OUTPUT_MS, type Session } from '../program.js'
import { randomFrom } from '../random.js'
import type { Recorder } from '../recorder.js'
import { segmentsOf } from '../segments.js'
import { type AboutProcesses, ProcessBench } from './process-bench.js'

export interface ExchangeOptions extends Purpose {
  /** Before X. */
  readonly pauseMs?: number
  /** Look this long for more after the answer, before Z is sent. */
  readonly lookMs?: number
  /** Another third message; `'none'`: the checker closes instead; `'sent'`: the probe has sent it. */
  readonly z?: string | 'none' | 'sent'
  /** How long to wait for the end of the connection. Default: the user's patience, or less if it stays open. */
  readonly endMs?: number
  /** Wait for a line with ERROR, too. */
  readonly awaitError?: boolean
  /** The numbers whose lines are waited for. Default: X and Z, as far as the program prints them. */
  readonly numbers?: readonly number[]
  /** How long the answer may take. Default: the user's patience, or less after a silence. */
  readonly withinMs?: number
  /** Wait for lines before the exchange is settled. Default: true. */
  readonly awaitLines?: boolean
  readonly countSegments?: boolean
  /** Look at the process and at what it has not read if it did not answer. Default: true; a crowd does so once. */
  readonly look?: boolean
}

/** One client of a server, and the number that it begins with. */
export interface Client {
  readonly peer: Peer
  readonly x: number
}

/** 200, 204 ... 896, and a step that visits all of them in an order that is not a sequence. */
const NUMBERS = 175
const NUMBERS_APART = 38

/** After one silence, the next is recognised sooner: after this multiple of the slowest answer, and at least this long. */
const SHORT_PATIENCE_MS = 400
const SLOWEST_TIMES = 20
/** How often an exchange is made at most, on a late machine. */
const ATTEMPTS = 4
/** A slow program may still be serving up to this many clients that have left. */
const STILL_AT_WORK = 6

/** What a probe of a server works with: processes under test, connections, and what is known of the program. */
export class ServerBench extends ProcessBench {
  readonly #random: () => number
  #number: number | undefined
  #silences = 0
  /** Lines that were waited for in vain. */
  #missed = 0
  #errorsMissed = 0
  /** A connection was waited for in vain: others are waited for less. */
  #staysOpen = false

  constructor(recorder: Recorder, about: AboutProcesses & { readonly seed: number }) {
    super(recorder, about)
    this.#random = randomFrom(about.seed, recorder.probe)
    this.#staysOpen = !about.facts.closes && about.facts.answered
  }

  /**
   * A number of three digits whose successors have three digits too. Within a probe no two handshakes have a number in
   * common, so that each line of the output belongs to one of them.
   */
  number(): number {
    this.#number ??= Math.floor(this.#random() * NUMBERS)
    this.#number = (this.#number + NUMBERS_APART) % NUMBERS
    return 200 + 4 * this.#number
  }

  random(): number {
    return this.#random()
  }

  /** @returns Undefined if there was no connection; that is recorded. */
  async connect(to: Session, purpose: Purpose = {}, withinMs = 3000): Promise<Peer | undefined> {
    const connection = this.recorder.nextId()
    try {
      const socket = await connectSocket(to, withinMs)
      this.recorder.add({ type: 'connect', connection, process: to.id, by: 'checker', ...purpose })
      return new Peer(socket, this.recorder, connection)
    } catch (error) {
      const why = (error as NodeJS.ErrnoException).code ?? String(error)
      this.recorder.add({ type: 'unconnected', connection, process: to.id, why, ...purpose })
      await hasEnded(to)
      this.#settle(connection)
      return undefined
    }
  }

  /** What is sent for a message to this program. A dress of several NULs is the size of a buffer. */
  dressed(message: string, dress = this.facts.dress): string {
    return dress.length > 2 ? message + dress.slice(message.length) : message + dress
  }

  /** How long an answer may take: once a program was silent, it is known sooner that it is stuck. */
  get patienceMs(): number {
    return this.#silences === 0 ? this.settings.patienceMs + STILL_AT_WORK * this.facts.answerMs : this.shortPatienceMs
  }

  /** The same, if it has been silent before. */
  get shortPatienceMs(): number {
    const { answerMs } = this.facts
    const whole = this.settings.patienceMs + STILL_AT_WORK * answerMs
    return Math.min(whole, Math.max(SHORT_PATIENCE_MS, SLOWEST_TIMES * answerMs))
  }

  /**
   * X, the answer, Z = Y+1, the end, and the lines that belong to it. Once more, if the program did not wait for Z and this
   * machine let it wait for too long.
   */
  async exchange(to: Session, x: number, options: ExchangeOptions = {}): Promise<Exchange> {
    const { pauseMs = 0, lookMs = 0 } = options
    for (let attempt = 1; ; attempt++) {
      const from = this.recorder.length
      const exchange = await this.#exchangeOnce(to, x, options)
      const lateMs = longestPause(this.recorder.events.slice(from)) - Math.max(pauseMs, lookMs)
      const isSure = !exchange.ended?.beforeThird || lateMs <= LATE_MS
      if (isSure || attempt === ATTEMPTS || to.process?.exit) return exchange
      this.recorder.forget(from)
    }
  }

  async #exchangeOnce(to: Session, x: number, options: ExchangeOptions): Promise<Exchange> {
    const { pauseMs = 0, dress = this.facts.dress, purpose, name } = options
    const about = { x, dress, ...(purpose !== undefined && { purpose }), ...(name !== undefined && { name }) }
    const peer = await this.connect(to, about)
    if (!peer) return this.recorder.exchange(this.#last)
    if (pauseMs > 0) await peer.silence(pauseMs)
    peer.send(this.dressed(text(x), dress))
    await this.answer({ peer, x }, options.withinMs)
    return this.finish(to, { peer, x }, options)
  }

  /** A client that has connected. */
  async arrive(to: Session, purpose: Purpose = {}): Promise<Client | undefined> {
    const x = this.number()
    const peer = await this.connect(to, { x, ...purpose })
    return peer && { peer, x }
  }

  /** Sends X, and waits for the answer. */
  speak(client: Client, withinMs?: number): Promise<string> {
    client.peer.send(this.dressed(text(client.x)))
    return this.answer(client, withinMs)
  }

  /** A client that has connected and spoken. */
  async meet(to: Session, purpose: Purpose = {}, withinMs?: number): Promise<Client | undefined> {
    const client = await this.arrive(to, purpose)
    if (client) await this.speak(client, withinMs)
    return client
  }

  /** Waits for the answer to X. */
  async answer({ peer, x }: Client, withinMs = this.patienceMs): Promise<string> {
    const reply = await peer.message(text(x + 1), withinMs)
    if (reply === '' && peer.state === 'open') this.#silences++
    return reply
  }

  /** The second half of an exchange: from the answer on. */
  async finish(to: Session, { peer, x }: Client, options: ExchangeOptions = {}): Promise<Exchange> {
    const { lookMs, z, dress = this.facts.dress } = options
    if (lookMs) await peer.silence(lookMs)
    const exchange = this.recorder.exchange(peer.connection)
    const { right } = exchange
    const segments = options.countSegments ? segmentsOf(peer.ports) : undefined
    if (z !== 'none' && exchange.reply !== '') {
      const y = exchange.y ?? x + 1
      const next = this.facts.arithmetic === 'int32' ? (y + 1) | 0 : y + 1
      if (z !== 'sent') peer.send(this.dressed(z ?? text(next), dress), true)
      await this.#untilOver(peer, right, options.endMs)
    }
    const look = exchange.reply === '' && options.look !== false
    // All connections of the system are listed, so that is read only if an answer was expected.
    const unread = look && exchange.x !== undefined ? this.#unread(to, peer) : undefined
    this.closePeer(peer)
    if (options.awaitLines !== false) await this.#lines(to, peer, right, options.numbers)
    if (options.awaitError) await this.#errorLine(to, peer)
    if (look) await hasEnded(to)
    this.#settle(peer.connection, segments, unread)
    return this.recorder.exchange(peer.connection)
  }

  /**
   * Closes a connection. After the end of the stream, a RST is not seen by the program; it spares the system the memory
   * of the connection (TIME_WAIT), in which a program that always takes the same port could not start again.
   */
  closePeer(peer: Peer): void {
    if (this.elsewhere && peer.state !== 'open') peer.reset()
    else peer.close()
  }

  /** A program that never closes was waited for once. */
  async #untilOver(peer: Peer, right: boolean, endMs?: number): Promise<void> {
    const closed = await peer.untilOver(endMs ?? (this.#staysOpen || !right ? QUIET_MS : this.settings.patienceMs))
    if (!closed && right && endMs === undefined) this.#staysOpen = true
  }

  /** Waits for the lines of an exchange, as far as this program prints any. */
  async #lines({ process }: Session, { connection }: Peer, right: boolean, numbers?: readonly number[]): Promise<void> {
    if (!process || !right) return
    const { printing, printsThird, answered } = this.facts
    if (answered && (printing === 'late' || printing === 'none')) return
    const capture = printing === 'stderr' ? process.err : process.out
    const seen = () => {
      const { x, third, out, err } = this.recorder.exchange(connection)
      const lines = printing === 'stderr' ? err : out
      const z = third === undefined || (answered && !printsThird) ? undefined : readText(third).sequence
      return (numbers ?? [x!, ...(z === undefined ? [] : [z])]).every((one) => mentions(lines, one))
    }
    const came = await capture.until(seen, this.#missed < 2 ? OUTPUT_MS : QUIET_MS / 3)
    if (!came) this.#missed++
  }

  /** Waits for a whole line with ERROR, on either stream. */
  async #errorLine({ process }: Session, { connection }: Peer): Promise<void> {
    if (!process) return
    const seen = () => {
      const { out, err } = this.recorder.exchange(connection)
      return /ERROR[^\n]*\n/.test(out) || /ERROR[^\n]*\n/.test(err)
    }
    const withinMs = this.#errorsMissed < 2 ? OUTPUT_MS : QUIET_MS
    const came = await Promise.race([process.out.until(seen, withinMs), process.err.until(seen, withinMs)])
    if (!came) this.#errorsMissed++
  }

  /** What the program has left in the kernel's receive queue: it did not read. */
  #unread({ port }: Session, peer: Peer): number | undefined {
    const mine = connections(port).find(({ remotePort }) => remotePort === peer.ports.local)
    return mine?.unread ?? (listenerOn(port)?.unread ? -1 : undefined)
  }

  #settle(connection: number, segments?: number, unread?: number): void {
    const more = { ...(segments !== undefined && { segments }), ...(unread !== undefined && { unread }) }
    this.recorder.add({ type: 'settled', connection, ...more })
  }

  /** The connection that was begun last. */
  get #last(): number {
    const event = this.recorder.events.findLast(({ type }) => type === 'connect' || type === 'unconnected')
    return (event as { connection: number }).connection
  }

  pause(ms: number): Promise<void> {
    return pause(ms)
  }
}
