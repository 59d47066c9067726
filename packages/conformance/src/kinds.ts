/** What is checked: servers or clients. Everything that differs between them is in these two tables. */

import { C1 } from './catalogue/c1-wire.js'
import { C2 } from './catalogue/c2-printing.js'
import { C3 } from './catalogue/c3-wrong-numbers.js'
import { C4 } from './catalogue/c4-closing.js'
import { C5 } from './catalogue/c5-robustness.js'
import { C6 } from './catalogue/c6-usage.js'
import type { Case } from './catalogue/case.js'
import { S1 } from './catalogue/s1-wire.js'
import { S2 } from './catalogue/s2-printing.js'
import { S3 } from './catalogue/s3-wrong-numbers.js'
import { S4 } from './catalogue/s4-closing.js'
import { S5 } from './catalogue/s5-alive.js'
import { S6 } from './catalogue/s6-concurrency.js'
import { S7 } from './catalogue/s7-robustness.js'
import { S8 } from './catalogue/s8-usage.js'
import { CLIENT_JUDGES } from './judge/client/judges.js'
import type { Judge } from './judge/judgement.js'
import { SERVER_JUDGES } from './judge/server/judges.js'
import { ClientBench } from './observe/client/bench.js'
import type { ClientFacts } from './observe/client/facts.js'
import { clientFacts } from './observe/client/learning.js'
import { clientProbes } from './observe/client/probes.js'
import type { Exchanges } from './observe/exchange.js'
import type { Settings } from './observe/observation.js'
import type { Probe } from './observe/probe.js'
import type { Sessions } from './observe/program.js'
import type { Recorder } from './observe/recorder.js'
import { ServerBench } from './observe/server/bench.js'
import type { ServerFacts } from './observe/server/facts.js'
import { serverFacts } from './observe/server/known.js'
import { serverProbes } from './observe/server/probes.js'
import type { ServerTarget } from './observe/target.js'

/** What a probe works with. */
export interface Bench<Facts> {
  readonly facts: Facts
  close?(): Promise<void>
}

export interface Kind<Facts, B extends Bench<Facts> = Bench<Facts>> {
  readonly kind: 'server' | 'client'
  readonly cases: readonly Case[]
  readonly judges: Readonly<Record<string, Judge<Facts>>>
  readonly probes: readonly Probe<B>[]
  readonly factsOf: (exchanges: Exchanges, settings: Settings) => Facts
  readonly parallel: (facts: Facts) => number
  readonly benchOf: (recorder: Recorder, about: About<Facts>) => B
}

interface About<Facts> {
  readonly target: ServerTarget
  readonly sessions: Sessions
  readonly facts: Facts
  readonly settings: Settings
  readonly seed: number
}

/** How many programs run at a time: most of them wait most of the time, so they hardly disturb each other. */
const SIDE_BY_SIDE = 4

export const SERVER: Kind<ServerFacts, ServerBench> = {
  kind: 'server',
  cases: [...S1, ...S2, ...S3, ...S4, ...S5, ...S6, ...S7, ...S8],
  judges: SERVER_JUDGES,
  probes: serverProbes,
  factsOf: serverFacts,
  parallel: ({ fixedPort }) => (fixedPort ? 1 : SIDE_BY_SIDE),
  benchOf: (recorder, about) => new ServerBench(recorder, about),
}

export const CLIENT: Kind<ClientFacts, ClientBench> = {
  kind: 'client',
  cases: [...C1, ...C2, ...C3, ...C4, ...C5, ...C6],
  judges: CLIENT_JUDGES,
  probes: clientProbes,
  factsOf: clientFacts,
  parallel: () => SIDE_BY_SIDE,
  benchOf: (recorder, { target, ...about }) => new ClientBench(recorder, { ...about, command: target.command! }),
}
