/** What each option of `live`, and each command of the page, may be. No published declaration reaches it. */
import {
  aFunction,
  boolean,
  type Check,
  check,
  checkOptions,
  deadline,
  host,
  integer,
  listeningPort,
  listOf,
  oneOf,
  optional,
  record,
  required,
  signal,
  type Table,
  text,
  transportName,
} from '@hs/options'
import { STRATEGIES, type StrategyName } from '@hs/server-core'
import type { LiveOptions } from './live.js'
import type { Command } from './scene/commands.js'
import { CLIENT_KINDS, type Settings } from './scene/events.js'
import { LIMITS } from './scene/limits.js'
import type { Program } from './session.js'

const DEFAULT_STRATEGIES: readonly StrategyName[] = ['sequential', 'threads', 'events']

/** Short enough to watch one client stall, and longer than a normal client of the page thinks. */
export const DEFAULT_TIMEOUT_MS = 15_000

/** As many as one command may bring. */
const MOST_CLIENTS = 500

const SETTINGS = {
  rate: optional(between(LIMITS.rate)),
  threads: optional(integer(...LIMITS.threads)),
  thinkMs: optional(between(LIMITS.thinkMs)),
  slowMotion: optional(between(LIMITS.slowMotion)),
  holding: optional(boolean()),
} satisfies Table<Partial<Settings>>

const program = record<Program>('an object with name and command', {
  name: required(text()),
  command: required(text()),
})

export const LIVE_OPTIONS = {
  strategies: optional(listOf(oneOf(...(Object.keys(STRATEGIES) as StrategyName[])), 'strategies'), DEFAULT_STRATEGIES),
  programs: optional(listOf(program, 'programs'), []),
  host: optional(host, '127.0.0.1'),
  port: optional(listeningPort, 0),
  token: optional(
    check<string>(
      'letters, digits, - and _',
      (value) => typeof value === 'string',
      (value: string) => /^[\w-]+$/.test(value),
    ),
  ),
  timeoutMs: optional(deadline, DEFAULT_TIMEOUT_MS),
  transport: optional(transportName, 'auto'),
  settings: optional(record<Partial<Settings>>('an object with settings', SETTINGS), {}),
  record: optional(text()),
  onRecordingLost: optional(aFunction()),
  onPages: optional(aFunction()),
  signal: optional(signal),
} satisfies Table<LiveOptions>

/** @throws {TypeError | RangeError} If it is not a command; the message says why. */
export function parseCommand(data: unknown): Command {
  const { do: what, ...rest } = (data ?? {}) as { do?: unknown }
  switch (oneOf('clients', 'set', 'release', 'restart').read('do', what)) {
    case 'clients': {
      const table = { kind: required(oneOf(...CLIENT_KINDS)), count: required(integer(1, MOST_CLIENTS)) }
      return {
        do: 'clients',
        ...checkOptions<Omit<Command & { do: 'clients' }, 'do'>, typeof table>('clients', rest as never, table),
      }
    }
    case 'set':
      return { do: 'set', ...checkOptions<Partial<Settings>, typeof SETTINGS>('set', rest, SETTINGS) }
    case 'release':
      return { do: 'release' }
    case 'restart':
      return { do: 'restart' }
  }
}

function between([least, most]: readonly [number, number]): Check<number> {
  return check(
    `a number from ${least} to ${most}`,
    (value) => typeof value === 'number',
    (value: number) => value >= least && value <= most,
  )
}
