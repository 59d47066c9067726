import { setTimeout as sleep } from 'node:timers/promises'
import { mentions } from './capture.js'
import { Fault, type Lab, type LabSettings, randomFrom, type Setting, SIDE_BY_SIDE, Unjudged } from './case.js'
import { causeOfAnswer, causeOfDeath, isWithoutSign, SHORT, UNSIGNED } from './diagnose.js'
import {
  causeOfLastWords,
  causeOfOther,
  type ErrorLine,
  findError,
  instead,
  type Mark,
  streamsOf,
  uncaught,
} from './error-line.js'
import { ClientFindings, type Omission } from './findings.js'
import { type ClientFacts, FirstRuns } from './first-runs.js'
import { hello, join, readMessage, successors, text } from './message.js'
import { Processes } from './processes.js'
import { describeEnd, describeExit, type Exit, freePort, StartError, type Subject } from './subject.js'
import { type Step, Transcript } from './transcript.js'
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
  /** When, by `performance.now()`. */
  readonly answeredAt: number
  /** What came after it. */
  readonly third: Buffer
  /** Z came while the program's stdout was full. */
  readonly thirdWhileFull: boolean
  /** It closed by itself, while the server held the connection open. */
  readonly closed: boolean
  /** It ended by itself, before (`'itself'`) or after (`'after-close'`) the server had closed. */
  readonly ended: 'itself' | 'after-close' | 'no'
  /** Where its output stood when the server closed in the end; undefined: it had ended before. */
  readonly left: Mark | undefined
  /** For cases that look at a run of another: {@link ClientLab.show}. */
  readonly steps: readonly Step[]
}

/** A run against a server that never answers. */
interface Silence {
  readonly transcript: Transcript
  /** How long it waited for the answer; undefined: it waits on. */
  readonly waitedMs: number | undefined
  readonly exit: Exit | undefined
}

const NOTHING = new Uint8Array()
const MINUS = 0x2d
const APART_MS = 40
/** How long to wait for what did not come before, with all patience. */
const SLOW_MS = 150
/** A program that takes so long between the answer and Z is asked for less. */
const TAKES_ITS_TIME_MS = 1000
/** How long a client waits for a silent server (HS-6.2). */
const DEADLINE_MS = 5000
/** How long the checker waits for its end: something for the machine is in it. */
export const SILENCE_MS = 5500

/** What all cases of a client have in common: its command, and what was found out about it. */
export class ClientSetting implements Setting<ClientLab> {
  readonly observed = true
  readonly parallel = SIDE_BY_SIDE
  readonly apart = true
  readonly findings = new ClientFindings()
  readonly command: readonly string[]
  readonly settings: LabSettings
  readonly processes: Processes
  /** Runs that several cases look at, by what they are. */
  readonly #looks = new Map<string, Promise<Run>>()
  #learning: Promise<ClientFacts> | undefined
  #silence: Promise<Silence> | undefined

  constructor(command: readonly string[], cwd: string | undefined, settings: LabSettings) {
    this.command = command
    this.settings = settings
    this.processes = new Processes(cwd)
  }

  begin(id: string): ClientLab {
    return new ClientLab(this, id)
  }

  /** What the first runs taught. */
  facts(): Promise<ClientFacts> {
    this.#learning ??= this.#within('', (lab) => new FirstRuns(lab).learn())
    return this.#learning
  }

  look(what: string, x: number | undefined, script: (x: number) => Script = () => ({})): Promise<Run> {
    const made =
      this.#looks.get(what) ??
      this.#within(what, (lab) => {
        const number = x ?? lab.number()
        return lab.run(number, script(number))
      })
    this.#looks.set(what, made)
    return made
  }

  /** What is not one case's has a lab of its own. */
  async #within<T>(id: string, work: (lab: ClientLab) => Promise<T>): Promise<T> {
    const lab = this.begin(id)
    try {
      return await work(lab)
    } finally {
      await lab.end()
    }
  }

  /** A run against a server that never speaks. It is begun before all others, which go on meanwhile. */
  silence(): Promise<Silence> {
    if (!this.#silence) {
      this.#silence = this.#within('silence', (lab) => lab.staySilent())
      // Where it cannot be started, the first case tells.
      this.#silence.catch(() => {})
    }
    return this.#silence
  }

  async close(): Promise<void> {
    await this.processes.close()
    await this.#silence?.catch(() => {})
  }
}

