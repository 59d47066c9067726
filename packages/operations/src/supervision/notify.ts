import { execFile } from 'node:child_process'

/** Comes with systemd. Node has no datagrams of the kind that NOTIFY_SOCKET takes. */
const PROGRAM = 'systemd-notify'

/** How long to wait for a supervisor that takes no notice: longer than systemd-notify waits for its receipt. */
const MOST_MS = 6_000

/** Speaks to the supervisor that started this process, if there is one (sd_notify). */
export class Supervisor {
  readonly #env: NodeJS.ProcessEnv
  readonly #onFailure: (reason: string) => void
  #watchdog: NodeJS.Timeout | undefined
  #fails = false

  /** @param onFailure - Called with the reason, as text, when the supervisor cannot be notified any more. */
  constructor(env: NodeJS.ProcessEnv, onFailure: (reason: string) => void) {
    this.#env = env
    this.#onFailure = onFailure
  }

  /** The server serves; from now on the watchdog is fed from the event loop, if one is wanted. */
  async ready(status: string): Promise<void> {
    await this.#notify('READY=1', `STATUS=${status}`)
    const { WATCHDOG_USEC: micros, WATCHDOG_PID: pid } = this.#env
    if (!(Number(micros) > 0) || (pid !== undefined && Number(pid) !== process.pid)) return
    let feeds = false
    const feed = async () => {
      // A supervisor that takes no notice needs no crowd of processes that wait for it.
      if (feeds) return
      feeds = true
      await this.#notify('WATCHDOG=1')
      feeds = false
    }
    // Twice as often as it must be, as sd_watchdog_enabled(3) advises.
    this.#watchdog = setInterval(() => void feed(), Number(micros) / 2000)
    this.#watchdog.unref()
  }

  /** The server will stop. The watchdog is still fed: stopping may take as long as the grace period. */
  stopping(status: string): Promise<void> {
    return this.#notify('STOPPING=1', `STATUS=${status}`)
  }

  close(): void {
    clearInterval(this.#watchdog)
  }

  #notify(...assignments: readonly string[]): Promise<void> {
    if (!this.#env.NOTIFY_SOCKET) return Promise.resolve()
    return new Promise((resolve) => {
      const limits = { timeout: MOST_MS, killSignal: 'SIGKILL' } as const
      execFile(PROGRAM, assignments, { env: this.#env, ...limits }, (error, _stdout, stderr) => {
        const reason = error?.killed ? `it takes no notice for ${MOST_MS / 1000} s` : stderr.trim() || error?.message
        if (error && !this.#fails) {
          this.#onFailure(`the supervisor at NOTIFY_SOCKET cannot be notified of ${assignments[0]}: ${reason}`)
        }
        this.#fails = error !== null
        resolve()
      })
    })
  }
}
