import { type Capture, foreignLine, isError, mentions, OUTPUT_MS } from './capture.js'
import { Fault } from './case.js'
import { UNENDED } from './diagnose.js'
import { FROM_THE_BEGINNING, type Mark } from './error-line.js'
import type { Printing, ServerFindings } from './findings.js'
import { bytes, hello, join, readMessage, text } from './message.js'
import type { Exchange, ServerLab } from './server-lab.js'
import { died, type Instance, type ServerProgram } from './server-program.js'
import { StartError } from './subject.js'
import type { Transcript } from './transcript.js'
import { Peer, QUIET_MS } from './wire.js'

/** Short messages after longer ones, some of them across zero: within one connection, too, the second is shorter. */
const STALE_PROBES = [7, -1, 1234, 9, -2, 654321, 8, 0, 321]
/** Among them, one that is much shorter than the one before it. */
const SHORT_PROBE = 8
/** Where a NUL does not end a text, a message has to cover what an earlier one may have left: 17 bytes at most. */
const COVER = new Uint8Array(24)
/** Buffers as people declare them. */
const BUFFER_SIZES = [16, 20, 30, 32, 50, 64, 80, 100, 128, 200, 255, 256, 500, 512, 1000, 1024, 2000, 2048, 4096]
/** How often the first message is sent, each time to a new process, before it is sent in another dress. */
const FIRST_TRIES = 3
/** How long the first client waits before it speaks: who reads before anything is there must not have luck. */
const HESITATION_MS = 20
/** How often a program is started again that ends while short messages follow long ones. */
const RESTARTS = 3

/** How late a program may be to say that a client has left. */
const LATE_MS = 300

const NUL = bytes('\0')
const LF = bytes('\n')
const NOTHING = new Uint8Array()
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
  /** It ended, although all was right. */
  readonly ends: boolean
  readonly instance: Instance
}

/** Teaches what a program needs to be understood, and how it prints. */
export class FirstHandshakes {
  readonly #program: ServerProgram
  readonly #lab: ServerLab
  readonly #findings: ServerFindings
  /** A line that carried what was not sent. */
  #garbage: string | undefined
  /** It did not close a connection by itself: that was waited for once. */
  #staysOpen = false
  /** ERROR is printed for what is right in any dress, so it says nothing of bytes that were not sent. */
  #alwaysError = false

  constructor(program: ServerProgram, lab: ServerLab) {
    this.#program = program
    this.#lab = lab
    this.#findings = lab.findings
  }

