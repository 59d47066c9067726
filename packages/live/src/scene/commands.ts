import type { ClientKind, Settings } from './events.js'

/** What the page may ask of the process. */
export type Command =
  /** The same clients for each lane. */
  | { readonly do: 'clients'; readonly kind: ClientKind; readonly count: number }
  | ({ readonly do: 'set' } & Partial<Settings>)
  /** Stalled clients continue. */
  | { readonly do: 'release' }
  /** New servers, no clients, counts at 0. */
  | { readonly do: 'restart' }
