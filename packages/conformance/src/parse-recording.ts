import type { Recording } from './observe/observation.js'

/**
 * Takes the content of a file that `--record` wrote.
 *
 * @throws {TypeError} If the data is not a recording, or is one in another format.
 */
export function parseRecording(data: unknown): Recording {
  const { format, kind, settings, observations } = (data ?? {}) as Partial<Recording>
  if ((kind !== 'server' && kind !== 'client') || !isObject(settings) || !Array.isArray(observations)) {
    throw new TypeError('expected a recording, as --record writes it')
  }
  if (format !== 1) {
    throw new TypeError(
      `this recording has format ${format}, and this version reads format 1: judge it with the version that wrote it`,
    )
  }
  const whole = observations.every(
    (one) => isObject(one) && typeof one.probe === 'string' && Array.isArray(one.events) && isObject(one.machine),
  )
  if (!whole) throw new TypeError('expected a recording, but an observation has no probe, events or machine')
  return data as Recording
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null
