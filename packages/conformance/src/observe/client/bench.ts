import { LoadMeter, pause, refusal, StartError, type SupervisedProcess } from '@hs/supervise'
import { readText, text } from '../../message.js'
import { withoutArguments } from '../arguments.js'
import type { Exchange } from '../exchange.js'
import type { Purpose, Settings } from '../observation.js'
import type { Peer } from '../peer.js'
import type { Sessions } from '../program.js'
import { randomFrom } from '../random.js'
import type { Recorder } from '../recorder.js'
import { segmentsOf } from '../segments.js'
import type { ClientFacts } from './facts.js'
import { Listener } from './listener.js'

/** What the server of a run does. Default: it answers X with X+1, and then waits. */
export interface Script extends Purpose {
  /** The answer, in pieces that are sent apart. */
  readonly answer?: readonly string[]
  /** Before the answer. */
  readonly pauseMs?: number
  /** Instead of an answer. */
  readonly instead?: 'close' | 'reset'
  /** No answer comes; by how long the program took to connect, how long to wait for its end. */
  readonly silentMs?: (connectMs: number) => number
  /** The program's stdout is full until the answer was given and this much time has passed. */
  readonly fullForMs?: number
  /** What the C library buffers stays there until the program ends. */
  readonly plain?: boolean
  readonly countSegments?: boolean
}

interface Connected {
  readonly x: number
  readonly dress: string
  /** From the start of the program to its connection. */
  readonly connectMs: number
}

/** A program that uses no processor time for this long will not connect any more. */
const IDLE_MS = 3000
const IDLE_AGAIN_MS = 1000
/** How long to wait for what did not come before. */
const SHORT_MS = 150
/** After its end, its last output is on its way. */
const LAST_WORDS_MS = 300
/** A server that was late by this time, once or in all, may have been given up for that. */
const LATE_MS = 50
/** How often a run is made at most, on a late machine. */
const ATTEMPTS = 3

/** What a probe of a client works with: runs of the program, each against a server that does what a script says. */
export class ClientBench {
  readonly recorder: Recorder
  readonly facts: ClientFacts
  readonly settings: Settings
  readonly #command: readonly string[]
  readonly #sessions: Sessions
  readonly #random: () => number
  #staysOpen: boolean
  #runsOn: boolean
  /** After a wrong answer it neither spoke nor closed: that was waited for once. */
  #holdsOn = false
  /** It did not connect the last time. */
  #absent = false
  /** How often it neither spoke nor closed after a right answer. */
  #silences = 0
  /** The longest time that it took to begin, or to answer. */
  #slowestMs = 0

  constructor(
    recorder: Recorder,
    about: { command: readonly string[]; sessions: Sessions; facts: ClientFacts; settings: Settings; seed: number },
  ) {
    this.recorder = recorder
    this.facts = about.facts
    this.settings = about.settings
    this.#command = about.command
    this.#sessions = about.sessions
    this.#random = randomFrom(about.seed, recorder.probe)
    this.#staysOpen = about.facts.staysOpen
    this.#runsOn = about.facts.runsOn
  }

