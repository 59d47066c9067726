import type { Settings } from './observation.js'

/** Sends stimuli and records what happens. No verdicts in here. */
export interface Probe<Bench extends { readonly facts: unknown } = { readonly facts: never }> {
  readonly name: string
  /** Probes whose facts it uses. */
  readonly after?: readonly string[]
  /** Measures time or fills the machine: nothing else runs meanwhile. */
  readonly alone?: boolean
  /** Does hardly anything but wait: others run meanwhile, as many as without it. */
  readonly waits?: boolean
  /** Whether it can be made at all, by what is known. */
  readonly wanted?: (facts: Bench['facts'], settings: Settings) => boolean
  readonly observe: (bench: Bench) => Promise<void>
}
