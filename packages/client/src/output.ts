import { tell, writeAll } from '@hs/command-line'
import { type Effect, HelloError } from '@hs/protocol'
import { Diagram } from './diagram.js'
import type { HandshakeReport } from './handshake.js'

export const STATUS = {
  established: 0,
  failed: 1,
  usage: 2,
  connect: 3,
  timeout: 4,
  interrupted: 130,
  terminated: 143,
} as const

/** How the program prints. */
interface OutputOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  readonly errors: 'stdout' | 'stderr'
}

/** What one handshake prints, and where. */
export class Output {
  readonly #options: OutputOptions
  readonly #name: string
  readonly #diagram: Diagram | undefined
  /** Lines of an attempt that may yet be repeated; undefined: print at once (HS-5.1). */
  #held: string[] | undefined

  constructor(options: OutputOptions, name: string, hold: boolean) {
    this.#options = options
    this.#name = name
    this.#held = hold ? [] : undefined
    if (options.verbose) this.#diagram = new Diagram((line) => tell(`${line}\n`))
  }

  begin(server: string): void {
    this.#diagram?.begin(server)
  }

  effect(effect: Effect): void {
    if (effect.type === 'received' && !this.#options.json && !this.#options.quiet) {
      if (this.#held) this.#held.push(effect.text)
      else writeAll(1, `${effect.text}\n`)
    }
    this.#diagram?.effect(effect)
  }

  note(text: string): void {
    if (this.#options.verbose) tell(`${this.#name}: ${text}\n`)
  }

  /** @param attempts - How many it took, where more than one was allowed. */
  end(end: HandshakeReport | HelloError, attempts?: { readonly count: number; readonly elapsedMs: number }): void {
    const { json, quiet, errors } = this.#options
    for (const text of this.#held ?? []) writeAll(1, `${text}\n`)
    if (quiet) return
    const failed = end instanceof HelloError
    if (json) writeAll(1, `${JSON.stringify(failed ? { failure: end.failure } : end)}\n`)
    else if (failed && statusOf(end) === STATUS.failed) writeAll(errors === 'stdout' ? 1 : 2, 'ERROR\n')
    if (!failed) return
    const tried = attempts && attempts.count > 1
    const after = tried
      ? `gave up after ${attempts.count} attempts in ${inSeconds(attempts.elapsedMs)}. The last: `
      : ''
    tell(`${this.#name}: ${after}${end.message} (${end.code}, ${end.failure.clause})\n`)
  }
}

const inSeconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

export function statusOf({ code }: HelloError): number {
  switch (code) {
    case 'ERR_HS_CONNECT':
      return STATUS.connect
    case 'ERR_HS_TIMEOUT':
      return STATUS.timeout
    case 'ERR_HS_ABORTED':
      return STATUS.interrupted
    default:
      return STATUS.failed
  }
}
