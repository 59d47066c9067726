import { exchangesOf } from '../exchange.js'
import type { Observations, Settings } from '../observation.js'
import { concurrencyIn } from './concurrency.js'
import { type ServerFacts, UNKNOWN } from './facts.js'
import { learning } from './learning.js'

/** Computes the facts from observations: the plan of `learning` is played again with what its trials gave. */
export function serverFacts(observations: Observations, settings: Settings): ServerFacts {
  return {
    ...learned(observations, settings),
    ...arithmetic(observations),
    ...concurrencyIn(observations.get('stalled clients')),
  }
}

function learned(observations: Observations, settings: Settings): ServerFacts {
  const observation = observations.get('learning')
  if (!observation) return UNKNOWN
  const exchanges = exchangesOf(observation)
  const plan = learning(settings.observed)
  let step = plan.next([])
  while (!step.done) {
    const { purpose } = step.value
    const seen = exchanges.filter((exchange) => exchange.purpose === purpose)
    if (seen.length === 0) return UNKNOWN
    step = plan.next(seen)
  }
  const fixedPort = observation.events.some((event) => event.type === 'start' && event.told !== undefined)
  return { ...step.value, fixedPort }
}

function arithmetic(observations: Observations): Pick<ServerFacts, 'arithmetic'> {
  const edge = exchangesOf(observations.get('numbers') ?? { probe: '', events: [] }).find(({ x }) => x === 2147483647)
  if (!edge?.right) return {}
  return { arithmetic: edge.y! < 0 ? 'int32' : 'safe' }
}