/** What a client case works with. */
export class ClientLab implements Lab {
  readonly transcript = new Transcript()
  readonly settings: LabSettings
  readonly command: readonly string[]
  readonly findings: ClientFindings
  readonly #setting: ClientSetting
  readonly #random: () => number
  readonly #subjects: Subject[] = []
  readonly #servers: ScriptedServer[] = []

  constructor(setting: ClientSetting, id: string) {
    this.#setting = setting
    this.settings = setting.settings
    this.command = setting.command
    this.findings = setting.findings
    this.#random = randomFrom(this.settings.seed, id)
  }

  facts(): Promise<ClientFacts> {
    return this.#setting.facts()
  }

  silence(): Promise<Silence> {
    return this.#setting.silence()
  }

  async end(): Promise<undefined> {
    for (const server of this.#servers.splice(0)) server.close()
    await Promise.all(this.#subjects.splice(0).map((subject) => this.#setting.processes.stop(subject)))
  }

  /** Any X of three digits, or of one where the program has no room for three. */
  number(): number {
    return this.findings.small ? 2 + Math.floor(this.#random() * 5) : 200 + Math.floor(this.#random() * 700)
  }

  words(host: string, port: number, x: number): string[] {
    return this.command.map((word) =>
      word.replaceAll('{host}', host).replaceAll('{port}', String(port)).replaceAll('{sequence}', String(x)),
    )
  }

  /** What a case tries: all of it, or the last where the program takes so long that all would take minutes. */
  some<T>(things: readonly T[]): readonly T[] {
    return this.findings.takesItsTime ? things.slice(-1) : things
  }

  async start(words: readonly string[], options: { plain?: boolean; fullPipe?: boolean } = {}): Promise<Subject> {
    const subject = await this.#setting.processes.launch({
      command: words,
      unbuffered: !options.plain,
      ...(options.fullPipe && { fullPipe: 'from the beginning' }),
    })
    this.#subjects.push(subject)
    return subject
  }

  /** A server that accepts, and says nothing by itself. */
  async listen(): Promise<ScriptedServer> {
    const server = await ScriptedServer.listen(await freePort(), this.transcript)
    this.#servers.push(server)
    return server
  }

  /** One run. @throws {StartError} If there is no such program. */
  async run(x: number, script: Script = {}): Promise<Run> {
    const { patienceMs, startMs } = this.settings
    const { steps } = this.transcript
    const from = steps.length
    const server = await this.listen()
    const full = script.fullForMs !== undefined
    const subject = await this.start(this.words('127.0.0.1', server.port, x), {
      plain: script.plain === true || full,
      ...(full && { fullPipe: true }),
    })
    const peer = await server.connection(startMs, subject.exited)
    if (!peer) {
      await subject.out.until(() => subject.out.ended, 200)
      if (subject.exit && (subject.exit.code === 127 || subject.exit.code === 126)) {
        // The line is of whoever was to start it: the shell, or stdbuf.
        throw new StartError(`${this.command[0]}: ${subject.err.lines().at(-1)?.split(': ').at(-1) ?? 'not found'}`)
      }
      return {
        x,
        subject,
        peer,
        first: Buffer.alloc(0),
        answered: NOTHING,
        answeredAt: performance.now(),
        third: Buffer.alloc(0),
        thirdWhileFull: false,
        closed: false,
        ended: subject.exit ? 'itself' : 'no',
        left: undefined,
        steps: steps.slice(from),
      }
    }
    this.findings.connects = true
    await peer.message(hello(x), patienceMs)
    if (script.pauseMs) await peer.untilOver(script.pauseMs)
    const first = peer.received
    const pieces = script.answer ?? [join(hello(x + 1), script.ending ?? this.findings.ending)]
    if (script.instead === 'close') peer.close()
    else if (script.instead === 'reset') peer.reset()
    else if (pieces !== 'nothing') {
      for (const [at, piece] of pieces.entries()) {
        if (at > 0) await peer.untilOver(APART_MS)
        peer.send(piece)
      }
    }
    const answeredAt = performance.now()
    let thirdWhileFull = false
    if (full) {
      thirdWhileFull = await peer.until(() => peer.received.length > first.length, script.fullForMs!)
      subject.drain()
    }
    const answered = pieces === 'nothing' || script.instead ? NOTHING : join(...pieces)
    if (script.instead === undefined) await peer.message(this.thirdFor(answered), patienceMs, first.length)
    const wrong = pieces !== 'nothing' && readMessage(answered).sequence !== x + 1
    const holds = wrong ? 'after a wrong answer' : 'after a right answer'
    const { slow } = this.findings
    const closed = await peer.untilOver(slow.has(holds) ? SLOW_MS : patienceMs)
    if (!closed) slow.add(holds)
    // What comes after the server has closed is no answer to anything.
    const third = peer.received.subarray(first.length)
    if (third.length > 0 && !full && peer.lastByteAt - answeredAt > TAKES_ITS_TIME_MS) this.findings.takesItsTime = true
    let ended: Run['ended'] = 'no'
    let left: Mark | undefined
    const exits = (ms: number) => Promise.race([subject.exited.then(() => true), sleep(ms, false, { ref: false })])
    const known = slow.has('to end') || (closed && slow.has('while the server is there'))
    if (await exits((closed || script.instead) && !known ? patienceMs : 20)) ended = 'itself'
    else {
      if (closed) slow.add('while the server is there')
      left = { out: subject.out.total, err: subject.err.total }
      peer.finish()
      if (await exits(slow.has('to end') ? SLOW_MS : patienceMs)) ended = 'after-close'
      else slow.add('to end')
    }
    if (subject.exit) {
      await Promise.all([subject.out, subject.err].map((stream) => stream.until(() => stream.ended, 300)))
    }
    return {
      x,
      subject,
      peer,
      first,
      answered,
      answeredAt,
      third,
      thirdWhileFull,
      closed,
      ended,
      left,
      steps: steps.slice(from),
    }
  }

  /** The Z that belongs to an answer. */
  thirdFor(answered: Uint8Array): Uint8Array {
    const y = readMessage(answered).sequence
    return y === undefined ? NOTHING : hello(y + 1)
  }

  isFirst({ x, first }: Run): boolean {
    return readMessage(first).sequence === x
  }

  /**
   * A run that several cases look at: it is made once, since each time says the same, and a program takes its time.
   *
   * @param what - Names it, and decides its numbers.
   */
  async look(what: string, x?: number, script?: (x: number) => Script): Promise<Run> {
    const run = await this.#setting.look(what, x, script)
    this.show(run)
    return run
  }

  /** A right run of which nothing special is asked. @throws {Fault} If X or Z is another number. */
  async usual(): Promise<Run> {
    const { first } = await this.facts()
    return this.requireRight(this.findings.takesItsTime ? first : await this.look('usual'))
  }

  /** A run with the right answer, and this number. @throws {Fault} If X or Z is another number. */
  async numbered(x: number): Promise<Run> {
    return this.requireRight(await this.look(`X = ${x}`, x))
  }

  /** A run with the right answer. @throws {Fault} If X or Z is another number. */
  async right(x: number, script: Script): Promise<Run> {
    return this.requireRight(await this.run(x, script))
  }

  requireRight(run: Run): Run {
    this.requireFirst(run)
    this.requireThird(run)
    return run
  }

  requireFirst(run: Run): void {
    if (this.isFirst(run)) return
    const { x, first, subject, peer } = run
    if (!peer) {
      throw new Fault(this.findings.connects ? `With ${x} as its number it does not connect.` : 'It did not connect.', {
        expected: 'a connection to {host}, {port}',
        received: subject.exit ? describeEnd(subject) : 'nothing',
        cause:
          causeOfDeath(subject.exit?.signal ?? null) ??
          (this.findings.connects
            ? 'With other numbers it connects. X may be any integer: also zero, and those below it.'
            : 'The address comes from the first argument (inet_pton or getaddrinfo), the port from the second, through htons.'),
      })
    }
    throw new Fault(first.length === 0 ? `${text(x)} does not come.` : `The first message is not ${text(x)}.`, {
      expected: hello(x),
      received: first,
      cause: isWithoutSign(first, x)
        ? UNSIGNED
        : 'The third argument is X: sprintf(buffer, "HELLO %s", argv[3]), and send strlen(buffer) bytes as soon as the connection is there.',
    })
  }

  isThird({ x, third }: Run): boolean {
    const z = readMessage(third).sequence
    return z !== undefined && successors(x + 1).includes(z)
  }

  requireThird(run: Run): void {
    if (this.isThird(run)) return
    const { x, third, answered, subject, closed } = run
    const tooLong = this.findings.small && Math.abs(x + 2) >= 10
    const wanted = successors(x + 1)
    // At the edge of 32 bits two numbers are right: the sign tells which was meant.
    const expected = hello(third.includes(MINUS) ? wanted.at(-1)! : wanted[0]!)
    const died = subject.exit?.signal ?? null
    const left = third.length === 0 && closed
    throw new Fault(
      third.length === 0
        ? `${text(x + 2)} does not come after ${text(x + 1)}.`
        : `The third message is not ${text(x + 2)}.`,
      {
        sent: answered,
        expected,
        received: left ? `nothing: ${describeEnd(subject)}` : third,
        cause:
          (tooLong ? NO_ROOM : causeOfDeath(died)) ??
          (left
            ? this.#causeOfLeaving(run)
            : causeOfAnswer({ side: 'client', sent: answered, expected, received: third })),
      },
    )
  }

  #causeOfLeaving(run: Run): string | undefined {
    const answer = text(run.x + 1)
    const part = run.subject.out.lines().find((line) => line.startsWith('HELLO') && answer.startsWith(line))
    if (part !== undefined && part !== answer) {
      return `Only ${part.length} bytes of the answer were read: give recv the size of the buffer (sizeof buffer - 1), and not the length of what was sent.`
    }
    if (this.error(run).right && answer.length > SHORT) {
      return 'It took the right answer for a wrong one: the number is too long for the array, or too large for the type, that it is read into.'
    }
    if (this.error(run).right) {
      return 'It took the right answer for a wrong one: look at what is compared. Y has to be X + 1, as numbers.'
    }
    if (run.x + 2 > 0x7fffffff) {
      return 'Z is greater than the largest int, which ended the program: count in 64 bits, or let it wrap.'
    }
    return 'It ended instead of sending Z: an exit, a return or an exception comes before.'
  }

