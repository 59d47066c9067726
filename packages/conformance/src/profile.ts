/** What was noticed of a program, whatever the verdicts: pure. */

import type { Seen } from './judge/judgement.js'
import { readText } from './message.js'
import type { ClientFacts } from './observe/client/facts.js'
import type { Exchange } from './observe/exchange.js'
import type { Recording } from './observe/observation.js'
import { streamsOfError } from './observe/output.js'
import type { ServerFacts } from './observe/server/facts.js'
import type { Profile } from './report/report.js'

export function profileOf(kind: Recording['kind'], seen: Seen<never>): Profile {
  if (kind === 'server') return { ...ofServer(seen.facts), ...errorsIn(seen.exchanges.get('wrong third')) }
  const { observations, exchanges } = seen
  return { ...ofClient(seen), ...errorsIn([...observations.keys()].flatMap((probe) => exchanges.get(probe))) }
}

function ofServer({ first, arithmetic, concurrency }: ServerFacts): Profile {
  return {
    nature: concurrency,
    ...(first?.right && { terminator: readText(first.reply).terminator }),
    ...(arithmetic && { arithmetic }),
  }
}

function ofClient({ facts: { first, understands }, exchanges }: Seen<ClientFacts>): Profile {
  const edge = exchanges.get('numbers').find(({ x }) => x === EDGE)
  const z = edge && readText(edge.after).sequence
  return {
    ...(first && understands && { terminator: readText(first.reply).terminator }),
    ...(z !== undefined && { arithmetic: z < 0 ? 'int32' : 'safe' }),
  }
}

/** The X whose Z is beyond 32 bits. */
const EDGE = 2147483646

/** Where ERROR was seen. */
function errorsIn(exchanges: readonly Exchange[]): Pick<Profile, 'errors'> {
  const [first, second] = streamsOfError(exchanges)
  return first ? { errors: second ? 'both' : first } : {}
}
