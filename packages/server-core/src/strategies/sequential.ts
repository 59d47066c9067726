import type { ConcurrencyStrategy } from '../strategy.js'

/** One connection at a time, first come first served; the rest wait, whole. */
export function sequential(): ConcurrencyStrategy {
  return {
    name: 'sequential',
    atOnce: 1,
    async run({ listener, serveOne }) {
      for await (const connection of listener) await serveOne(connection)
    },
  }
}