  /** A line that begins with ERROR, where it has to be. */
  error({ subject }: Run, from?: Mark): ErrorLine {
    return findError(subject, this.settings.errors, this.findings, from)
  }

  /**
   * @throws {Fault} If ERROR is not printed.
   * @throws {Unjudged} If it is missing in the way in which it was missing in the case `like`.
   */
  requireError(run: Run, id: string, why: string, like?: string): void {
    const line = this.error(run)
    const { right, elsewhere, almost } = line
    if (right) return
    const thrown = uncaught(run.subject) !== undefined
    const how: Omission = thrown ? 'an exception' : elsewhere || almost ? 'another text' : 'silence'
    const before = thrown ? caseOf(this.findings.omissions, how) : undefined
    if (before !== undefined) throw new Unjudged('blocked', `blocked by ${before}: an exception ends it there, too`)
    const { out, err } = run.subject
    const words = [...err.lines(), ...out.lines().filter((line) => !line.includes('HELLO'))]
    const told = like === undefined ? undefined : this.findings.omissions.get(like)
    if (told === how || (told === 'another text' && words.length > 0)) {
      throw new Unjudged(
        'blocked',
        `blocked by ${like}: ${told === 'silence' ? 'nothing is said' : 'the text is not ERROR'}`,
      )
    }
    this.findings.omissions.set(id, how)
    const { errors } = this.settings
    throw new Fault(`${why}, but no ERROR is printed on ${streamsOf(errors)}.`, {
      ...(run.answered.length > 0 && { sent: run.answered }),
      expected: 'a line that begins with ERROR',
      received: instead(line, errors, out.text() || err.text()),
      cause: elsewhere
        ? `Print ERROR on ${errors}.`
        : run.third.includes('ERROR')
          ? 'ERROR is sent to the server: print it.'
          : almost || (run.answered.length === 0 && words.length > 0)
            ? causeOfOther(almost ?? words[0]!)
            : run.answered.length > 0
              ? 'Y has to be compared with X + 1 as a number: if (y != x + 1) { printf("ERROR\\n"); close(fd); ... }.'
              : 'Look at what recv returns: 0 and -1 mean that no answer came.',
    })
  }

