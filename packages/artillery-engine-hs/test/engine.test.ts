/** The engine with a server of ours and the helpers that Artillery would lend it; the rehearsal runs the real one. */
import { serve } from '@hs/server-core'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Context, Helpers, Scenario, Script, Step } from '../src/artillery.js'
import HelloEngine from '../src/index.js'
import { endpointOf } from '../src/options.js'

/** Variables are all that these templates have. */
const helpers: Helpers = {
  createThink: (_step, _defaults) => (context, done) => setImmediate(() => done(null, context)),
  createLoopWithCount: (count, steps) => async (context, done) => {
    for (let round = 0; round < Number(count); round++) for (const step of steps) await promised(step, context)
    done(null, context)
  },
  createParallel: (steps) => (context, done) => {
    Promise.all(steps.map((step) => promised(step, context))).then(
      () => done(null, context),
      (error) => done(error, context),
    )
  },
  template: (value, { vars }) =>
    typeof value === 'string' ? value.replace(/\{\{ (\w+) \}\}/g, (_, name) => String(vars[name])) : value,
}

const promised = (step: Step, context: Context) =>
  new Promise<void>((resolve, reject) => step(context, (error) => (error ? reject(error) : resolve())))

/** Runs a scenario for one virtual user. */
async function play(scenario: Scenario, config: Script['config']) {
  const counters: Record<string, number> = {}
  const histograms: Record<string, number[]> = {}
  const errors: string[] = []
  let started = 0
  const emit = (event: string, name: string, value: number) => {
    if (event === 'started') started++
    else if (event === 'error') errors.push(name)
    else if (event === 'counter') counters[name] = (counters[name] ?? 0) + value
    else if (event === 'histogram') histograms[name] = [...(histograms[name] ?? []), value]
  }
  const engine = new HelloEngine({ config }, undefined, helpers)
  const context: Context = { vars: {} }
  const failure = await promised(engine.createScenario(scenario, { emit } as never), context).catch((error) => error)
  return { counters, histograms, errors, started, vars: context.vars, failure: failure as NodeJS.ErrnoException }
}

let target: string
let received: string[]
beforeAll(async () => {
  received = []
  const server = await serve({
    port: 0,
    onEvent: (event) => event.type === 'received' && received.push(event.text),
  })
  target = `tcp://127.0.0.1:${server.address.port}`
  return () => server.close({ graceMs: 0 })
})

