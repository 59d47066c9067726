/** When each handshake of an open loop is due. */
export interface Schedule {
  /** Milliseconds after the beginning; infinite if there are fewer. @param number - From 0. */
  dueMs(number: number): number
  /** Infinite if it has no end. */
  readonly lengthMs: number
}

/** A part of a load: over `durationMs` the rate goes, evenly, from that of the stage before (at first 0) to `perSecond`. */
export interface Stage {
  readonly durationMs: number
  readonly perSecond: number
}

/** Handshakes that are evenly spaced, without end. */
export function constantRate(perSecond: number): Schedule {
  return { lengthMs: Number.POSITIVE_INFINITY, dueMs: (number) => (number * 1000) / perSecond }
}

/** Handshakes whose rate follows stages. A stage of no length jumps to its rate. */
export function stagedRate(stages: readonly Stage[]): Schedule {
  let from = 0
  let startMs = 0
  // Added up where it is whole, and divided last: 363.00000000000006 would be one attempt more than 363.
  let area = 0
  const pieces = stages.map(({ durationMs, perSecond }) => {
    const piece = { from, to: perSecond, startMs, durationMs, begun: area / 2000 }
    area += (from + perSecond) * durationMs
    startMs += durationMs
    from = perSecond
    return piece
  })
  const [count, lengthMs] = [area / 2000, startMs]
  let at = 0
  return {
    lengthMs,
    dueMs(number) {
      if (number >= count) return Number.POSITIVE_INFINITY
      // Numbers are asked for in ascending order: the piece is mostly the same as before.
      if (number < pieces[at]!.begun) at = 0
      while (at + 1 < pieces.length && pieces[at + 1]!.begun <= number) at++
      const { from, to, startMs, durationMs, begun } = pieces[at]!
      const slope = durationMs === 0 ? 0 : (1000 * (to - from)) / durationMs
      // The area below the rate is the number: from * t + slope / 2 * t^2 = number, solved so that slope may be 0.
      const rest = number - begun
      if (rest === 0 && from === 0) return startMs
      return startMs + (2000 * rest) / (from + Math.sqrt(Math.max(0, from * from + 2 * slope * rest)))
    },
  }
}
