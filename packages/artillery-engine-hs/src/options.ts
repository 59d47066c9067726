import type { HandshakeOptions } from '@hs/client'

/** What may stand in `config.engines.hs`, in `hs` of a scenario, and in a step; the nearest one counts. */
const OPTIONS = [
  'timeoutMs',
  'quietMs',
  'prefixMs',
  'arithmetic',
  'terminator',
  'strict',
  'maxMessageBytes',
  'family',
] as const satisfies readonly (keyof HandshakeOptions)[]

/** What may stand in a step `handshake`. */
export const STEP_OPTIONS = ['x', 'name', 'target', 'capture', ...OPTIONS] as const

export type EngineOptions = Partial<Pick<HandshakeOptions, (typeof OPTIONS)[number]>>

/** A step `handshake`, as it is written. */
export interface HandshakeStep extends EngineOptions {
  /** X: a number, or a template that becomes one. Default: random. */
  readonly x?: number | string
  /** A name under which the metrics of this step are reported a second time. */
  readonly name?: string
  /** Another server, as `tcp://host:port`. Default: that of the script. */
  readonly target?: string
  /** Variables of the virtual user, and which number each of them gets: `{ answer: y }`. */
  readonly capture?: Readonly<Record<string, 'x' | 'y' | 'z'>>
}

/** @throws {TypeError} For what is not an option, so that a typing error is not a default. */
export function engineOptions(where: string, given: unknown = {}): EngineOptions {
  return named(where, given, OPTIONS)
}

/** @throws {TypeError} For what is not an option of a step. */
export function handshakeStep(given: unknown): HandshakeStep {
  const step = named<HandshakeStep>('handshake', given ?? {}, STEP_OPTIONS)
  for (const [variable, number] of Object.entries(step.capture ?? {})) {
    if (!['x', 'y', 'z'].includes(number)) {
      throw new TypeError(`handshake.capture.${variable} must be x, y or z, got ${JSON.stringify(number)}`)
    }
  }
  return step
}

/** @throws {TypeError} For anything but `tcp://host:port`. */
export function endpointOf(target: unknown): { readonly host: string; readonly port: number } {
  const [, host, port] = /^tcp:\/\/(\[[0-9a-fA-F:.]+\]|[^/:\s]+):(\d{1,5})\/?$/.exec(String(target)) ?? []
  if (host === undefined || Number(port) < 1 || Number(port) > 65535) {
    throw new TypeError(`target must be tcp://host:port, got ${JSON.stringify(target)}`)
  }
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}

function named<T>(where: string, given: unknown, known: readonly string[]): T {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError(`${where} must have options, got ${JSON.stringify(given)}`)
  }
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) throw new TypeError(`${where} has no option "${name}": it has ${known.join(', ')}`)
  }
  return given as T
}