  /** Any X of three digits, or of one if the program has no room for three. */
  number(small = this.facts.small): number {
    return small ? 2 + Math.floor(this.#random() * 5) : 200 + Math.floor(this.#random() * 700)
  }

  /** What a probe tries: all of it, or the last if the program takes so long that all would take minutes. */
  some<T>(things: readonly T[]): readonly T[] {
    return this.facts.takesItsTime ? things.slice(-1) : things
  }

  /** How long to wait: less after a silence and still less after the next, but enough for a program that is slow. */
  get #waitMs(): number {
    const { patienceMs } = this.settings
    if (this.facts.takesItsTime) return patienceMs
    return Math.min(patienceMs, Math.max(patienceMs / 2 ** Math.min(this.#silences, 2), 4 * this.#slowestMs))
  }

  words(port: number, x: number): string[] {
    return this.#command.map((word) =>
      word.replaceAll('{host}', '127.0.0.1').replaceAll('{port}', String(port)).replaceAll('{sequence}', String(x)),
    )
  }

  /**
   * One run from its start to its end, and another if the program did not wait for an answer that this machine gave late.
   *
   * @throws {StartError} If there is no such program.
   */
  async run(x: number, script: Script = {}): Promise<Exchange> {
    for (let attempt = 1; ; attempt++) {
      const from = this.recorder.length
      const load = new LoadMeter()
      const exchange = await this.#runOnce(x, script)
      const { lateMs, waitedMs } = load.read()
      load.close()
      const answersAtOnce = !(script.pauseMs || script.silentMs || script.instead)
      const leftEarly = answersAtOnce && exchange.ended?.beforeThird === true
      if (!leftEarly || Math.max(lateMs, waitedMs) < LATE_MS || attempt === ATTEMPTS) return exchange
      this.recorder.forget(from)
    }
  }

  async #runOnce(x: number, script: Script): Promise<Exchange> {
    const { dress = this.facts.dress, purpose, fullForMs } = script
    const about = { x, dress, ...(purpose !== undefined && { purpose }) }
    const server = await Listener.open(this.recorder)
    const mode = fullForMs !== undefined ? 'full' : script.plain ? 'plain' : 'unbuffered'
    const { id, child } = await this.#sessions.launch(this.recorder, this.words(server.port, x), mode, 'beginning')
    this.recorder.add({ type: 'start', process: id, mode, port: server.port })
    const began = performance.now()
    try {
      const idleMs = this.#absent ? IDLE_AGAIN_MS : IDLE_MS
      const peer = await server.connection(id, about, child, { withinMs: this.settings.startMs, idleMs })
      this.#absent = !peer
      const connectMs = performance.now() - began
      if (peer && script.silentMs) await this.#keepSilent(peer, child, x, script.silentMs(connectMs))
      else if (peer) await this.#converse(peer, child, script, { x, dress, connectMs })
      else await this.#unconnected(child)
      const segments = peer && script.countSegments ? segmentsOf(peer.ports) : undefined
      if (peer) peer.close()
      this.recorder.add({ type: 'settled', connection: server.connectionId, ...(segments && { segments }) })
    } finally {
      server.close()
      if (!child.exit) this.recorder.add({ type: 'kill', process: id })
      await this.#sessions.stop(child)
    }
    return this.recorder.exchange(server.connectionId)
  }

  /** The program with other arguments, and how it ends by itself. */
  async trial(purpose: string, words: readonly string[], withinMs: number): Promise<void> {
    const { id, child } = await this.#sessions.launch(this.recorder, words, 'unbuffered', 'beginning')
    this.recorder.add({ type: 'trial', process: id, purpose })
    if (await ends(child, withinMs)) await child.err.until(() => child.err.ended, LAST_WORDS_MS)
    else this.recorder.add({ type: 'kill', process: id })
    await this.#sessions.stop(child)
  }

  /** The command without its arguments; undefined if it has none. */
  get bareWords(): string[] | undefined {
    return this.settings.placeholders.length > 0 ? withoutArguments(this.#command) : undefined
  }

  /** Tries the program without X, if X is an argument of its own, while a server listens that says nothing. */
  async trialWithoutX(purpose: string, withinMs: number): Promise<void> {
    if (!this.#command.includes('{sequence}')) return
    const server = await Listener.open(this.recorder)
    server.keepSilent()
    const words = this.words(server.port, 0).filter((_, at) => this.#command[at] !== '{sequence}')
    await this.trial(purpose, words, withinMs)
    server.close()
  }

  async #keepSilent(peer: Peer, child: SupervisedProcess, x: number, silentMs: number): Promise<void> {
    await peer.message(text(x), this.settings.patienceMs)
    await ends(child, silentMs)
  }

  async #converse(
    peer: Peer,
    child: SupervisedProcess,
    script: Script,
    { x, dress, connectMs }: Connected,
  ): Promise<void> {
    const { patienceMs } = this.settings
    const began = performance.now()
    await peer.message(text(x), patienceMs)
    this.#slowestMs = Math.max(this.#slowestMs, connectMs + performance.now() - began)
    if (script.pauseMs) await peer.silence(script.pauseMs)
    const before = peer.received.length
    const pieces = script.answer ?? [text(x + 1) + dress]
    if (script.instead === 'close') peer.close()
    else if (script.instead === 'reset') peer.reset()
    else await peer.sendApart(pieces, true)
    if (script.fullForMs !== undefined) {
      // Z may even have come with X.
      const said = () => peer.received.length > before || readText(peer.received).surplus.length > 0
      const early = await peer.until(said, script.fullForMs)
      this.recorder.count('early', early ? 1 : 0)
      this.recorder.count('unfilled', child.full ? 0 : 1)
      child.drain()
    }
    const held = !script.instead && (await this.#listen(peer, x, pieces, before))
    await this.#untilEnd(peer, child, script.instead !== undefined, held)
  }

  /** What comes after an answer. @returns Whether the program neither spoke nor closed. */
  async #listen(peer: Peer, x: number, pieces: readonly string[], before: number): Promise<boolean> {
    const y = readText(pieces.join('')).sequence
    const isWrong = y !== x + 1
    const began = performance.now()
    const came = await peer.message(
      y === undefined ? '' : text(y + 1),
      isWrong && this.#holdsOn ? SHORT_MS : this.#waitMs,
      before,
    )
    const held = came === '' && peer.state === 'open'
    if (came !== '') this.#slowestMs = Math.max(this.#slowestMs, performance.now() - began)
    if (held && isWrong) this.#holdsOn = true
    if (held && !isWrong) this.#silences++
    return held
  }

  /** The client closes and ends by itself, or when the server closes in the end. What is waited for in vain, once is enough. */
  async #untilEnd(peer: Peer, child: SupervisedProcess, broken: boolean, held: boolean): Promise<void> {
    const { patienceMs } = this.settings
    const closed = await peer.untilOver(held || this.#staysOpen ? SHORT_MS : patienceMs)
    this.#staysOpen ||= !(closed || held)
    const endMs = () => (this.#runsOn ? SHORT_MS : this.#waitMs)
    if (!(closed || broken) || !(await ends(child, endMs()))) {
      this.#runsOn ||= closed
      peer.finish()
      if (!(await ends(child, endMs()))) this.#runsOn = true
    }
    if (child.exit) {
      await Promise.all([child.out, child.err].map((stream) => stream.until(() => stream.ended, LAST_WORDS_MS)))
    }
  }

  async #unconnected(child: SupervisedProcess): Promise<void> {
    await child.err.until(() => child.err.ended, LAST_WORDS_MS)
    const refused = refusal(child)
    if (refused !== undefined) throw new StartError(refused)
  }
}

async function ends(child: SupervisedProcess, withinMs: number): Promise<boolean> {
  await Promise.race([child.exited, pause(withinMs)])
  return child.exit !== undefined
}
