import { setTimeout as sleep } from 'node:timers/promises'
import { mentions } from './capture.js'
import { type CaseSetting, Fault, randomFrom, type Verdict } from './case.js'
import { causeOfAnswer, causeOfDeath } from './diagnose.js'
import { bytes, hello, join, readMessage, successors, text } from './message.js'
import { isError, type LabSettings } from './server-lab.js'
import { describeExit, freePort, StartError, Subject } from './subject.js'
import { Transcript } from './transcript.js'
import { type Peer, ScriptedServer } from './wire.js'

/** What the server of a case does. Default: answers X with X+1, and then waits. */
export interface Script {
  /** The answer, in pieces that are sent apart; `'nothing'`: none. */
  readonly answer?: readonly Uint8Array[] | 'nothing'
  /** Goes behind the usual answer. */
  readonly ending?: Uint8Array
  /** Before the answer. */
  readonly pauseMs?: number
  /** Instead of an answer. */
  readonly instead?: 'close' | 'reset'
  /** The program's stdout is full until the answer was given and this much time has passed. */
  readonly fullForMs?: number
  /** What the C library buffers stays there until the program ends. */
  readonly plain?: boolean
}

/** One run of the client against a server that does what a script says. */
export interface Run {
  readonly x: number
  readonly subject: Subject
  /** Undefined: it never connected. */
  readonly peer: Peer | undefined
  /** What came before the answer was given. */
  readonly first: Buffer
  readonly answered: Uint8Array
  /** What came after it. */
  readonly third: Buffer
  /** Z came while the program's stdout was full. */
  readonly thirdWhileFull: boolean
  /** It closed by itself, while the server held the connection open. */
  readonly closed: boolean
  /** It ended by itself, before (`'itself'`) or after (`'after-close'`) the server had closed. */
  readonly ended: 'itself' | 'after-close' | 'no'
}

export interface ClientFacts {
  readonly first: Run
  readonly bare: Run
  readonly ending: Uint8Array
  readonly stale: Fault | undefined
}

const NOTHING = new Uint8Array()
const APART_MS = 40
/** How long to wait for what did not come before, with all patience. */
const SLOW_MS = 150
/** How long a program takes to end that has closed its connection. */
const EXIT_MS = 700

/** Everything that a client case works with. */
export class ClientLab implements CaseSetting {
  readonly observed = true
  readonly verdicts = new Map<string, Verdict>()
  readonly settings: LabSettings
  readonly command: readonly string[]
  readonly #cwd: string | undefined
  #transcript = new Transcript()
  #random: () => number
  #subjects: Subject[] = []
  #servers: ScriptedServer[] = []
  #learning: Promise<ClientFacts> | undefined
  #ending: Uint8Array = NOTHING
  /** What it was seen to take too long for: once is enough to wait for. */
  readonly #slow = new Set<'after a wrong answer' | 'after a right answer' | 'to end'>()
  terminator: string | undefined
  arithmetic: 'int32' | 'safe' | undefined
  readonly errorsSeen = new Set<'stdout' | 'stderr'>()

  /** Programs that run. Whoever ends the checker ends them too: in groups of their own, they hear no Ctrl-C. */
  readonly #running = new Set<Subject>()
  readonly #onExit = () => {
    for (const subject of this.#running) subject.kill()
  }