  /**
   * SIGPIPE is an end, too: it comes of writing to a connection that is gone.
   *
   * @throws {Fault} If a signal has killed it.
   * @throws {Unjudged} If the same signal did so in the case `like`.
   */
  requireNoCrash(subject: Subject, id: string, why: string, { like }: { like?: string } = {}): void {
    const { exit } = subject
    const signal = exit?.signal
    if (!signal || signal === 'SIGPIPE') return
    const { crashes } = this.findings
    const way = uncaught(subject) === undefined ? signal : 'an exception'
    // Who catches no exception has one fault, whatever throws.
    const before = way === signal ? like : caseOf(crashes, way)
    if (before !== undefined && crashes.get(before) === way) {
      throw new Unjudged('blocked', `blocked by ${before}: killed by ${signal}, too`)
    }
    crashes.set(id, way)
    throw new Fault(`${why}, and the program is killed by ${signal}.`, {
      expected: 'an end of its own accord',
      received: describeExit(exit),
      cause: causeOfLastWords(subject) ?? causeOfDeath(signal),
    })
  }

  async staySilent(): Promise<Silence> {
    const { transcript } = this
    const x = this.number()
    const server = await this.listen()
    const started = performance.now()
    const subject = await this.start(this.words('127.0.0.1', server.port, x))
    const peer = await server.connection(this.settings.startMs, subject.exited)
    await peer?.message(hello(x), this.settings.patienceMs)
    const began = performance.now()
    // Who is slow to begin may be slow to end, too.
    const ms = Math.max(SILENCE_MS, DEADLINE_MS + 2 * (began - started))
    const ended = await Promise.race([subject.exited.then(() => true), sleep(ms, false, { ref: false })])
    return { transcript, waitedMs: ended ? performance.now() - began : undefined, exit: subject.exit }
  }

  /** What happened in a run of another case belongs to this one, too. */
  show({ steps }: Pick<Run, 'steps'>): void {
    this.transcript.steps.push(...steps)
  }

  /** Whether the answer is in the output, in whatever company. */
  printed({ x, subject }: Run): boolean {
    return mentions(subject.out.text(), text(x + 1))
  }
}

const NO_ROOM =
  'It is right with numbers of one digit: an array has no room for more, or recv was given the size of a pointer (sizeof buffer, where malloc gave the buffer). HELLO -2147483648 has 17 characters, and the NUL.'

/** The case that has told of it. */
function caseOf<Told>(told: ReadonlyMap<string, Told>, what: Told): string | undefined {
  return [...told].find(([, one]) => one === what)?.[0]
}
