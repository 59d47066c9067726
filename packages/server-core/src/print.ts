import { writeAll } from '@hs/command-line'
import { type HelloFailure, isPeerError } from '@hs/protocol'
import { type Endpoint, formatEndpoint } from '@hs/transport'
import type { ServerEvent } from './events.js'

/** What the server program prints: plain data, since the thread that serves a connection prints its lines itself. */
export interface PrintOptions {
  /** Begins the lines on stderr. */
  readonly program: string
  /** `'plain'`: the lines of HS-5 on stdout, reasons on stderr. `'json'`: one object per event on stdout, with `at`, its time in milliseconds since 1970. */
  readonly format: 'plain' | 'json'
  /** Where `ERROR` goes (HS-5.2). Default `'stdout'`. */
  readonly errors: 'stdout' | 'stderr'
}

/** As much of an event as the lines of HS-5 are made of; all others leave no line. */
export type LineEvent =
  | { readonly type: 'received'; readonly text: string }
  | { readonly type: 'failed'; readonly failure: HelloFailure; readonly remote: Endpoint }

const STDOUT = 1
const STDERR = 2

/**
 * @returns A function that prints one event, and returns when the system has it. In the `'plain'` format a
 *   {@link LineEvent} is enough. @throws EPIPE when nobody reads.
 */
export function printer({ program, format, errors }: PrintOptions): (event: ServerEvent | LineEvent) => void {
  if (format === 'json') {
    return (event) => {
      // The same clock in every thread and process of a machine, so that events of several can be laid side by side.
      const at = performance.timeOrigin + performance.now()
      writeAll(STDOUT, `${JSON.stringify({ ...event, at })}\n`)
    }
  }
  return (event) => {
    switch (event.type) {
      case 'received':
        writeAll(STDOUT, `${event.text}\n`)
        break
      case 'failed': {
        const { failure, remote } = event
        if (isPeerError(failure)) writeAll(errors === 'stdout' ? STDOUT : STDERR, 'ERROR\n')
        writeAll(
          STDERR,
          `${program}: ${formatEndpoint(remote)}: ${failure.message} (${failure.code}, ${failure.clause})\n`,
        )
        break
      }
      case 'thread-died':
        writeAll(STDERR, `${program}: thread ${event.thread} died with ${event.lost} connections: ${event.reason}\n`)
        break
      case 'thread-waiting':
        writeAll(STDERR, `${program}: thread ${event.thread} waits for file descriptors: ${event.reason}\n`)
        break
    }
  }
}
