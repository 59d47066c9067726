/** What the options of `checkServer` and `checkClient` may be. No declaration that is published reaches it. */
import {
  aFunction,
  boolean,
  type Check,
  deadline,
  host,
  integer,
  listOf,
  oneOf,
  optional,
  port,
  record,
  required,
  type Table,
  text,
  wrongType,
} from '@hs/options'
import type { CheckOptions, CheckServerOptions, ClientTarget } from './check.js'
import type { Recording } from './observe/observation.js'
import type { ServerTarget } from './observe/target.js'
import { parseRecording } from './parse-recording.js'

const words = listOf(text(), 'words', 1)
const ids = optional(listOf(text(), 'ids of cases'))

const recording: Check<Recording> = {
  expected: 'a recording',
  read(name, value) {
    try {
      return parseRecording(value)
    } catch {
      throw wrongType(name, this.expected, value)
    }
  },
}

export const CHECK_OPTIONS = {
  name: optional(text()),
  only: ids,
  skip: ids,
  strict: optional(boolean()),
  seed: optional(integer(0)),
  errors: optional(oneOf('stdout', 'stderr', 'either')),
  patienceMs: optional(deadline),
  startMs: optional(deadline),
  totalMs: optional(deadline),
  baseline: ids,
  cwd: optional(text()),
  onResult: optional(aFunction()),
  onCase: optional(aFunction()),
  onRecording: optional(aFunction()),
  before: optional(recording),
} satisfies Table<CheckOptions>

export const CHECK_SERVER_OPTIONS = {
  ...CHECK_OPTIONS,
  expect: optional(oneOf('sequential', 'threads', 'events', 'processes', 'concurrent')),
} satisfies Table<CheckServerOptions>

export const CLIENT_TARGET: Check<ClientTarget> = record<ClientTarget>('an object with a command', {
  command: required(words),
})

const started = record<ClientTarget>('an object with a command or an address', { command: required(words) })
const running = record<{ address: NonNullable<ServerTarget['address']> }>(started.expected, {
  address: required(
    record<{ host: string; port: number }>('an object with host and port', {
      host: required(host),
      port: required(port),
    }),
  ),
})

export const SERVER_TARGET: Check<ServerTarget> = {
  expected: started.expected,
  read(name, value) {
    const isRunning = typeof value === 'object' && value !== null && 'address' in value
    return (isRunning ? running : started).read(name, value)
  },
}
