import type { Exchanges } from '../exchange.js'
import type { Settings } from '../observation.js'
import { concurrencyIn } from './concurrency.js'
import { type ServerFacts, UNKNOWN } from './facts.js'
import { learning } from './learning.js'

/** Computes the facts from observations: the plan of `learning` is played again with what its trials gave. */
export function serverFacts(all: Exchanges, settings: Settings): ServerFacts {
  return { ...learned(all, settings), ...arithmetic(all), ...concurrencyIn(all.observations.get('stalled clients')) }
}

function learned(all: Exchanges, settings: Settings): ServerFacts {
  const observation = all.observations.get('learning')
  if (!observation) return UNKNOWN
  const exchanges = all.get('learning')
  const plan = learning(settings.observed)
  let step = plan.next([])
  while (!step.done) {
    const { purpose } = step.value
    const seen = exchanges.filter((exchange) => exchange.purpose === purpose)
    if (seen.length === 0) return UNKNOWN
    step = plan.next(seen)
  }
  // A program may take its time only after it has served a client.
  const answerMs = Math.max(step.value.answerMs, ...exchanges.map((one) => (one.right && one.answerMs) || 0))
  const elsewhere = observation.events.flatMap((event) => (event.type === 'start' && event.told ? [event.port] : []))
  const fixedPort = elsewhere.length > 0 && new Set(elsewhere).size === 1
  return { ...step.value, answerMs, elsewhere: elsewhere.length > 0, fixedPort }
}

function arithmetic(all: Exchanges): Pick<ServerFacts, 'arithmetic'> {
  const edge = all.get('numbers').find(({ x }) => x === 2147483647)
  if (!edge?.right) return {}
  return { arithmetic: edge.y! < 0 ? 'int32' : 'safe' }
}
