import { type HandshakeReport, handshake } from '@hs/client'
import type { Context, Done, Events, Helpers, ProcessorFunction, Scenario, Script, Step } from './artillery.js'
import { type EngineOptions, endpointOf, engineOptions, type HandshakeStep, handshakeStep } from './options.js'

export type { Context, Done, Events, Helpers, ProcessorFunction, Scenario, Script, Step }

/**
 * Artillery's engine `hs`. Artillery finds it by the name of this package, and makes one per process.
 *
 * Counters: `hs.handshakes`, `hs.established`, `hs.failed` and `hs.failed.CODE`, besides Artillery's own `errors.CODE`.
 * Histograms in milliseconds: `hs.connect`, `hs.reply`, `hs.total`. Rate: `hs.handshake_rate`. A step with a name has
 * all of them a second time, with the name appended: `hs.total.login`.
 */
export default class HelloEngine {
  readonly #config: Script['config']
  readonly #helpers: Helpers
  readonly #options: EngineOptions

  constructor(script: Script, _events: unknown, helpers: Helpers) {
    this.#config = script.config
    this.#helpers = helpers
    this.#options = engineOptions('config.engines.hs', script.config.engines?.hs ?? {})
  }

  /** @returns The scenario as a function; Artillery calls it once for each virtual user. */
  createScenario({ flow, hs }: Scenario, events: Events): Step {
    const options = { ...this.#options, ...engineOptions('hs', hs) }
    const steps = flow.map((step) => this.#step(step, options, events))
    return (context, done) => {
      events.emit('started')
      run(steps, context).then(
        () => done(null, context),
        (error: Error) => done(error, context),
      )
    }
  }

  #step(step: Scenario['flow'][number], options: EngineOptions, events: Events): Step {
    const { createThink, createLoopWithCount, createParallel, template } = this.#helpers
    const { think, loop, parallel, log, function: name } = step
    const nested = (steps: unknown) => {
      if (!Array.isArray(steps)) throw new TypeError(`a list of steps must follow, got ${JSON.stringify(steps)}`)
      return steps.map((one) => this.#step(one, options, events))
    }
    if ('handshake' in step) return this.#handshake(handshakeStep(step.handshake), options, events)
    if (think !== undefined) return createThink(step, this.#config.defaults?.think ?? {})
    if (loop !== undefined) {
      return createLoopWithCount(step.count ?? -1, nested(loop), { loopValue: '$loopCount', overValues: step.over })
    }
    if (parallel !== undefined) return createParallel(nested(parallel), { limitValue: step.limit })
    if (log !== undefined) {
      return (context, done) => {
        console.log(template(log, context))
        done(null, context)
      }
    }
    if (name !== undefined) return this.#function(String(name), events)
    throw new TypeError(
      `a step of the engine hs is handshake, think, loop, parallel, log or function, got ${JSON.stringify(step)}`,
    )
  }

  #handshake(step: HandshakeStep, defaults: EngineOptions, events: Events): Step {
    const { x, name, target = this.#config.target, capture = {}, ...own } = step
    const options = { ...defaults, ...own }
    const metrics = new Metrics(events, name)
    // Now, and not for each virtual user, unless it is a template.
    if (!String(target).includes('{{')) endpointOf(target)
    return async (context, done) => {
      metrics.begin()
      try {
        const sequence = numberOf(this.#helpers.template(x, context))
        const endpoint = endpointOf(this.#helpers.template(target, context))
        const report = await handshake({ ...options, ...endpoint, ...(sequence !== undefined && { sequence }) })
        metrics.established(report)
        for (const [variable, number] of Object.entries(capture)) context.vars[variable] = report[number]
      } catch (error) {
        metrics.failed(error as Error)
        done(error as Error, context)
        return
      }
      done(null, context)
    }
  }

  /** A function of the user's, with a callback or a promise. */
  #function(name: string, events: Events): Step {
    const processor = this.#config.processor?.[name]
    if (!processor) throw new TypeError(`config.processor has no function "${name}"`)
    return (context, done) => {
      if (processor.length > 2) {
        processor(context, events, (error) => done(error ?? null, context))
        return
      }
      Promise.resolve(processor(context, events)).then(
        () => done(null, context),
        (error: Error) => done(error, context),
      )
    }
  }
}

/** One after the other, until one fails. */
async function run(steps: readonly Step[], context: Context): Promise<void> {
  for (const step of steps) {
    await new Promise<void>((resolve, reject) => {
      step(context, (error) => (error ? reject(error) : resolve()))
    })
  }
}

/** What is reported of a step. */
class Metrics {
  readonly #events: Events
  readonly #suffixes: readonly string[]

  constructor(events: Events, name: string | undefined) {
    this.#events = events
    this.#suffixes = name === undefined ? [''] : ['', `.${name}`]
  }

  begin(): void {
    this.#count('hs.handshakes')
    this.#events.emit('rate', 'hs.handshake_rate')
  }

  established({ connectMs, replyMs, totalMs }: HandshakeReport): void {
    this.#count('hs.established')
    for (const suffix of this.#suffixes) {
      this.#events.emit('histogram', `hs.connect${suffix}`, connectMs)
      this.#events.emit('histogram', `hs.reply${suffix}`, replyMs)
      this.#events.emit('histogram', `hs.total${suffix}`, totalMs)
    }
  }

  failed(error: Error): void {
    const code = (error as NodeJS.ErrnoException).code ?? error.name
    this.#count('hs.failed')
    this.#count(`hs.failed.${code}`)
    this.#events.emit('error', code)
  }

  #count(name: string): void {
    for (const suffix of this.#suffixes) this.#events.emit('counter', `${name}${suffix}`, 1)
  }
}

function numberOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' || (typeof value === 'string' && value.trim() !== '')) {
    const number = Number(value)
    if (Number.isInteger(number)) return number
  }
  throw new RangeError(`x must be an integer, got ${JSON.stringify(value)}`)
}