  async learn(): Promise<Facts> {
    let instance = await this.#program.start({ printing: 'live' })
    const x = this.#lab.number()
    let trial = await this.#trial(instance, x, NOTHING, HESITATION_MS)
    const bare = trial
    // Who leaves an answer out now and then would seem to need whatever was sent when it did not.
    let answered: Facts['answered']
    if (bare.exchange.reply.length === 0) {
      for (let at = 1; at < FIRST_TRIES && !trial.exchange.right; at++) {
        instance = await this.#again(instance, 'live')
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
        const other = await this.#trial(instance, x, ending)
        if (!other.exchange.right || (bare.exchange.right && other.flaws >= bare.flaws)) continue
        if (!bare.exchange.right && !(await this.#isRightAgain(instance, x, ending))) {
          answered = { times: 1, of: FIRST_TRIES + 2 }
          continue
        }
        trial = other
        this.#findings.ending = ending
        break
      }
      if (instance !== trial.instance) void this.#program.dismiss(instance)
    }
    const { exchange, closes } = trial

    let printing: Printing = 'live'
    let witness = trial.instance
    if (this.#lab.observed && exchange.right && !trial.seen) {
      printing = await this.#findLines(witness, exchange)
      if (printing === 'unbuffered') {
        witness = await this.#again(witness, 'unbuffered')
        await this.#trial(witness, x, this.#findings.ending)
      }
    }
    instance = witness.subject?.stopped ? await this.#program.start({ printing }) : witness
    this.#findings.printing = printing
    const { z } = exchange
    const printsThird =
      this.#lab.observed && z !== undefined && printing !== 'late' && mentions(this.#lab.lines(witness).text(), text(z))
    const output = witness.subject && { out: witness.subject.out, err: witness.subject.err }
    let stale = bare === trial || this.#findings.ending.length === 0 ? undefined : this.#needsNul(bare, trial)
    let single = trial.died
    if (exchange.right && this.#findings.ending.length === 0 && !trial.died) {
      ;({ stale, instance, single } = await this.#findStale(instance))
      if (stale) {
        this.#findings.ending = (await this.#isRightAfterAll(instance, SHORT_PROBE, NUL)) ? NUL : COVER
        instance = await this.#again(instance, printing)
      }
    }
    this.#program.share(instance, single)
    return {
      first: exchange,
      answered,
      bare: bare.exchange,
      stale,
      ending: this.#findings.ending,
      printing,
      closes,
      printsThird,
      ends: trial.died,
      output,
      instance,
    }
  }

  /** The same once more, to a new process, and so late that who does not wait for X has no luck. */
  async #isRightAgain(previous: Instance, x: number, ending: Uint8Array): Promise<boolean> {
    if (!previous.subject) return true
    const instance = await this.#program.start({ printing: 'live' })
    const { right, peer } = await this.#try(instance, x, ending, HESITATION_MS)
    peer.close()
    void this.#program.dismiss(instance)
    return right
  }

  async #trial(instance: Instance, x: number, ending: Uint8Array, pauseMs = 0): Promise<Trial> {
    const mark = this.#lab.mark(instance)
    const exchange = await this.#try(instance, x, ending, pauseMs)
    const closes = await this.#seeClose(exchange)
    const { right } = exchange
    const { subject } = instance
    if (!subject) return { instance, exchange, closes, seen: false, garbled: false, died: false, flaws: 0, output: '' }
    const seen = right && (await this.#seeLines(instance, exchange, mark))
    // X may be, also where the program ends before it prints Z.
    const garbled = right && !this.#clean(instance, exchange)
    const ended = await died(instance)
    const wrong = isError(subject.out.text(mark.out)) || isError(subject.err.text(mark.err))
    return {
      instance,
      exchange,
      closes,
      seen,
      garbled,
      died: ended,
      flaws: [!seen, garbled, ended, wrong].filter(Boolean).length,
      output: subject.out.text(mark.out) + subject.err.text(mark.err),
    }
  }

  #again(previous: Instance, printing: Printing): Promise<Instance> {
    this.#lab.closePeers()
    return this.#program.again(previous, { printing })
  }