  constructor(command: readonly string[], cwd: string | undefined, settings: LabSettings) {
    this.command = command
    this.#cwd = cwd
    this.settings = settings
    this.#random = randomFrom(settings.seed, '')
    process.on('exit', this.#onExit)
  }

  get transcript(): Transcript {
    return this.#transcript
  }

  begin(id: string): Transcript {
    this.#transcript = new Transcript()
    this.#random = randomFrom(this.settings.seed, id)
    return this.#transcript
  }

  async end(): Promise<undefined> {
    for (const server of this.#servers.splice(0)) server.close()
    await Promise.all(this.#subjects.splice(0).map((subject) => subject.stop()))
  }

  async close(): Promise<void> {
    await this.end()
    process.off('exit', this.#onExit)
  }

  number(): number {
    return 200 + Math.floor(this.#random() * 700)
  }

  words(host: string, port: number, x: number): string[] {
    return this.command.map((word) =>
      word.replaceAll('{host}', host).replaceAll('{port}', String(port)).replaceAll('{sequence}', String(x)),
    )
  }

  async start(words: readonly string[], options: { plain?: boolean; fullPipe?: boolean } = {}): Promise<Subject> {
    const subject = await Subject.start({
      command: words,
      cwd: this.#cwd,
      unbuffered: !options.plain,
      ...(options.fullPipe && { fullPipe: true }),
    })
    this.#subjects.push(subject)
    this.#running.add(subject)
    void subject.exited.then(() => this.#running.delete(subject))
    return subject
  }

  /** One run. @throws {StartError} If there is no such program. */
  async run(x: number, script: Script = {}): Promise<Run> {
    const { patienceMs, startMs } = this.settings
    const server = await ScriptedServer.listen(await freePort(), this.#transcript)
    this.#servers.push(server)
    const full = script.fullForMs !== undefined
    const subject = await this.start(this.words('127.0.0.1', server.port, x), {
      plain: script.plain === true || full,
      ...(full && { fullPipe: true }),
    })
    const peer = await server.connection(startMs, subject.exited)
    if (!peer) {
      await subject.out.until(() => subject.out.ended, 200)
      if (subject.exit && (subject.exit.code === 127 || subject.exit.code === 126)) {
        throw new StartError(`the program could not be started: ${subject.err.lines().at(-1) ?? 'not found'}`)
      }
      return {
        x,
        subject,
        peer,
        first: Buffer.alloc(0),
        answered: NOTHING,
        third: Buffer.alloc(0),
        thirdWhileFull: false,
        closed: false,
        ended: subject.exit ? 'itself' : 'no',
      }
    }
    await peer.message(hello(x), patienceMs)
    if (script.pauseMs) await peer.untilOver(script.pauseMs)
    const first = peer.received
    const pieces = script.answer ?? [join(hello(x + 1), script.ending ?? this.#ending)]
    if (script.instead === 'close') peer.close()
    else if (script.instead === 'reset') peer.reset()
    else if (pieces !== 'nothing') {
      for (const [at, piece] of pieces.entries()) {
        if (at > 0) await peer.untilOver(APART_MS)
        peer.send(piece)
      }
    }
    let thirdWhileFull = false
    if (full) {
      thirdWhileFull = await peer.until(() => peer.received.length > first.length, script.fullForMs!)
      subject.drain()
    }
    const answered = pieces === 'nothing' ? NOTHING : join(...pieces)
    if (script.instead === undefined) await peer.message(this.thirdFor(answered), patienceMs, first.length)
    const wrong = pieces !== 'nothing' && readMessage(answered).sequence !== x + 1
    const holds = wrong ? 'after a wrong answer' : 'after a right answer'
    const closed = await peer.untilOver(this.#slow.has(holds) ? SLOW_MS : patienceMs)
    if (!closed) this.#slow.add(holds)
    // What comes after the server has closed is no answer to anything.
    const third = peer.received.subarray(first.length)
    let ended: Run['ended'] = 'no'
    const exits = (ms: number) => Promise.race([subject.exited.then(() => true), sleep(ms, false, { ref: false })])
    if (await exits((closed || script.instead) && !this.#slow.has('to end') ? EXIT_MS : 20)) ended = 'itself'
    else {
      peer.finish()
      if (await exits(this.#slow.has('to end') ? SLOW_MS : EXIT_MS)) ended = 'after-close'
      else this.#slow.add('to end')
    }
    if (subject.exit) await subject.out.until(() => subject.out.ended, 300)
    return {
      x,
      subject,
      peer,
      first,
      answered,
      third,
      thirdWhileFull,
      closed,
      ended,
    }
  }

  /** The Z that belongs to an answer. */
  thirdFor(answered: Uint8Array): Uint8Array {
    const y = readMessage(answered).sequence
    return y === undefined ? NOTHING : hello(y + 1)
  }

  /** A run with the right answer. @throws {Fault} If X or Z is another number. */
  async right(x: number, script: Script = {}): Promise<Run> {
    const run = await this.run(x, script)
    this.requireFirst(run)
    this.requireThird(run)
    return run
  }

  requireFirst({ x, first, subject, peer }: Run): void {
    if (readMessage(first).sequence === x) return
    if (!peer) {
      throw new Fault('It did not connect.', {
        expected: 'a connection to {host}, {port}',
        received: subject.exit ? describeExit(subject.exit) : 'nothing',
        cause:
          causeOfDeath(subject.exit?.signal ?? null) ??
          'The address comes from the first argument (inet_pton or getaddrinfo), the port from the second, through htons.',
      })
    }
    throw new Fault(first.length === 0 ? `${text(x)} does not come.` : `The first message is not ${text(x)}.`, {
      expected: hello(x),
      received: first,
      cause:
        'The third argument is X: sprintf(buffer, "HELLO %s", argv[3]), and send strlen(buffer) bytes as soon as the connection is there.',
    })
  }

  isThird({ x, third }: Run): boolean {
    const z = readMessage(third).sequence
    return z !== undefined && successors(x + 1).includes(z)
  }

  requireThird(run: Run): void {
    if (this.isThird(run)) return
    const { x, third, answered, subject } = run
    const expected = hello(x + 2)
    const died = subject.exit?.signal ?? null
    throw new Fault(
      third.length === 0
        ? `${text(x + 2)} does not come after ${text(x + 1)}.`
        : `The third message is not ${text(x + 2)}.`,
      {
        sent: answered,
        expected,
        received: third.length === 0 && died ? describeExit(subject.exit!) : third,
        cause: causeOfDeath(died) ?? causeOfAnswer({ side: 'client', sent: answered, expected, received: third }),
      },
    )
  }

  /** A line that begins with ERROR, where it has to be. */
  error({ subject }: Run): { right: boolean; elsewhere: boolean; almost: string | undefined } {
    const on = { stdout: isError(subject.out.text()), stderr: isError(subject.err.text()) }
    if (on.stdout) this.errorsSeen.add('stdout')
    if (on.stderr) this.errorsSeen.add('stderr')
    const { errors } = this.settings
    const right = errors === 'either' ? on.stdout || on.stderr : on[errors]
    const almost = [...subject.out.lines(), ...subject.err.lines()].find((line) =>
      /error|wrong|invalid|incorrect|mismatch|fail/i.test(line),
    )
    return { right, elsewhere: !right && (on.stdout || on.stderr), almost }
  }

  facts(): Promise<ClientFacts> {
    this.#learning ??= this.#learn()
    return this.#learning
  }

  async #learn(): Promise<ClientFacts> {
    const x = this.number()
    const bare = await this.run(x, { ending: NOTHING })
    let first = bare
    if (readMessage(bare.first).sequence === x && (!this.isThird(bare) || !this.#clean(bare))) {
      for (const ending of [bytes('\0'), bytes('\n'), new Uint8Array(1024)]) {
        const other = await this.run(x, { ending })
        if (!this.isThird(other) || (this.isThird(bare) && !this.#clean(other))) continue
        first = other
        this.#ending = ending
        break
      }
    }
    let stale: Fault | undefined
    if (this.#ending.length > 0 && bare.third.length > 0) {
      const printed = this.isThird(bare)
      stale = new Fault(
        `With nothing behind it, ${text(x + 1)} is ${printed ? 'printed' : 'read'} with bytes that were not sent.`,
        {
          sent: bare.answered,
          expected: printed ? text(x + 1) : hello(x + 2),
          received: printed ? bare.subject.out.text() : bare.third,
          cause: UNENDED,
        },
      )
    } else if (this.isThird(first) && this.#ending.length === 0) {
      stale = await this.#findStale()
      if (stale) this.#ending = bytes('\0')
    }
    return { first, bare, ending: this.#ending, stale }
  }

  /** An answer that is shorter than the question. */
  async #findStale(): Promise<Fault | undefined> {
    for (const x of [-100, -10]) {
      const run = await this.run(x, { ending: NOTHING })
      const output = run.subject.out.text() + run.subject.err.text()
      const longer = new RegExp(`HELLO ${x + 1}[0-9]`).exec(output)?.[0]
      const z = readMessage(run.third).sequence
      const wrong =
        longer !== undefined || (z !== undefined && !this.isThird(run) && String(z).length > String(x + 2).length)
      if (!wrong) continue
      // Where a NUL does not help, it was something else.
      const ended = await this.run(x, { ending: bytes('\0') })
      if (!this.isThird(ended) || new RegExp(`HELLO ${x + 1}[0-9]`).test(ended.subject.out.text())) continue
      return new Fault(`${text(x + 1)}, which is shorter than ${text(x)}, is read with the end of the longer one.`, {
        sent: run.answered,
        expected: longer ? text(x + 1) : hello(x + 2),
        received: longer ?? run.third,
        cause: UNENDED,
      })
    }
    return undefined
  }

  #clean({ x, subject }: Run): boolean {
    const message = text(x + 1)
    return !subject.out.lines().some((line) => {
      const at = line.indexOf(message)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what memory looks like
      return at >= 0 && /^[\x01-\x08\x0b-\x1f\x7f-\xff]/.test(line.slice(at + message.length))
    })
  }

  /** Whether the answer is in the output, in whatever company. */
  printed({ x, subject }: Run): boolean {
    return mentions(subject.out.text(), text(x + 1))
  }
}

const UNENDED =
  'The buffer still held the previous message, or whatever was in memory: recv does not end a text. Clear the buffer before recv, or write buffer[n] = 0 behind what came, where n is what recv returned.'