describe('a scenario', () => {
  it('counts and times each step, under its name too, and captures numbers into variables', async () => {
    const flow = [
      { handshake: { x: 5, name: 'first', capture: { answer: 'y', last: 'z' } } },
      { think: 1 },
      { handshake: { x: '{{ answer }}', name: 'second' } },
    ]
    const { counters, histograms, errors, started, vars, failure } = await play({ flow }, { target })
    expect({ failure, errors, started }).toEqual({ failure: undefined, errors: [], started: 1 })
    expect(vars).toEqual({ answer: 6, last: 7 })
    // The client is done before the server has read its last message.
    await expect.poll(() => received).toEqual(expect.arrayContaining(['HELLO 5', 'HELLO 6', 'HELLO 8']))
    expect(counters).toEqual({
      'hs.handshakes': 2,
      'hs.handshakes.first': 1,
      'hs.handshakes.second': 1,
      'hs.established': 2,
      'hs.established.first': 1,
      'hs.established.second': 1,
    })
    for (const name of ['hs.connect', 'hs.reply', 'hs.total']) expect(histograms[name]).toHaveLength(2)
    expect(histograms['hs.total.second']).toHaveLength(1)
  })

  it('ends at a step that fails, and counts the failure by its code', async () => {
    const stopped = await serve({ port: 0 })
    await stopped.close()
    const closed = `tcp://127.0.0.1:${stopped.address.port}`
    const flow = [{ handshake: { target: closed, name: 'gone' } }, { handshake: {} }]
    const { counters, errors, failure } = await play({ flow }, { target })
    expect(failure.code).toBe('ERR_HS_CONNECT')
    expect(errors).toEqual(['ERR_HS_CONNECT'])
    expect(counters).toMatchObject({ 'hs.handshakes': 1, 'hs.failed': 1, 'hs.failed.ERR_HS_CONNECT.gone': 1 })
  })

  it('takes its own options before those of the script, and a step its own before both', async () => {
    const silent = await serve({ port: 0, arithmetic: 'int32' })
    onTestFinished(async () => void (await silent.close()))
    const at = `tcp://127.0.0.1:${silent.address.port}`
    const config = { target: at, engines: { hs: { arithmetic: 'int32', strict: true } } }
    const wrapping = { handshake: { x: 2147483647, capture: { wrapped: 'y' } } }
    expect((await play({ flow: [wrapping] }, config)).vars).toEqual({ wrapped: -2147483648 })
    const safe = await play({ hs: { arithmetic: 'safe' }, flow: [wrapping] }, config)
    expect(safe.failure.code).toBe('ERR_HS_WRONG_NUMBER')
    const step = { handshake: { ...wrapping.handshake, arithmetic: 'int32' } }
    expect((await play({ hs: { arithmetic: 'safe' }, flow: [step] }, config)).failure).toBeUndefined()
  })

  it('loops, runs side by side, logs, and calls functions of the user in both ways', async () => {
    const called: string[] = []
    const processor = {
      awaited: async () => void called.push('awaited'),
      called: (_context: Context, _events: unknown, done?: (error?: Error) => void) => {
        called.push('called')
        done?.()
      },
    }
    const flow = [
      { loop: [{ handshake: {} }], count: 3 },
      { parallel: [{ handshake: {} }, { handshake: {} }] },
      { function: 'awaited' },
      { function: 'called' },
    ]
    const { counters, failure } = await play({ flow }, { target, processor })
    expect(failure).toBeUndefined()
    expect(counters['hs.established']).toBe(5)
    expect(called).toEqual(['awaited', 'called'])
  })

  it.each([
    [{ flow: [{ handshake: { timeout: 5 } }] }, 'handshake has no option "timeout"'],
    [{ flow: [{ handshake: { capture: { a: 'w' } } }] }, 'handshake.capture.a must be x, y or z, got "w"'],
    [{ flow: [{ handshake: { target: '127.0.0.1:9000' } }] }, 'target must be tcp://host:port, got "127.0.0.1:9000"'],
    [{ flow: [{ get: { url: '/' } }] }, 'a step of the engine hs is handshake, think'],
    [{ flow: [{ function: 'absent' }] }, 'config.processor has no function "absent"'],
    [{ flow: [], hs: { x: 1 } }, 'hs has no option "x"'],
    [{ flow: [], hs: 'fast' }, 'hs must have options, got "fast"'],
  ])('that is wrong is refused before it begins: %j', async (scenario, message) => {
    const engine = new HelloEngine({ config: { target } }, undefined, helpers)
    expect(() => engine.createScenario(scenario, {} as never)).toThrow(message)
  })

  it.each(['five', '', 1.5, [5]])('fails for an x that is not an integer: %j', async (x) => {
    const { errors } = await play({ flow: [{ handshake: { x } }] }, { target })
    expect(errors).toEqual(['RangeError'])
  })
})

it.each([
  ['tcp://127.0.0.1:9000', { host: '127.0.0.1', port: 9000 }],
  ['tcp://[::1]:9000', { host: '::1', port: 9000 }],
  ['tcp://example.org:1/', { host: 'example.org', port: 1 }],
])('the target %s is an endpoint', (target, endpoint) => {
  expect(endpointOf(target)).toEqual(endpoint)
})

it.each(['http://a:1', 'tcp://a', 'tcp://a:0', 'tcp://a:65536', 'tcp://a:1/path', undefined, 'tcp://:1'])(
  'the target %s is refused',
  (target) => expect(() => endpointOf(target)).toThrow(TypeError),
)