  async #try(to: Instance, x: number, ending: Uint8Array, pauseMs = 0): Promise<Exchange> {
    try {
      return await this.#lab.exchange(to, x, { ending, pauseMs })
    } catch (error) {
      if (!(error instanceof Fault) || to.subject === undefined)
        throw error instanceof Fault ? new StartError(error.message) : error
      const sent = this.#lab.dress(hello(x), ending)
      return {
        peer: nobody(this.#lab.transcript),
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
    const peer = await this.#lab.connect(instance)
    peer.send(hello(x))
    let sent = hello(x).length
    for (const size of BUFFER_SIZES) {
      peer.send(new Uint8Array(size - sent))
      sent = size
      if (await peer.until(() => peer.received.length > 0 || peer.state !== 'open', QUIET_MS)) break
    }
    const found = readMessage(peer.received).sequence === x + 1
    peer.close()
    void this.#program.dismiss(instance)
    return found ? new Uint8Array(sent) : undefined
  }

  async #seeClose({ peer, right }: Exchange): Promise<boolean> {
    if (!right) return false
    const closed = await peer.untilOver(this.#staysOpen ? OUTPUT_MS : this.#lab.settings.patienceMs)
    this.#staysOpen ||= !closed
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
    const foreign = (message: string) => foreignLine(subject!.out.lines(), message)
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

  /**
   * Short messages after long ones: across connections, and within one. The process may have to be started again.
   *
   * @returns `single`: the second client of a process is not answered, and would be if it were the first.
   */
  async #findStale(first: Instance): Promise<{ stale: Fault | undefined; instance: Instance; single: boolean }> {
    let instance = first
    let restarts = 0
    for (const x of STALE_PROBES) {
      if (instance.subject?.exit) {
        if (++restarts > RESTARTS) break
        instance = await this.#again(instance, this.#findings.printing)
      }
      const stale = await this.#staleAt(instance, x)
      if (stale === 'silent') {
        // The second client of a process; the first of another is answered, with the same number.
        if (x === STALE_PROBES[0] && (await this.#isRightAfterAll(instance, x, NOTHING)))
          return { stale: undefined, instance, single: true }
      } else if (stale) return { stale, instance, single: false }
    }
    return { stale: undefined, instance, single: false }
  }

  async #staleAt(instance: Instance, x: number): Promise<Fault | 'silent' | undefined> {
    const { subject } = instance
    const mark = this.#lab.mark(instance)
    const exchange = await this.#try(instance, x, NOTHING)
    const { peer, reply, sent, right, z } = exchange
    await peer.untilOver(QUIET_MS)
    peer.close()
    if (!right) {
      if (reply.length === 0 && subject && !subject.exit) return 'silent'
      // An answer that is missing or cut short is another mistake; most others would be made with a NUL, too.
      const cut = Buffer.from(hello(x + 1))
        .subarray(0, reply.length)
        .equals(reply)
      if (cut || !(await this.#isRightAfterAll(instance, x, NUL))) return undefined
      return new Fault(`After other messages, ${text(x)} is read with bytes that were not sent.`, {
        sent,
        expected: hello(x + 1),
        received: reply,
        cause: UNENDED,
      })
    }
    if (!subject || z === undefined) return undefined
    const lines = () =>
      this.#lab
        .lines(instance)
        .text(this.#findings.printing === 'stderr' ? mark.err : mark.out)
        .replaceAll('\0', '')
    await this.#lab.printed(instance, text(z), mark, QUIET_MS)
    const judged = await this.#lab.errorPrinted(instance, mark, 0)
    // ERROR may be late, and belong to the client before: then it is not there where there is time between them.
    if (judged.right && !this.#alwaysError && !(await this.#isRightAfterAll(instance, x, NOTHING))) {
      this.#alwaysError = !(await this.#isRightAfterAll(instance, x, NUL))
      if (!this.#alwaysError)
        return new Fault(`After other messages, ${text(z)} is read with bytes that were not sent.`, {
          sent: join(sent, hello(z)),
          expected: `${text(x)}\n${text(z)}\n`,
          received: lines(),
          cause: UNENDED,
        })
    }
    for (const number of [x, z]) {
      const longer = new RegExp(`HELLO ${number}[0-9]+`).exec(lines())?.[0]
      const dirty = foreignLine(lines().split('\n'), text(number))
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
    return undefined
  }

  /** The same once more, with this ending, and with time for what is said of a client that has left. */
  async #isRightAfterAll(previous: Instance, x: number, ending: Uint8Array): Promise<boolean> {
    if (!previous.subject) {
      const other = await this.#try(previous, x, ending)
      other.peer.close()
      return other.right
    }
    const instance = await this.#program.start({ printing: 'live' })
    // The same history, so that what is left in memory is the same, too.
    let right = false
    for (const number of STALE_PROBES.slice(0, STALE_PROBES.indexOf(x) + 1)) {
      const mark = this.#lab.mark(instance)
      const exchange = await this.#try(instance, number, ending)
      const closed = await exchange.peer.untilOver(QUIET_MS)
      right = exchange.right && !(await this.#lab.errorPrinted(instance, mark, 20)).right
      exchange.peer.close()
      if (!closed) await this.#lab.errorPrinted(instance, mark, LATE_MS)
    }
    void this.#program.dismiss(instance)
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
    const exchange = await this.#try(next, x, this.#findings.ending)
    await this.#seeClose(exchange)
    await this.#seeLines(next, exchange, FROM_THE_BEGINNING)
    const output = next.subject!.out.text()
    await this.#program.dismiss(next)
    return [x, exchange.z].filter((one) => one !== undefined && mentions(output, text(one))).length
  }

  /** Whether lines come when a whole buffer of them has been printed: 4 KiB in most C libraries. */
  async #fills(x: number): Promise<boolean> {
    const next = await this.#program.start({ printing: 'live' })
    const { out } = next.subject!
    for (let at = 0; at < 300 && out.total === 0 && !next.subject!.exit; at++) {
      const exchange = await this.#try(next, 1_000_000_000 + x, this.#findings.ending)
      if (!exchange.right) break
      await exchange.peer.untilOver(50)
      exchange.peer.close()
    }
    await out.until(() => out.total > 0, 100)
    await this.#program.dismiss(next)
    return mentions(out.text(), text(1_000_000_000 + x))
  }
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
