import { type SupervisedProcess, Supervisor } from '@hs/supervise'
import type { Mode } from './observation.js'
import type { Recorder } from './recorder.js'

/** How long output may take to come through the pipe after it was written. */
export const OUTPUT_MS = 500

/** For how long a process is given the processor at most, to end if it is about to. */
const DYING_MS = 100

/** A process under test, as a probe works with it. */
export interface Session {
  readonly id: number
  /** Undefined if only an address was given. */
  readonly process?: SupervisedProcess
  readonly host: string
  readonly port: number
}

/** Starts the processes of one run, and writes down what becomes of them. */
export class Sessions {
  readonly #supervisor: Supervisor

  constructor(cwd: string | undefined) {
    this.#supervisor = new Supervisor(cwd)
  }

  /** @throws {StartError} If there is no such program. */
  async launch(recorder: Recorder, command: readonly string[], mode: Mode, fillFrom: 'beginning' | 'later') {
    const id = recorder.nextId()
    const child = await this.#supervisor.launch({
      command,
      unbuffered: mode === 'unbuffered',
      ...(mode === 'full' && { fullPipe: fillFrom === 'beginning' ? 'from the beginning' : 'later' }),
    })
    for (const [stream, capture] of [
      ['out', child.out],
      ['err', child.err],
    ] as const) {
      const said = capture.text()
      if (said !== '') recorder.add({ type: 'output', process: id, stream, text: said })
      capture.onChunk = (chunk) => recorder.add({ type: 'output', process: id, stream, text: chunk.toString('latin1') })
    }
    const ended = (exit: NonNullable<typeof child.exit>) => {
      if (child.stopped) return
      recorder.add({ type: 'exit', process: id, ...exit, ...(child.excess !== undefined && { excess: child.excess }) })
    }
    if (child.exit) ended(child.exit)
    else child.onExit = ended
    return { id, child }
  }

  stop(child: SupervisedProcess): Promise<void> {
    return this.#supervisor.stop(child)
  }

  close(): Promise<void> {
    return this.#supervisor.close()
  }
}

/** Whether a process has ended, or does so as soon as the machine lets it. */
export async function hasEnded({ process }: Pick<Session, 'process'>): Promise<boolean> {
  if (!process) return false
  await process.rest(DYING_MS)
  if (process.exit) await process.err.until(() => process.err.ended, OUTPUT_MS)
  return process.exit !== undefined
}
