/** As much of Artillery 2 as an engine sees. Its own types do not describe engines. */

/** A virtual user: what its steps share. */
export interface Context {
  readonly vars: Record<string, unknown>
}

export type Done = (error: Error | null, context: Context) => void

/** Runs one step, or a whole scenario, for one virtual user. */
export type Step = (context: Context, done: Done) => void

/** Where an engine reports what it did. */
export interface Events {
  emit(event: 'started'): void
  emit(event: 'counter', name: string, value: number): void
  emit(event: 'histogram', name: string, value: number): void
  emit(event: 'rate', name: string): void
  emit(event: 'error', code: string): void
}

export interface Scenario {
  readonly name?: string
  /** Our options for this scenario. */
  readonly hs?: unknown
  readonly flow: readonly Readonly<Record<string, unknown>>[]
}

export type ProcessorFunction = (context: Context, events: Events, done?: (error?: Error) => void) => unknown

export interface Script {
  readonly config: {
    readonly target?: string
    readonly engines?: Readonly<Record<string, unknown>>
    readonly defaults?: { readonly think?: object }
    /** Functions of the user's. */
    readonly processor?: Readonly<Record<string, ProcessorFunction>>
  }
}

/** What Artillery lends to engines. */
export interface Helpers {
  createThink(step: object, defaults: object): Step
  createLoopWithCount(count: unknown, steps: readonly Step[], options: object): Step
  createParallel(steps: readonly Step[], options: object): Step
  template(value: unknown, context: Context): unknown
}
