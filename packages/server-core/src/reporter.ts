import { setTimeout as sleep } from 'node:timers/promises'
import { isOutputLost, Lines, nonBlocking } from '@hs/command-line'
import { formatEndpoint } from '@hs/transport'
import type { Counters } from './counters.js'
import { timeOfDay, type WhenBlocked } from './print.js'
import type { HelloServer, StopReport } from './server.js'

/** How the program speaks of itself. */
export interface ReporterOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  readonly onOutputBlocked: WhenBlocked
}

/** How long to wait for the last lines if the reader is only slow; not at all if lines were already lost. */
const LAST_LINES_MS = 1000

/** The beginning and the end: on stderr for people, as events for programs. */
export class Reporter {
  readonly #program: string
  readonly #options: ReporterOptions
  readonly #stdout = new Lines(nonBlocking(1).fd)
  readonly #stderr = new Lines(nonBlocking(2).fd)
  #lost = 0

  constructor(program: string, options: ReporterOptions) {
    this.#program = program
    this.#options = options
  }

  /** @throws The error of stdout, if nothing that is printed there can get out. */
  listening({ address, strategy, threads, transport, transportReason, sharing, warnings }: HelloServer): void {
    const { verbose } = this.#options
    if (verbose && transportReason) this.say(`${transportReason}; transport ${transport} serves`)
    if (!this.#options.json) for (const warning of warnings) this.say(warning)
    const crew = `${threads} ${threads === 1 ? 'thread' : 'threads'}`
    const way = sharing ? `, ${sharing}` : ''
    this.#print(
      {
        type: 'listening',
        address,
        strategy,
        threads,
        transport,
        ...(sharing && { sharing }),
        ...(warnings.length > 0 && { warnings }),
      },
      `listening on ${formatEndpoint(address)} (strategy ${strategy}, ${crew}, transport ${transport}${way})`,
    )
    // The lines of handshakes would say so, but only when there is one.
    if (this.#stdout.error && this.#options.onOutputBlocked !== 'drop') throw this.#stdout.error
  }

  stopped(stop: StopReport, counters: Counters): void {
    this.#lost = counters.linesLost
    this.#print(
      { type: 'stopped', ...stop, counters },
      `stopped: ${summary(counters)}; at the end ${stop.completed} completed and ${stop.cut} cut`,
    )
  }

  broke(error: Error, counters: Counters): void {
    this.#lost = counters.linesLost
    if (isOutputLost(error)) this.say(`the output is lost: ${error.message}`, true)
    else this.say(error.message, true)
    this.#print({ type: 'broke', reason: error.message, counters }, `broke: ${summary(counters)}`)
  }

  /** @returns Whether everything that had to be printed on stdout is out. */
  async end(): Promise<boolean> {
    const until = performance.now() + (this.#lost === 0 ? LAST_LINES_MS : 0)
    while ((this.#stdout.isBlocked || this.#stderr.isBlocked) && performance.now() < until) {
      await sleep(5)
      this.#stdout.flush()
      this.#stderr.flush()
    }
    if (this.#options.onOutputBlocked === 'drop') return true
    return this.#lost === 0 && !this.#stdout.isBlocked && !this.#stdout.error
  }

  #print(event: object, line: string): void {
    if (this.#options.quiet) return
    if (this.#options.json) {
      this.#stdout.write(`${JSON.stringify({ ...event, pid: process.pid, at: timeOfDay() })}\n`)
    } else this.say(line)
  }

  /** A line for people. */
  say(line: string, always = false): void {
    if (always || !this.#options.quiet) this.#stderr.write(`${this.#program}: ${line}\n`)
  }
}

function summary({ accepted, established, probes, failed, dropped, linesLost, reasonsLost }: Counters): string {
  const failures = Object.entries(failed).map(([code, count]) => `, ${count} ${code}`)
  const lost =
    (linesLost > 0 ? `, ${linesLost} lines lost` : '') +
    (reasonsLost > 0 ? `, ${reasonsLost} lines of stderr lost` : '')
  return (
    `${accepted} accepted, ${established} established, ${probes} closed without a word${failures.join('')}` +
    `, ${dropped} dropped${lost}`
  )
}
