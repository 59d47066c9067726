import { checkOptions, wrongOptions, wrongValue } from '@hs/options'
import type { ProtocolOptions } from '@hs/protocol'
import type { Patience, Transport, TransportName } from '@hs/transport'
import { LOAD_OPTIONS } from '../checks.js'
import { type ClientKind, chooser } from './mix.js'
import { DEFAULT_CONCURRENCY, DEFAULT_DURATION_MS, type LoadOptions } from './options.js'
import { constantRate, type Schedule, stagedRate } from './schedule.js'

/** The options with their defaults, and what follows from them. */
export interface Settings
  extends Pick<LoadOptions, 'targets' | 'rate' | 'stages' | 'sources' | 'signal' | 'onInterval' | 'onHandshake'> {
  /** Undefined: a closed loop. */
  readonly schedule: Schedule | undefined
  readonly concurrency: number
  /** Infinite: until something else ends the load, as the next one. */
  readonly count: number
  readonly durationMs: number
  readonly warmupMs: number
  readonly slowMs: number
  readonly silentMs: number
  readonly intervalMs: number
  readonly seed: number
  readonly choose: (chance: number) => ClientKind
  readonly patience: Patience
  readonly protocol: ProtocolOptions
  readonly transport: TransportName | Transport
  readonly check: boolean
}

/** @throws {TypeError | RangeError} For an option that makes no sense: it names the option and the value. */
export function settingsOf(options: LoadOptions): Settings {
  const { timeoutMs, quietMs, prefixMs, mix, ...checked } = checkOptions('load', options, LOAD_OPTIONS)
  const { arithmetic, terminator, strict, maxMessageBytes, ...settings } = checked
  const { concurrency, count, seed, warmupMs } = settings
  const schedule = scheduleOf(settings)
  const endless = count === undefined ? DEFAULT_DURATION_MS : Number.POSITIVE_INFINITY
  const staged = schedule && Number.isFinite(schedule.lengthMs) ? schedule.lengthMs - warmupMs : undefined
  return {
    ...settings,
    schedule,
    concurrency: concurrency ?? DEFAULT_CONCURRENCY,
    count: count ?? Number.POSITIVE_INFINITY,
    durationMs: settings.durationMs ?? staged ?? endless,
    seed: seed ?? Math.floor(Math.random() * 2 ** 32),
    choose: chooser(mix),
    patience: { timeoutMs, quietMs, prefixMs },
    protocol: {
      ...(arithmetic !== undefined && { arithmetic }),
      ...(terminator !== undefined && { terminator }),
      ...(strict !== undefined && { strict }),
      ...(maxMessageBytes !== undefined && { maxMessageBytes }),
    },
  }
}

/** @returns undefined for a closed loop. */
function scheduleOf(options: Pick<LoadOptions, 'rate' | 'stages' | 'concurrency' | 'durationMs' | 'warmupMs'>) {
  const { rate, stages, concurrency, durationMs, warmupMs = 0 } = options
  const given = Object.entries({ rate, stages, concurrency }).filter(([, value]) => value !== undefined)
  if (given.length > 1) {
    throw wrongOptions(`${given.map(([name]) => name).join(' and ')} exclude each other: give load one of them`)
  }
  if (rate !== undefined) return constantRate(rate)
  if (!stages) return undefined
  if (durationMs !== undefined) throw wrongOptions('stages and durationMs exclude each other: stages have durations')
  const schedule = stagedRate(stages)
  if (schedule.dueMs(0) >= schedule.lengthMs)
    throw wrongValue('stages', 'such that at least one handshake begins', stages)
  if (warmupMs >= schedule.lengthMs) throw wrongValue('warmupMs', 'shorter than the stages', warmupMs)
  return schedule
}
