import type { SceneEvent, Tick } from './events.js'
import { at, defined, failures, type LaneScene } from './scene.js'

/** How far back latencies count: long enough for a percentile, short enough to see a change. */
const LATENCY_WINDOW_MS = 5_000
const RATE_WINDOW_MS = 2_000

/** Latencies and rate of one lane. It sees each event after the scene has been brought up to date. */
export class Meter {
  /** When each ended, and how long it took, of normal clients; oldest first. */
  #latencies: { readonly at: number; readonly ms: number }[] = []
  #ends: number[] = []
  readonly #arrivals = new Map<number, number>()

  see(event: SceneEvent, lane: LaneScene): void {
    switch (event.type) {
      case 'arrives':
        if (event.kind === 'normal' || event.kind === 'visitor') this.#arrivals.set(event.id, event.at)
        break
      case 'ends':
      case 'leaves': {
        // A server that tells has the last word; of another, its clients.
        if (event.type === 'leaves' && lane.info.strategy !== undefined && lane.connections.has(event.id)) return
        const arrived = this.#arrivals.get(event.id)
        if (event.outcome === 'established') {
          if (event.type === 'ends' || lane.info.strategy === undefined) this.#ends.push(event.at)
          if (arrived !== undefined) this.#latencies.push({ at: event.at, ms: event.at - arrived })
        }
        this.#arrivals.delete(event.id)
        break
      }
      case 'lane':
        this.#arrivals.clear()
        break
    }
  }

  tick(lane: LaneScene, now: number, cpu: number | undefined): Tick {
    this.#latencies = this.#latencies.filter((each) => each.at > now - LATENCY_WINDOW_MS)
    this.#ends = this.#ends.filter((each) => each > now - RATE_WINDOW_MS)
    const sorted = this.#latencies.map(({ ms }) => ms).sort((a, b) => a - b)
    return {
      waiting: at(lane, 'waiting').length,
      serving: at(lane, 'served').length,
      established: lane.established,
      failed: failures(lane),
      perSecond: (this.#ends.length * 1000) / RATE_WINDOW_MS,
      ...defined({ p50: percentile(sorted, 50), p99: percentile(sorted, 99), cpu }),
    }
  }
}

/** Of sorted values; nearest rank. */
export function percentile(sorted: readonly number[], percent: number): number | undefined {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]
}
