import { loadavg } from 'node:os'
import { read } from './proc.js'

/** What the machine was doing while something was observed. */
export interface MachineLoad {
  /** The longest time for which this process could not run when it wanted to. */
  readonly lateMs: number
  /** How long this process waited for a processor in all; 0 where the system does not tell. */
  readonly waitedMs: number
  /** Runnable processes, as the average of the last minute. */
  readonly load: number
}

const BEAT_MS = 20

/** Measures how late this process is served: between two calls of {@link LoadMeter.read}. */
export class LoadMeter {
  #worst = 0
  #last = performance.now()
  #waited = waitedMs()
  readonly #timer: NodeJS.Timeout

  constructor() {
    this.#timer = setInterval(() => this.#beat(), BEAT_MS)
    this.#timer.unref()
  }

  #beat(): void {
    const now = performance.now()
    this.#worst = Math.max(this.#worst, now - this.#last - BEAT_MS)
    this.#last = now
  }

  read(): MachineLoad {
    this.#beat()
    return {
      lateMs: Math.round(this.#worst),
      waitedMs: Math.round(waitedMs() - this.#waited),
      load: Math.round(loadavg()[0]! * 10) / 10,
    }
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

/** The second number: nanoseconds on the run queue. */
function waitedMs(): number {
  return Number(read('/proc/self/schedstat').split(' ')[1] ?? 0) / 1e6
}
