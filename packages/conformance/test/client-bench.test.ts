/** How long a program that does nothing is waited for. */
import { describe, expect, it } from 'vitest'
import { ClientBench } from '../src/observe/client/bench.js'
import { UNKNOWN_CLIENT } from '../src/observe/client/facts.js'
import type { Event } from '../src/observe/observation.js'
import { Sessions } from '../src/observe/program.js'
import { Recorder } from '../src/observe/recorder.js'

/** How long each run took from the start of the program to the end of the wait. */
const runsOf = (events: readonly Event[]) => {
  const of = (type: Event['type']) => events.filter((event) => event.type === type).map(({ at }) => at)
  const [starts, ends] = [of('start'), of('settled')]
  return ends.map((end, at) => end - starts[at]!)
}

async function runs(command: readonly string[], times: number): Promise<number[]> {
  const sessions = new Sessions(undefined)
  const recorder = new Recorder('learning')
  const settings = { errors: 'either', patienceMs: 1000, startMs: 10_000, observed: true, placeholders: [] } as const
  const bench = new ClientBench(recorder, { command, sessions, facts: UNKNOWN_CLIENT, settings, seed: 1 })
  try {
    for (let run = 0; run < times; run++) await bench.run(7)
  } finally {
    await sessions.close()
  }
  return runsOf(recorder.observation().events)
}

describe.runIf(process.platform === 'linux').concurrent('a client that is stuck', { timeout: 60_000 }, () => {
  it('is not waited for as long as a slow start may take if it sleeps, and less the second time', async () => {
    const [first, second] = await runs(['sleep', '60'], 2)
    expect(first).toBeLessThan(9000)
    expect(second).toBeLessThan(first! - 1000)
  })

  it('is waited for less after each silence', async () => {
    const speaks = `require('net').connect(+process.argv[1], process.argv[2]).write('HELLO 7'); setTimeout(() => {}, 60000)`
    const [first, , third] = await runs([process.execPath, '-e', speaks, '{port}', '{host}'], 3)
    expect(third).toBeLessThan(first!)
  })
})
