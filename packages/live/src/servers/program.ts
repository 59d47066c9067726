import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { handshake } from '@hs/client'
import { endGroup, freePort, usageOf, Watchdog } from '@hs/supervise'
import type { Endpoint } from '@hs/transport'
import type { LaneObserver, LaneServer } from './lane.js'

/** Stands in the environment of a program and of all that it starts, so that all of it can be found and ended. */
const MARK = 'HS_LIVE_SERVER'

/** How long a program may take until it completes a handshake, and how often it is tried. */
const START_MS = 10_000
const TRY_EVERY_MS = 50

const KEPT_CHARACTERS = 500

/** Any program that serves: a command line with `{port}` in it. What happens inside is not visible, only what its clients see. */
export class ProgramServer implements LaneServer {
  readonly name: string
  readonly strategy = undefined
  readonly threads = 1
  readonly transport = undefined
  readonly counters = undefined
  readonly #command: string
  readonly #observer: LaneObserver
  readonly #mark = `${process.pid}-${randomUUID()}`
  readonly #watchdog = new Watchdog(`${MARK}=${this.#mark}`)
  #child: ChildProcess | undefined
  #said = ''
  endpoint: Endpoint | undefined
  note: string | undefined

  constructor(name: string, command: string, observer: LaneObserver) {
    this.name = name
    this.#command = command
    this.#observer = observer
  }

  async start(): Promise<void> {
    await this.#end()
    this.note = undefined
    const endpoint = { host: '127.0.0.1', port: await freePort() }
    const child = this.#spawn(endpoint.port)
    const why = await untilItAnswers(endpoint, () => this.#child !== child)
    if (this.#child !== child) return
    if (why === undefined) this.endpoint = endpoint
    else {
      await this.#end()
      this.note = `It did not complete a handshake on port ${endpoint.port} in ${START_MS / 1000} s: ${why} ${this.#said.trim()}`
    }
  }

  cpuMs(): number | undefined {
    return this.#child?.pid === undefined ? undefined : usageOf(this.#child.pid)?.cpuMs
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
    this.#watchdog.close()
  }

  #spawn(port: number): ChildProcess {
    this.#said = ''
    const child = spawn(this.#command.replaceAll('{port}', String(port)), {
      shell: true,
      // A group of its own: what is measured and ended is all of it.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, [MARK]: this.#mark },
    })
    this.#child = child
    if (child.pid !== undefined) this.#watchdog.watch(child.pid)
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-KEPT_CHARACTERS)
    })
    child.on('error', (error) => {
      this.#said += error.message
    })
    child.on('exit', (code, signal) => {
      if (this.#child !== child) return
      this.#child = undefined
      this.endpoint = undefined
      this.note = `It ended (${signal ?? `status ${code}`}). ${this.#said.trim()}`.trim()
      this.#observer.onDown()
    })
    return child
  }

  async #end(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    this.endpoint = undefined
    if (child?.pid === undefined) return
    await endGroup(
      child.pid,
      once(child, 'close').catch(() => {}),
      `${MARK}=${this.#mark}`,
    )
    this.#watchdog.forget(child.pid)
    child.stderr!.destroy()
  }
}

/** @returns Why it does not; undefined: it does. */
async function untilItAnswers(at: Endpoint, isGone: () => boolean): Promise<string | undefined> {
  const started = performance.now()
  for (;;) {
    try {
      await handshake({ ...at, timeoutMs: 1_000 })
      return undefined
    } catch (error) {
      if (isGone() || performance.now() - started > START_MS) return (error as Error).message
    }
    await sleep(TRY_EVERY_MS)
  }
}
