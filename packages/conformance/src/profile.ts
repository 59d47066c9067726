/** What was noticed of a program, whatever the verdicts: pure. */

import { readText } from './message.js'
import { clientFacts } from './observe/client/learning.js'
import { type Exchange, exchangesOf } from './observe/exchange.js'
import type { Observation, Recording, Settings } from './observe/observation.js'
import { hasError } from './observe/output.js'
import { serverFacts } from './observe/server/known.js'
import type { Profile } from './report/report.js'

export function profileOf({ kind, observations, settings }: Recording): Profile {
  const exchanges = observations.flatMap((one) => exchangesOf(one))
  return {
    ...(kind === 'server' ? ofServer(observations, settings) : ofClient(observations)),
    ...errorsIn(kind === 'server' ? wrongIn(exchanges) : exchanges),
  }
}

function ofServer(observations: readonly Observation[], settings: Settings): Profile {
  const { first, arithmetic, concurrency } = serverFacts(byName(observations), settings)
  return {
    nature: concurrency,
    ...(first?.right && { terminator: readText(first.reply).terminator }),
    ...(arithmetic && { arithmetic }),
  }
}

function ofClient(observations: readonly Observation[]): Profile {
  const { first, understands } = clientFacts(byName(observations))
  const edge = exchangesOf(byName(observations).get('numbers') ?? { probe: '', events: [] }).find(({ x }) => x === EDGE)
  const z = edge && readText(edge.after).sequence
  return {
    ...(first && understands && { terminator: readText(first.reply).terminator }),
    ...(z !== undefined && { arithmetic: z < 0 ? 'int32' : 'safe' }),
  }
}

/** The X whose Z is beyond 32 bits. */
const EDGE = 2147483646

const byName = (observations: readonly Observation[]) => new Map(observations.map((one) => [one.probe, one]))

/** ERROR belongs to third messages that are wrong. */
const wrongIn = (exchanges: readonly Exchange[]) => exchanges.filter(({ probe }) => probe === 'wrong third')

/** Where ERROR was seen. */
function errorsIn(exchanges: readonly Exchange[]): Pick<Profile, 'errors'> {
  const [out, err] = [exchanges.some((one) => hasError(one.out)), exchanges.some((one) => hasError(one.err))]
  if (!out && !err) return {}
  return { errors: out && err ? 'both' : out ? 'stdout' : 'stderr' }
}
