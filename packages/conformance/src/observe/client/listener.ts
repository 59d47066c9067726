import { createServer, type Server } from 'node:net'
import { freePort, pause, type SupervisedProcess, Watchers } from '@hs/supervise'
import type { Purpose } from '../observation.js'
import { Peer } from '../peer.js'
import type { Recorder } from '../recorder.js'

const LOOK_MS = 200

interface Limits {
  readonly withinMs: number
  readonly idleMs: number
}

/** A server that does nothing by itself. */
export class Listener {
  readonly #server: Server
  readonly #recorder: Recorder
  readonly #watchers = new Watchers()
  readonly port: number
  connectionId = 0
  #peer: Peer | undefined

  private constructor(server: Server, recorder: Recorder) {
    this.#server = server
    this.#recorder = recorder
    this.port = (server.address() as { port: number }).port
  }

  static async open(recorder: Recorder): Promise<Listener> {
    const port = await freePort()
    const server = createServer({ allowHalfOpen: true })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    return new Listener(server, recorder)
  }

  /**
   * The first connection, or undefined if the program ends, takes too long, or uses no processor time for `idleMs`. Later
   * ones are only held.
   */
  async connection(
    process: number,
    about: Purpose,
    child: SupervisedProcess,
    { withinMs, idleMs }: Limits,
  ): Promise<Peer | undefined> {
    this.connectionId = this.#recorder.nextId()
    const base = { connection: this.connectionId, process, by: 'program' as const, ...about }
    this.#server.on('connection', (socket) => {
      if (this.#peer) return void socket.on('error', () => {})
      this.#recorder.add({ type: 'connect', ...base })
      this.#peer = new Peer(socket, this.#recorder, this.connectionId)
      this.#watchers.tell()
    })
    // A program may connect, speak and end before its connection is seen here.
    let over = false
    void child.exited
      .then(() => pause(100))
      .then(() => {
        over = true
        this.#watchers.tell()
      })
    await this.#awaited(child, () => this.#peer !== undefined || over, { withinMs, idleMs })
    if (!this.#peer) this.#recorder.add({ type: 'unconnected', ...base, why: 'no connection came' })
    return this.#peer
  }

  /** Waits for a condition as long as the program does something. */
  async #awaited(child: SupervisedProcess, isSo: () => boolean, limits: Limits): Promise<void> {
    let cpuMs = 0
    for (let [waitedMs, idleMs] = [0, 0]; waitedMs < limits.withinMs && idleMs < limits.idleMs; waitedMs += LOOK_MS) {
      if (await this.#watchers.until(isSo, LOOK_MS)) return
      const nowMs = child.cpuMs()
      idleMs = nowMs !== cpuMs || child.isBusy() ? 0 : idleMs + LOOK_MS
      cpuMs = nowMs
    }
  }

  /** Accepts, and says nothing. */
  keepSilent(): void {
    this.#server.on('connection', (socket) => {
      socket.on('error', () => {})
      socket.on('end', () => socket.destroy())
      socket.resume()
    })
  }

  close(): void {
    this.#peer?.close()
    this.#server.close()
  }
}
